//! What keeps the database small: the rows and the feedback of finished epochs become one total per epoch and arm.

use crate::column::{ArmWord, Json};
use crate::counts::{self, Span};
use crate::transaction::Direction;
use crate::{Error, Store, epochs};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use viridian_core::analysis::measurement::ArmCounts;
use viridian_core::arm::Arm;
use viridian_core::id::{ApplicationName, EpochId};

/// How many folded epochs of an application are kept, about ten kilobytes each: more than a day of epochs of a
/// few minutes.
const KEPT_EPOCHS: u32 = 1_000;

impl Store {
    /// Folds every epoch before `before` to totals, all feedback included, and takes no more rows for it; the epoch
    /// that goes on is never folded. To be called when nothing is decided on those epochs any more and gateways have
    /// had the time to report them.
    ///
    /// # Errors
    /// [`Error::Unknown`] without such an application, [`Error::Unwritable`].
    pub fn fold_finished(&self, application: &ApplicationName, before: EpochId) -> Result<(), Error> {
        self.write(Direction::Forward, |transaction| {
            let from = folded_before(transaction, application)?
                .ok_or_else(|| Error::unknown("application", application))?;
            let EpochId(next) = epochs::next(transaction, application)?;
            let before = before.min(EpochId(next.saturating_sub(1)));
            if before <= from {
                return Ok(());
            }
            let to = EpochId(before.0 - 1);
            let span = Span { application, from, to, ripe: counts::END_OF_TIME };
            fold(transaction, &span)?;
            forget_oldest(transaction, application, before)?;
            let sql = "UPDATE applications SET folded_before = ?2 WHERE name = ?1";
            transaction.execute(sql, params![application.as_str(), before.0])?;
            Ok(())
        })
    }
}

/// Whether rows of an epoch are still taken.
pub(crate) fn is_open(
    connection: &Connection,
    application: &ApplicationName,
    epoch: EpochId,
) -> Result<bool, Error> {
    Ok(folded_before(connection, application)?.is_some_and(|folded| epoch >= folded))
}

/// The first epoch rows are taken for; none without such an application.
fn folded_before(connection: &Connection, application: &ApplicationName) -> Result<Option<EpochId>, Error> {
    let folded = connection
        .prepare_cached("SELECT folded_before FROM applications WHERE name = ?1")?
        .query_row([application.as_str()], |row| row.get(0))
        .optional()?;
    Ok(folded.map(EpochId))
}

fn fold(transaction: &Transaction<'_>, span: &Span<'_>) -> Result<(), Error> {
    for (epoch, counts) in counts::sum(transaction, span)? {
        for arm in [Arm::Baseline, Arm::Candidate] {
            insert_total(transaction, span.application, epoch, arm, counts.arm(arm))?;
        }
    }
    for table in ["tallies", "group_tallies", "feedback"] {
        let sql = format!("DELETE FROM {table} WHERE application = ?1 AND epoch BETWEEN ?2 AND ?3");
        transaction.execute(&sql, params![span.application.as_str(), span.from.0, span.to.0])?;
    }
    Ok(())
}

/// Forgets the totals nobody will ask for: what the old rollouts were decided on stands in their reports.
fn forget_oldest(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    before: EpochId,
) -> Result<(), Error> {
    let oldest = before.0.saturating_sub(KEPT_EPOCHS);
    for sql in [
        "DELETE FROM totals WHERE application = ?1 AND epoch < ?2",
        "DELETE FROM epochs WHERE application = ?1 AND id < ?2",
    ] {
        transaction.execute(sql, params![application.as_str(), oldest])?;
    }
    Ok(())
}

fn insert_total(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    epoch: EpochId,
    arm: Arm,
    counts: &ArmCounts,
) -> Result<(), Error> {
    if *counts == ArmCounts::default() {
        return Ok(());
    }
    let sql = "INSERT INTO totals (application, epoch, arm, tally, groups) VALUES (?1, ?2, ?3, ?4, ?5)";
    transaction.prepare_cached(sql)?.execute(params![
        application.as_str(),
        epoch.0,
        ArmWord(arm),
        Json(&counts.tally),
        Json(&counts.groups),
    ])?;
    Ok(())
}
