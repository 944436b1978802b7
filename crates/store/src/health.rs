//! Whether a database is sound. A small one is looked over as a whole before anything is written to it. Of a large one
//! only what the start depends on is: the log of events holds most of the bytes and none of what is decided by, so it
//! is looked over beside the work ([`Store::look_over`]). What is found there stops every step forward and leaves the
//! way back open.

use crate::Store;
use crate::error::Error;
use crate::files::{FILE, connect};
use crate::transaction::unpoisoned;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// The largest file, in bytes, that is looked over as a whole at the start: that takes about a second.
pub(crate) const AT_ONCE: u64 = 128 << 20;

/// What SQLite says of what is sound.
const SOUND: &str = "ok";

/// What is large and decides nothing.
const LATER: &str = "events";

/// Looks a database over before it is used.
pub(crate) fn check(connection: &Connection, path: &Path, at_once: u64) -> Result<(), Error> {
    let size = std::fs::metadata(path).map_or(0, |file| file.len());
    if size <= at_once {
        return report(path, quick_check(connection, None));
    }
    let sql =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> ?1 AND name NOT LIKE 'sqlite_%'";
    let tables: Vec<String> = connection
        .prepare(sql)
        .and_then(|mut statement| statement.query_map([LATER], |row| row.get(0))?.collect())
        .map_err(|error| Error::Corrupt { path: path.to_owned(), detail: error.to_string() })?;
    for table in tables {
        report(path, quick_check(connection, Some(&table)))?;
    }
    Ok(())
}

impl Store {
    /// Looks over what the start left out, beside everything that goes on. Takes seconds for a log of a million events.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when something is wrong; from then on nothing is written but the way back.
    pub fn look_over(&self) -> Result<(), Error> {
        self.look_over_beyond(AT_ONCE)
    }

    fn look_over_beyond(&self, at_once: u64) -> Result<(), Error> {
        let path = self.inner.directory.join(FILE);
        let size = std::fs::metadata(&path).map_or(0, |file| file.len());
        if size <= at_once {
            return Ok(());
        }
        let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let found = quick_check(&connection, Some(LATER));
        if found != SOUND {
            *unpoisoned(&self.inner.damage) = Some(found.clone());
        }
        report(&path, found)
    }
}

/// What SQLite finds in a database, or in one table of it.
fn quick_check(connection: &Connection, table: Option<&str>) -> String {
    let first = |row: &rusqlite::Row<'_>| row.get(0);
    let found = match table {
        None => connection.query_row("PRAGMA quick_check(1)", [], first),
        Some(table) => connection.query_row(&format!("PRAGMA quick_check('{table}')"), [], first),
    };
    // A file that cannot be read to its end is damaged as well.
    found.unwrap_or_else(|error| error.to_string())
}

fn report(path: &Path, found: String) -> Result<(), Error> {
    if found == SOUND { Ok(()) } else { Err(Error::Corrupt { path: path.to_owned(), detail: found }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::Direction;
    use rusqlite::params;

    /// A store whose log of events is damaged in a page that nothing but reading old events comes across.
    fn damaged() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        let store = Store::open(directory.path()).unwrap();
        let raw = Connection::open(&path).unwrap();
        let sql = "INSERT INTO events (stream, stream_seq, at, kind, payload)
            VALUES ('release/v1', ?1, 0, 'registered', json_quote(?2))";
        for number in 1..=64 {
            raw.execute(sql, params![number, "x".repeat(900)]).unwrap();
        }
        raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(raw);
        let mut bytes = std::fs::read(&path).unwrap();
        let holds_events = |page: &[u8]| page.windows(8).any(|part| part == b"xxxxxxxx");
        let page = bytes.chunks(4096).position(holds_events).unwrap();
        bytes[page * 4096..][..8].fill(0xff);
        std::fs::write(&path, bytes).unwrap();
        (directory, store)
    }

    #[test]
    fn what_the_start_depends_on_is_looked_over_at_once_and_the_rest_of_a_large_file_later() {
        let (directory, _store) = damaged();
        let path = directory.path().join(FILE);
        let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        check(&connection, &path, 0).unwrap();
        assert!(matches!(check(&connection, &path, u64::MAX), Err(Error::Corrupt { .. })));
    }

    #[test]
    fn a_damaged_log_stops_what_goes_forward_and_leaves_the_way_back_open() {
        let (_directory, store) = damaged();
        let touch = |direction| {
            store.write(direction, |transaction| {
                transaction.execute("UPDATE fence SET term = term", [])?;
                Ok(())
            })
        };
        assert!(store.look_over_beyond(u64::MAX).is_ok(), "a small file was looked over before");
        let found = store.look_over_beyond(0).unwrap_err();
        assert!(matches!(found, Error::Corrupt { .. }), "{found}");
        assert!(store.trouble().is_some());
        assert!(matches!(touch(Direction::Forward), Err(Error::Corrupt { .. })));
        touch(Direction::Back).unwrap();
    }
}
