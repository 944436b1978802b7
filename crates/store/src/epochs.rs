//! Epochs of each application, in order, with the release that was the baseline during each.

use crate::column::Json;
use crate::{Error, Store};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use viridian_core::epoch::Epoch;
use viridian_core::id::{ApplicationName, EpochId, ReleaseName};
use viridian_core::time::Timestamp;

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
    let found = connection.prepare_cached(sql)?.query_row([application.as_str()], epoch_of).optional()?;
    Ok(found)
}

pub(crate) fn next(connection: &Connection, application: &ApplicationName) -> Result<EpochId, Error> {
    let sql = "SELECT coalesce(max(id), 0) + 1 FROM epochs WHERE application = ?1";
    let id = connection.prepare_cached(sql)?.query_row([application.as_str()], |row| row.get(0))?;
    Ok(EpochId(id))
}

/// The first span that can hold evidence of a rollout or an experiment that begins now. An application's very first span serves the
/// baseline alone, also when it is asked for before that span has begun.
pub(crate) fn first_of_next(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
) -> Result<EpochId, Error> {
    Ok(next(transaction, application)?.max(EpochId(2)))
}

/// The epochs of an application from one on, in order.
pub(crate) fn from(
    connection: &Connection,
    application: &ApplicationName,
    from: EpochId,
) -> Result<Vec<Epoch>, Error> {
    let sql = "SELECT epoch FROM epochs WHERE application = ?1 AND id >= ?2 ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let epochs = statement.query_map(params![application.as_str(), from.0], epoch_of)?;
    Ok(epochs.collect::<Result<_, _>>()?)
}

/// Epochs before one in which the present baseline was the baseline, latest first.
pub(crate) fn of_baseline(
    connection: &Connection,
    application: &ApplicationName,
    before: EpochId,
    limit: u32,
) -> Result<Vec<Epoch>, Error> {
    let sql = "SELECT epoch FROM epochs JOIN applications ON applications.name = epochs.application
        WHERE epochs.application = ?1 AND id < ?2 AND epochs.baseline = applications.baseline
        ORDER BY id DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let epochs = statement.query_map(params![application.as_str(), before.0, limit], epoch_of)?;
    Ok(epochs.collect::<Result<_, _>>()?)
}

/// The latest epoch that had begun at a moment: all before it had ended then.
pub(crate) fn latest_at(
    connection: &Connection,
    application: &ApplicationName,
    moment: Timestamp,
) -> Result<Option<EpochId>, Error> {
    let sql = "SELECT id FROM epochs WHERE application = ?1 AND started_at <= ?2 ORDER BY id DESC LIMIT 1";
    let found: Option<u32> = connection
        .prepare_cached(sql)?
        .query_row(params![application.as_str(), moment.0], |row| row.get(0))
        .optional()?;
    Ok(found.map(EpochId))
}

fn epoch_of(row: &Row<'_>) -> rusqlite::Result<Epoch> {
    Ok(row.get::<_, Json<Epoch>>(0)?.0)
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
    let sql = "INSERT INTO epochs (application, id, baseline, started_at, epoch) VALUES (?1, ?2, ?3, ?4, ?5)";
    transaction.prepare_cached(sql)?.execute(params![
        application.as_str(),
        epoch.id.0,
        baseline.as_str(),
        epoch.started_at.0,
        Json(epoch)
    ])?;
    Ok(())
}
