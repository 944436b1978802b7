//! What keeps the database small: the rows and the feedback of finished epochs become one total per epoch and arm.

use crate::column::{ArmWord, Json};
use crate::counts::{self, Span};
use crate::transaction::Direction;
use crate::{Error, Store};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use viridian_core::analysis::measurement::ArmCounts;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::routing::table::Arm;
use viridian_core::time::Timestamp;

impl Store {
    /// Folds every epoch before `before` to totals, all feedback included, and takes no more rows for it. To be
    /// called when nothing is decided on those epochs any more and gateways have had the time to report them.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn fold_finished(&self, application: &ApplicationName, before: EpochId) -> Result<(), Error> {
        self.write(Direction::Forward, |transaction| {
            let from = folded_before(transaction, application)?;
            if before <= from {
                return Ok(());
            }
            // Before the first epoch there is none: `before` is above `from`, which is not negative.
            let to = EpochId(before.0 - 1);
            let span = Span { application, from, to, ripe: Timestamp(i64::MAX as u64) };
            for (epoch, counts) in counts::sum(transaction, &span)? {
                for arm in [Arm::Baseline, Arm::Candidate] {
                    insert_total(transaction, application, epoch, arm, counts.arm(arm))?;
                }
            }
            delete_rows(transaction, &span)?;
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
    Ok(epoch >= folded_before(connection, application)?)
}

fn folded_before(connection: &Connection, application: &ApplicationName) -> Result<EpochId, Error> {
    let folded = connection
        .prepare_cached("SELECT folded_before FROM applications WHERE name = ?1")?
        .query_row([application.as_str()], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    Ok(EpochId(folded))
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

fn delete_rows(transaction: &Transaction<'_>, span: &Span<'_>) -> Result<(), Error> {
    for table in ["tallies", "group_tallies", "feedback"] {
        let sql = format!("DELETE FROM {table} WHERE application = ?1 AND epoch BETWEEN ?2 AND ?3");
        transaction.execute(&sql, params![span.application.as_str(), span.from.0, span.to.0])?;
    }
    Ok(())
}
