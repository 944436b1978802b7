//! Applications as they were applied.

use crate::change::Change;
use crate::column::Json;
use crate::events::{Fact, Stream};
use crate::log;
use crate::transaction::Direction;
use crate::{Error, Store};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use viridian_core::application::Application;
use viridian_core::id::ApplicationName;
use viridian_core::time::Timestamp;

impl Store {
    /// Remembers an application. Applying the same content again changes nothing.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn apply_application(&self, application: &Application, at: Timestamp) -> Result<(), Error> {
        self.write(Direction::Forward, |transaction| put(transaction, application, at).map(drop))
    }

    /// An application by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn application(&self, name: &ApplicationName) -> Result<Option<Application>, Error> {
        self.read(|connection| find(connection, name))
    }

    /// Every application, by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn applications(&self) -> Result<Vec<Application>, Error> {
        self.applications_after("", usize::MAX)
    }

    /// Applications whose names come after one, by name, at most `limit`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn applications_after(&self, name: &str, limit: usize) -> Result<Vec<Application>, Error> {
        let sql = "SELECT application FROM applications WHERE name > ?1 ORDER BY name LIMIT ?2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let applications =
                statement.query_map(params![name, limit], |row| Ok(row.get::<_, Json<Application>>(0)?.0))?;
            Ok(applications.collect::<Result<_, _>>()?)
        })
    }
}

/// Remembers an application; says whether that changed anything.
pub(crate) fn put(
    transaction: &Transaction<'_>,
    application: &Application,
    at: Timestamp,
) -> Result<Change, Error> {
    let sql = "INSERT INTO applications (name, application, applied_at) VALUES (?1, ?2, ?3)
        ON CONFLICT (name) DO UPDATE SET application = excluded.application, applied_at = excluded.applied_at";
    let present = find(transaction, &application.name)?;
    if present.as_ref() == Some(application) {
        return Ok(Change::Unchanged);
    }
    transaction.execute(sql, params![application.name.as_str(), Json(application), at.0])?;
    let stream = Stream::Application(application.name.clone());
    log::append(transaction, &stream, &Fact::Applied(application.clone()), at)?;
    Ok(if present.is_some() { Change::Configured } else { Change::Created })
}

pub(crate) fn find(connection: &Connection, name: &ApplicationName) -> Result<Option<Application>, Error> {
    let sql = "SELECT application FROM applications WHERE name = ?1";
    let found = connection
        .prepare_cached(sql)?
        .query_row([name.as_str()], |row| Ok(row.get::<_, Json<Application>>(0)?.0))
        .optional()?;
    Ok(found)
}
