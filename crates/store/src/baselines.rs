//! Which release is the baseline of each application: set once by hand, moved by promotions.

use crate::column::Name;
use crate::events::{Fact, Stream};
use crate::log;
use crate::releases::{self, StoredRelease};
use crate::transaction::Direction;
use crate::{Error, Store};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use viridian_core::id::{ApplicationName, ReleaseName, RolloutName};
use viridian_core::time::Timestamp;

impl Store {
    /// The release that serves an application when no rollout says otherwise.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn baseline(&self, application: &ApplicationName) -> Result<Option<StoredRelease>, Error> {
        self.read(|connection| match name_of(connection, application)? {
            Some(name) => releases::find(connection, &name),
            None => Ok(None),
        })
    }

    /// Gives an application its first baseline. Later ones are made by promotions alone.
    ///
    /// # Errors
    /// [`Error::Refused`] when it has another one, [`Error::Unknown`] without such an application or release.
    pub fn set_first_baseline(
        &self,
        application: &ApplicationName,
        release: &ReleaseName,
        at: Timestamp,
    ) -> Result<(), Error> {
        self.write(Direction::Forward, |transaction| match name_of(transaction, application)? {
            Some(present) if present != *release => Err(Error::Refused(format!(
                "application '{application}' has the baseline '{present}': a rollout changes it"
            ))),
            _ => set_if_first(transaction, application, release, at),
        })
    }
}

/// Gives an application a baseline, unless it has one.
pub(crate) fn set_if_first(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    release: &ReleaseName,
    at: Timestamp,
) -> Result<(), Error> {
    releases::of_application(transaction, release, application)?;
    if name_of(transaction, application)?.is_some() {
        return Ok(());
    }
    point_baseline(transaction, application, release)?;
    let stream = Stream::Application(application.clone());
    log::append(transaction, &stream, &Fact::BaselineSet { release: release.clone() }, at)?;
    Ok(())
}

/// The baseline of an application.
///
/// # Errors
/// [`Error::Unknown`] without such an application.
pub(crate) fn name_of(
    connection: &Connection,
    application: &ApplicationName,
) -> Result<Option<ReleaseName>, Error> {
    connection
        .prepare_cached("SELECT baseline FROM applications WHERE name = ?1")?
        .query_row([application.as_str()], |row| row.get::<_, Option<Name<ReleaseName>>>(0))
        .optional()?
        .map(|baseline| baseline.map(|name| name.0))
        .ok_or_else(|| Error::unknown("application", application))
}

/// Moves the baseline to the candidate of a promoted rollout.
pub(crate) fn move_baseline(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    release: &ReleaseName,
    rollout: &RolloutName,
    at: Timestamp,
) -> Result<(), Error> {
    point_baseline(transaction, application, release)?;
    let fact = Fact::BaselineMoved { release: release.clone(), rollout: rollout.clone() };
    log::append(transaction, &Stream::Application(application.clone()), &fact, at)?;
    Ok(())
}

fn point_baseline(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    release: &ReleaseName,
) -> Result<(), Error> {
    let sql = "UPDATE applications SET baseline = ?2 WHERE name = ?1";
    transaction.execute(sql, params![application.as_str(), release.as_str()])?;
    Ok(())
}
