//! Epochs of each application, in order, with the release that was the baseline during each.

use crate::column::Json;
use crate::{Error, Store};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use viridian_core::epoch::Epoch;
use viridian_core::id::{ApplicationName, EpochId, ReleaseName};

impl Store {
    /// The epoch that goes on.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn latest_epoch(&self, application: &ApplicationName) -> Result<Option<Epoch>, Error> {
        self.read(|connection| latest(connection, application))
    }

    /// The number of the epoch to begin next; the first is one.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn next_epoch(&self, application: &ApplicationName) -> Result<EpochId, Error> {
        self.read(|connection| next(connection, application))
    }
}

fn latest(connection: &Connection, application: &ApplicationName) -> Result<Option<Epoch>, Error> {
    let sql = "SELECT epoch FROM epochs WHERE application = ?1 ORDER BY id DESC LIMIT 1";
    let found = connection
        .prepare_cached(sql)?
        .query_row([application.as_str()], |row| Ok(row.get::<_, Json<Epoch>>(0)?.0))
        .optional()?;
    Ok(found)
}

pub(crate) fn next(connection: &Connection, application: &ApplicationName) -> Result<EpochId, Error> {
    let sql = "SELECT coalesce(max(id), 0) + 1 FROM epochs WHERE application = ?1";
    let id = connection.prepare_cached(sql)?.query_row([application.as_str()], |row| row.get(0))?;
    Ok(EpochId(id))
}

/// Begins an epoch. Its number has to be higher than any before.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    baseline: &ReleaseName,
    epoch: &Epoch,
) -> Result<(), Error> {
    let EpochId(least) = next(transaction, application)?;
    if epoch.id.0 < least {
        return Err(Error::Conflict {
            what: format!("the epoch of '{application}'"),
            expected: epoch.id.0.into(),
            found: u64::from(least) - 1,
        });
    }
    let sql = "INSERT INTO epochs (application, id, baseline, epoch) VALUES (?1, ?2, ?3, ?4)";
    transaction.prepare_cached(sql)?.execute(params![
        application.as_str(),
        epoch.id.0,
        baseline.as_str(),
        Json(epoch)
    ])?;
    Ok(())
}
