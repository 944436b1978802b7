//! Opening a database: first it is looked at without a single byte being written, then it is brought up to date,
//! and then the new term makes whoever had it open before a stranger.

use crate::ballast::Ballast;
use crate::error::Error;
use crate::files::{FILE, connect};
use crate::place::Place;
use crate::transaction::Writer;
use crate::{Inner, Store, health, keys, lock, schema, wal};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex};
use viridian_core::id::Term;

/// The file that holds space for the way back.
const BALLAST: &str = "viridian.ballast";

/// Space for the way back: an order and its transitions take some tens of kilobytes, a checkpoint of the log four
/// megabytes; the rest is for whoever writes beside us.
const BALLAST_BYTES: u64 = 16 << 20;

/// The first SQLite whose log cannot be reset under a reader (3.51.3).
const LEAST_LIBRARY: i32 = 3_051_003;

/// The longest the log file stays after a checkpoint, so that a burst does not keep its space for ever.
const LOG_BYTES: i64 = 16 << 20;

/// What can be chosen when a database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// How much space is set aside for the way back to the baseline, in bytes.
    pub ballast: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { ballast: BALLAST_BYTES }
    }
}

impl Store {
    /// Opens the database in a directory, creating both when there are none, and takes a new term.
    ///
    /// # Errors
    /// The directory cannot be written or is in use, the database is damaged, not ours or of a newer version. In
    /// none of these cases is anything overwritten.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        Self::open_with(directory, &Options::default())
    }

    /// Opens a database with other than the usual options.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(directory: &Path, options: &Options) -> Result<Self, Error> {
        check_library()?;
        create_directory(directory)?;
        let lock = lock::acquire(directory)?;
        let path = directory.join(FILE);
        create_file(&path)?;
        wal::check(&path)?;
        let mut connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let found = inspect(&connection, &path)?;
        configure(&connection)?;
        let mut ballast = Ballast::new(directory.join(BALLAST), options.ballast);
        let term = match take_over(&mut connection, found) {
            Err(Error::Unwritable(_)) if ballast.give_up() => take_over(&mut connection, found)?,
            other => other?,
        };
        let file =
            Place::of(path.clone()).map_err(|source| Error::Directory { path: path.clone(), source })?;
        let reader = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Self {
            inner: Arc::new(Inner {
                term,
                directory: directory.to_owned(),
                file,
                writer: Mutex::new(Writer { connection, ballast }),
                reader: Mutex::new(reader),
                unwritten: Mutex::new(Vec::new()),
                trouble: Mutex::default(),
                damage: Mutex::default(),
                cache: Mutex::default(),
                notes: Mutex::default(),
                analyses: Mutex::default(),
                _lock: lock,
            }),
        })
    }
}

pub(crate) fn check_library() -> Result<(), Error> {
    if rusqlite::version_number() < LEAST_LIBRARY {
        return Err(Error::OldLibrary { found: rusqlite::version(), least: "3.51.3" });
    }
    Ok(())
}

/// The directory holds salts and signing keys, so nobody else may read it.
pub(crate) fn create_directory(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| Error::Directory { path: path.to_owned(), source })
}

/// SQLite gives its other files the permissions of this one.
fn create_file(path: &Path) -> Result<(), Error> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|source| Error::Directory { path: path.to_owned(), source })
}

/// Reads the schema number of a database after making sure that it is one, ours and sound. Zero for a new file.
pub(crate) fn inspect(connection: &Connection, path: &Path) -> Result<u32, Error> {
    // Closing after a refusal must not move the log into the file.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let corrupt = |detail: String| Error::Corrupt { path: path.to_owned(), detail };
    let number = |pragma| {
        connection
            .pragma_query_value(None, pragma, |row| row.get::<_, u32>(0))
            .map_err(|error| corrupt(error.to_string()))
    };
    let application = number("application_id")?;
    let found = number("user_version")?;
    let objects: u64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|error| corrupt(error.to_string()))?;
    if objects > 0 && application != schema::APPLICATION_ID {
        return Err(corrupt("it belongs to another program".to_owned()));
    }
    if found > schema::KNOWN {
        return Err(Error::Newer { path: path.to_owned(), found, known: schema::KNOWN });
    }
    health::check(connection, path, health::AT_ONCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(found)
}

fn configure(connection: &Connection) -> Result<(), Error> {
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::Refused(format!("the file system cannot hold a database in WAL mode ({mode})")));
    }
    // A commit is on the disk when it returns, even if the machine loses power the next moment.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    Ok(())
}

/// Brings the schema up to date and counts the term up, at once or not at all.
fn take_over(connection: &mut Connection, found: u32) -> Result<Term, Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    schema::migrate(&transaction, found)?;
    let term: u64 =
        transaction.query_row("UPDATE fence SET term = term + 1 RETURNING term", [], |row| row.get(0))?;
    keys::create_first(&transaction)?;
    transaction.commit()?;
    Ok(Term(term))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::unpoisoned;

    /// What only the connection itself knows of how it writes.
    #[test]
    fn a_commit_is_on_the_disk_when_it_returns() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let writer = unpoisoned(&store.inner.writer);
        let number =
            |pragma| -> u32 { writer.connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap() };
        // 2 is FULL.
        assert_eq!((number("synchronous"), number("foreign_keys")), (2, 1));
    }
}
