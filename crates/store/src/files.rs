//! The database file in a data directory, and connections to it.

use crate::error::Error;
use rusqlite::{Connection, OpenFlags};
use std::path::PathBuf;
use std::time::Duration;

/// The database file in the data directory.
pub(crate) const FILE: &str = "viridian.db";

/// How long to wait for a lock inside SQLite. Only a backup tool can hold one, and a rollback waits behind whoever waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many statements stay prepared: about as many as there are in this crate.
const STATEMENTS: usize = 64;

pub(crate) fn connect(path: &PathBuf, flags: OpenFlags) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}
