//! Copies of the database: [`backup`] takes one while everything goes on; `restore` brings one back.
//!
//! The lock of a data directory is for who writes. SQLite itself lets another process read beside it, so a copy needs
//! nothing from the process at work, and no key leaves the machine on the way to the file.
//!
//! A copy is one file without a log beside it. It holds what the database held at one moment, secrets included: the
//! salts of draws and the keys of request ids. So nobody else may read it.

use crate::Store;
use crate::error::Error;
use crate::files::{FILE, connect};
use crate::open::{check_library, inspect};
use crate::partial::{Partial, parent, sync};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

/// How long to wait when the database is locked for a moment.
const PAUSE: Duration = Duration::from_millis(20);

/// How often: as long as a statement waits for a lock.
const ATTEMPTS: u32 = 250;

/// All pages at once: readers do not stop writers, and in parts the copy would begin anew with every write between.
const EVERYTHING: i32 = -1;

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and the copy is refused.
    Keep,
    /// The copy takes its place, once it is whole.
    Replace,
}

impl Store {
    /// Copies this database; see [`backup`].
    ///
    /// # Errors
    /// As [`backup`].
    pub fn backup_to(&self, path: &Path, existing: Existing) -> Result<(), Error> {
        backup(&self.inner.directory, path, existing)
    }
}

/// Copies the database of a data directory to a file, as it stands at one moment. Whoever works with the directory,
/// here or in another process, goes on reading and writing. The file is there when it is whole, sound and on the disk,
/// and not before.
///
/// # Errors
/// [`Error::Refused`] when there is no database, [`Error::Exists`] when the file is there and is to be kept,
/// [`Error::Corrupt`] and [`Error::Newer`] when the database is not sound, [`Error::File`] and [`Error::Unwritable`]
/// when the copy cannot be written. What was there is left as it was.
pub fn backup(directory: &Path, path: &Path, existing: Existing) -> Result<(), Error> {
    check_library()?;
    let database = directory.join(FILE);
    if !database.is_file() {
        return Err(Error::Refused(format!("there is no database in {}", directory.display())));
    }
    let taken = || Error::Exists { what: "file", name: path.display().to_string() };
    if existing == Existing::Keep && path.exists() {
        return Err(taken());
    }
    let (partial, _) = Partial::create(path)?;
    copy(&database, &partial.path)?;
    sync(&partial.path)?;
    let published = match existing {
        // Unlike a rename, a link never takes the place of a file that somebody else has just made.
        Existing::Keep => fs::hard_link(&partial.path, path),
        Existing::Replace => fs::rename(&partial.path, path),
    };
    match published {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(taken()),
        published => published.map_err(Error::file(path))?,
    }
    drop(partial);
    sync(parent(path))
}

fn copy(from: &PathBuf, to: &PathBuf) -> Result<(), Error> {
    let source = connect(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut target = connect(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let backup = Backup::new(&source, &mut target)?;
    let mut attempts = 0;
    while backup.step(EVERYTHING)? != StepResult::Done {
        attempts += 1;
        if attempts == ATTEMPTS {
            return Err(Error::Refused("the database stayed locked; try again".to_owned()));
        }
        std::thread::sleep(PAUSE);
    }
    drop(backup);
    // A copy of what is damaged would be found out when it is needed.
    let found = inspect(&target, from)?;
    check_whole(&target, from, found)?;
    // One file, which can be read where nothing can be written.
    target.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    target.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Every page, every index, every reference.
pub(crate) fn check_whole(connection: &Connection, path: &Path, found: u32) -> Result<(), Error> {
    let corrupt = |detail: String| Error::Corrupt { path: path.to_owned(), detail };
    if found == 0 {
        return Err(corrupt("it is empty".to_owned()));
    }
    let health: String = connection
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .map_err(|error| corrupt(error.to_string()))?;
    if health != "ok" {
        return Err(corrupt(health));
    }
    let dangling = connection.prepare("PRAGMA foreign_key_check")?.exists([])?;
    if dangling { Err(corrupt("a row refers to one that is not there".to_owned())) } else { Ok(()) }
}
