//! What keeps the database small: measurements that are old enough become one total per epoch and arm, and what nobody
//! asks for any more is forgotten.
//!
//! It happens a little at a time, in transactions so short that nobody who has to write notices. First the horizon
//! moves: from then on nothing new is taken that belongs to what is folded. Then rows become totals, as many at a time
//! as [`BATCH`] says; an epoch sums up to the same at every moment in between.

mod batch;
mod silent;
mod totals;

use crate::column::Json;
use crate::transaction::Direction;
use crate::{Error, Retention, Store, epochs, experiments, rollouts};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::time::Duration;
use viridian_core::application::Application;
use viridian_core::guard;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::time::Timestamp;

/// How many rows one transaction folds: their JSON is read and added up in a few milliseconds.
const BATCH: usize = 256;

/// How many times smaller a batch is of rows that hold all 64 groups.
const GROUPS: usize = 8;

/// Whether there is more to fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folding {
    /// There is, and others may write first.
    More,
    /// There is not.
    Done,
}

/// The oldest rows that are still taken.
pub(crate) struct Horizon {
    epoch: EpochId,
    slot: Timestamp,
}

impl Store {
    /// Folds some of what is older than it has to be: the rows and the feedback of epochs that ended by then; in the
    /// epoch that goes on, slots of that time, feedback on requests of that time, and gateways that have not reported
    /// since. No more rows are taken for it. No sum changes. To be called until it is done.
    ///
    /// # Errors
    /// [`Error::Unknown`] without such an application, [`Error::Unwritable`].
    pub fn fold(
        &self,
        application: &ApplicationName,
        retention: &Retention,
        now: Timestamp,
    ) -> Result<Folding, Error> {
        let folded = self.write(Direction::Forward, |transaction| {
            let horizon = advance(transaction, application, retention, now)?;
            for part in batch::PARTS {
                let taken = part(transaction, application, &horizon)?;
                if taken > 0 {
                    return Ok(Folding::More);
                }
            }
            let forgotten = forget_oldest(transaction, application, retention, &horizon)?;
            Ok(if forgotten > 0 { Folding::More } else { Folding::Done })
        })?;
        match folded {
            Folding::More => Ok(Folding::More),
            Folding::Done => self.fold_silent(application),
        }
    }
}

impl Horizon {
    /// Whether rows of an epoch are still taken.
    pub(crate) fn takes(&self, epoch: EpochId) -> bool {
        epoch >= self.epoch
    }

    /// Whether rows of a slot in an epoch, or opinions about a request of that moment, are still taken.
    pub(crate) fn takes_of(&self, epoch: EpochId, moment: Timestamp) -> bool {
        self.takes(epoch) && moment >= self.slot
    }
}

/// The oldest rows of an application that are still taken; none without such an application.
pub(crate) fn horizon(
    connection: &Connection,
    application: &ApplicationName,
) -> Result<Option<Horizon>, Error> {
    let found = connection
        .prepare_cached("SELECT folded_before, slots_before FROM applications WHERE name = ?1")?
        .query_row([application.as_str()], |row| {
            Ok(Horizon { epoch: EpochId(row.get(0)?), slot: Timestamp(row.get(1)?) })
        })
        .optional()?;
    Ok(found)
}

/// Moves the horizon to where it has to be; it never goes back.
fn advance(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    retention: &Retention,
    now: Timestamp,
) -> Result<Horizon, Error> {
    let present =
        horizon(transaction, application)?.ok_or_else(|| Error::unknown("application", application))?;
    let kept = retention.rows.max(maturity(transaction, application)?);
    let millis = u64::try_from(kept.as_millis()).unwrap_or(u64::MAX);
    let slot = Timestamp(now.0.saturating_sub(millis)).max(present.slot);
    let ended = epochs::latest_at(transaction, application, slot)?.unwrap_or_default();
    let next = Horizon { epoch: ended.max(present.epoch), slot };
    if next.epoch > present.epoch || next.slot > present.slot {
        let sql = "UPDATE applications SET folded_before = ?2, slots_before = ?3 WHERE name = ?1";
        transaction.prepare_cached(sql)?.execute(params![application.as_str(), next.epoch.0, next.slot.0])?;
    }
    Ok(next)
}

/// How long feedback on the application's requests may take to count, by its guards and by those of the rollout or the
/// experiment that goes on.
fn maturity(transaction: &Transaction<'_>, name: &ApplicationName) -> Result<Duration, Error> {
    let application: Application = transaction
        .prepare_cached("SELECT application FROM applications WHERE name = ?1")?
        .query_row([name.as_str()], |row| Ok(row.get::<_, Json<Application>>(0)?.0))?;
    let rollout = rollouts::active(transaction, name)?;
    let armed = rollout.map_or(Duration::ZERO, |rollout| guard::maturity(&rollout.plan.guards));
    let running = experiments::active(transaction, name)?;
    let watched = running.map_or(Duration::ZERO, |running| running.experiment.maturity());
    Ok(guard::maturity(&application.guards).max(armed).max(watched))
}

/// Forgets some of what nobody will ask for: what old rollouts were decided on stands in their reports.
fn forget_oldest(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    retention: &Retention,
    horizon: &Horizon,
) -> Result<usize, Error> {
    let sql = "SELECT min(first_epoch) FROM rollouts INDEXED BY rollouts_not_ended
        WHERE application = ?1 AND ended_at IS NULL";
    let needed: Option<u32> =
        transaction.prepare_cached(sql)?.query_row([application.as_str()], |row| row.get(0))?;
    let running = experiments::active(transaction, application)?;
    let first = running.and_then(|running| running.first_epochs.get(application).copied());
    let needed = needed.into_iter().chain(first.map(|epoch| epoch.0)).min();
    let oldest = horizon.epoch.0.saturating_sub(retention.epochs).min(needed.unwrap_or(u32::MAX));
    let mut forgotten = 0;
    for (table, epoch, before) in
        [("totals", "epoch", oldest), ("epochs", "id", oldest), ("folded_groups", "epoch", horizon.epoch.0)]
    {
        let sql = format!(
            "DELETE FROM {table} WHERE (application, {epoch}) IN
                (SELECT application, {epoch} FROM {table} WHERE application = ?1 AND {epoch} < ?2 LIMIT ?3)"
        );
        forgotten +=
            transaction.prepare_cached(&sql)?.execute(params![application.as_str(), before, BATCH])?;
    }
    Ok(forgotten)
}
