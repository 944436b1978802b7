//! What keeps the database small: measurements older than a day become one total per epoch and arm.

use crate::column::{ArmWord, Json};
use crate::sums::{self, END_OF_TIME};
use crate::transaction::Direction;
use crate::{Error, Store, epochs};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::time::Duration;
use viridian_core::analysis::measurement::ArmCounts;
use viridian_core::analysis::tally::Tally;
use viridian_core::arm::Arm;
use viridian_core::epoch::Epoch;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::time::Timestamp;

/// How long rows are kept: a gateway that was cut off for longer has lost what it could not report.
const KEPT: Duration = Duration::from_secs(24 * 3_600);

/// How many folded epochs of an application are kept, about ten kilobytes each. Those of a rollout that has not ended
/// are kept beyond that.
const KEPT_EPOCHS: u32 = 1_000;

/// The oldest rows that are still taken.
pub(crate) struct Horizon {
    epoch: EpochId,
    slot: Timestamp,
}

impl Store {
    /// Folds what is older than a day: all rows and all feedback of epochs that ended by then, and the slots of that
    /// time in the epoch that goes on. No more rows are taken for it. No sum changes. To be called now and then;
    /// what it does in one call grows with the time since the last.
    ///
    /// # Errors
    /// [`Error::Unknown`] without such an application, [`Error::Unwritable`].
    pub fn fold(&self, application: &ApplicationName, now: Timestamp) -> Result<(), Error> {
        let old = Timestamp(now.0.saturating_sub(KEPT.as_secs() * 1_000));
        self.write(Direction::Forward, |transaction| {
            let horizon = horizon(transaction, application)?
                .ok_or_else(|| Error::unknown("application", application))?;
            let ended = epochs::latest_at(transaction, application, old)?.unwrap_or_default();
            for epoch in epochs::from(transaction, application, horizon.epoch)? {
                if epoch.id < ended {
                    fold_epoch(transaction, application, epoch)?;
                } else {
                    fold_slots(transaction, application, epoch.id, old)?;
                }
            }
            forget_oldest(transaction, application, ended)?;
            let sql = "UPDATE applications SET folded_before = max(folded_before, ?2),
                slots_before = max(slots_before, ?3) WHERE name = ?1";
            transaction.execute(sql, params![application.as_str(), ended.0, old.0])?;
            Ok(())
        })
    }
}

impl Horizon {
    /// Whether rows of an epoch are still taken.
    pub(crate) fn takes(&self, epoch: EpochId) -> bool {
        epoch >= self.epoch
    }

    /// Whether rows of a slot in an epoch are still taken.
    pub(crate) fn takes_slot(&self, epoch: EpochId, slot: Timestamp) -> bool {
        self.takes(epoch) && slot >= self.slot
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

fn fold_epoch(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    epoch: Epoch,
) -> Result<(), Error> {
    let sum = sums::of_epoch(transaction, application, epoch, END_OF_TIME)?;
    for arm in [Arm::Baseline, Arm::Candidate] {
        replace_total(transaction, (application, epoch.id, arm), sum.counts.arm(arm))?;
    }
    for table in ["tallies", "group_tallies", "feedback"] {
        let sql = format!("DELETE FROM {table} WHERE application = ?1 AND epoch = ?2");
        transaction.execute(&sql, params![application.as_str(), epoch.id.0])?;
    }
    Ok(())
}

fn fold_slots(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    epoch: EpochId,
    old: Timestamp,
) -> Result<(), Error> {
    let sql = "DELETE FROM tallies WHERE application = ?1 AND epoch = ?2 AND arm = ?3 AND slot < ?4 RETURNING tally";
    for arm in [Arm::Baseline, Arm::Candidate] {
        let key = (application, epoch, arm);
        let mut total = find_total(transaction, key)?;
        let mut statement = transaction.prepare_cached(sql)?;
        let mut rows = statement.query(params![application.as_str(), epoch.0, ArmWord(arm), old.0])?;
        while let Some(row) = rows.next()? {
            total.tally.add(&row.get::<_, Json<Tally>>(0)?.0);
        }
        replace_total(transaction, key, &total)?;
    }
    Ok(())
}

fn find_total(
    transaction: &Transaction<'_>,
    (application, epoch, arm): (&ApplicationName, EpochId, Arm),
) -> Result<ArmCounts, Error> {
    let sql = "SELECT tally, groups FROM totals WHERE application = ?1 AND epoch = ?2 AND arm = ?3";
    let found = transaction
        .prepare_cached(sql)?
        .query_row(params![application.as_str(), epoch.0, ArmWord(arm)], |row| {
            Ok(ArmCounts { tally: row.get::<_, Json<_>>(0)?.0, groups: row.get::<_, Json<_>>(1)?.0 })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn replace_total(
    transaction: &Transaction<'_>,
    (application, epoch, arm): (&ApplicationName, EpochId, Arm),
    total: &ArmCounts,
) -> Result<(), Error> {
    if *total == ArmCounts::default() {
        return Ok(());
    }
    let sql = "INSERT INTO totals (application, epoch, arm, tally, groups) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT DO UPDATE SET tally = excluded.tally, groups = excluded.groups";
    transaction.prepare_cached(sql)?.execute(params![
        application.as_str(),
        epoch.0,
        ArmWord(arm),
        Json(&total.tally),
        Json(&total.groups),
    ])?;
    Ok(())
}

/// Forgets the totals nobody will ask for: what old rollouts were decided on stands in their reports.
fn forget_oldest(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    ended: EpochId,
) -> Result<(), Error> {
    let sql = "SELECT min(first_epoch) FROM rollouts WHERE application = ?1 AND ended_at IS NULL";
    let needed: Option<u32> =
        transaction.prepare_cached(sql)?.query_row([application.as_str()], |row| row.get(0))?;
    let oldest = ended.0.saturating_sub(KEPT_EPOCHS).min(needed.unwrap_or(u32::MAX));
    for sql in [
        "DELETE FROM totals WHERE application = ?1 AND epoch < ?2",
        "DELETE FROM epochs WHERE application = ?1 AND id < ?2",
    ] {
        transaction.execute(sql, params![application.as_str(), oldest])?;
    }
    Ok(())
}
