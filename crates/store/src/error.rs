//! What can go wrong with the database, told so that the caller can tell "not now" from "not ever".
//!
//! [`Error::Unwritable`] is "not now": the disk is full or fails, nothing was changed, and the same call may work
//! later. Steps forward wait for that; the way back to the baseline does not.

use rusqlite::ErrorCode;
use std::io;
use std::path::{Path, PathBuf};
use viridian_core::id::{ReleaseName, Term};

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data directory cannot be created or written.
    #[error("the data directory {} cannot be used: {source}", path.display())]
    Directory {
        /// The directory, or the file in it.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that is no part of the data directory cannot be read or written.
    #[error("the file {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process works with the data directory.
    #[error("the data directory {} is in use by {holder}", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
        /// Who.
        holder: String,
    },
    /// The database was written by a version that knows more than this one.
    #[error(
        "{} was written by a newer version (schema {found}, this one knows {known}): \
         use that version or restore a backup",
        path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema this version reads.
        known: u32,
    },
    /// The file is no sound database of ours. Nothing was written to it.
    #[error(
        "{} is not a sound Viridian database ({detail}): restore a backup, or move the file away to start empty; \
         nothing was changed",
        path.display()
    )]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The SQLite library is one with a known fault.
    #[error("SQLite {found} can damage a database in WAL mode: {least} or later is needed")]
    OldLibrary {
        /// The library's version.
        found: &'static str,
        /// The first version without the fault.
        least: &'static str,
    },
    /// The system gave no random numbers for a key.
    #[error("no random numbers for a signing key: {0}")]
    Entropy(getrandom::Error),
    /// A later start took over; this one must not act any more.
    #[error("term {own} is over: term {current} acts")]
    Fenced {
        /// The term of this store.
        own: Term,
        /// The term that acts.
        current: Term,
    },
    /// Somebody else wrote first, or the caller's view is old.
    #[error("{what} has changed: expected {expected}, found {found}")]
    Conflict {
        /// What.
        what: String,
        /// The number the caller saw.
        expected: u64,
        /// The number that stands.
        found: u64,
    },
    /// There is nothing of that name.
    #[error("there is no {what} '{name}'")]
    Unknown {
        /// The kind of thing.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The name is taken.
    #[error("there is a {what} '{name}' already")]
    Exists {
        /// The kind of thing.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A release of that name has other content.
    #[error(
        "release '{name}' exists with other content ({stored}, given {given}): releases never change, use a new name"
    )]
    Immutable {
        /// The release.
        name: ReleaseName,
        /// The digest it has.
        stored: String,
        /// The digest that was given.
        given: String,
    },
    /// The release was rejected by an earlier rollout.
    #[error("release '{name}' was rejected: {because}")]
    Rejected {
        /// The release.
        name: ReleaseName,
        /// What the earlier rollout found.
        because: String,
    },
    /// What was asked for does not fit what is.
    #[error("{0}")]
    Refused(String),
    /// The same idempotency key came with another request.
    #[error("the idempotency key '{key}' was used for another request")]
    KeyReused {
        /// The key.
        key: String,
    },
    /// The database cannot be written now: the disk is full, fails or is read-only. Nothing was changed, or nobody can
    /// tell: the same call may be made again.
    #[error("the database cannot be written: {0}")]
    Unwritable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored value is not what it should be.
    #[error("a stored value cannot be read: {0}")]
    Unreadable(#[source] rusqlite::Error),
    /// The database did not accept a statement.
    #[error("the database refused a statement: {0}")]
    Statement(#[source] rusqlite::Error),
}

impl Error {
    /// What to make of an error about a file.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }

    pub(crate) fn unknown(what: &'static str, name: impl ToString) -> Self {
        Self::Unknown { what, name: name.to_string() }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        if matches!(error, rusqlite::Error::FromSqlConversionFailure(..)) {
            return Self::Unreadable(error);
        }
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::DatabaseBusy
                | ErrorCode::PermissionDenied,
            ) => Self::Unwritable(Box::new(error)),
            _ => Self::Statement(error),
        }
    }
}
