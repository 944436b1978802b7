//! Totals: what folded rows came to, one per epoch and arm.

use crate::Error;
use crate::column::{ArmWord, Json};
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::BTreeMap;
use viridian_core::analysis::measurement::ArmCounts;
use viridian_core::arm::Arm;
use viridian_core::id::{ApplicationName, EpochId};

/// What some rows came to, by epoch and arm.
#[derive(Default)]
pub(super) struct Sums(BTreeMap<(EpochId, &'static str), (Arm, ArmCounts)>);

impl Sums {
    /// What rows of an arm came to so far.
    pub(super) fn of(&mut self, epoch: EpochId, arm: Arm) -> &mut ArmCounts {
        let (_, counts) = self.0.entry((epoch, arm.as_str())).or_insert_with(|| (arm, ArmCounts::default()));
        counts
    }

    /// Adds it to the totals there are.
    pub(super) fn keep(
        self,
        transaction: &Transaction<'_>,
        application: &ApplicationName,
    ) -> Result<(), Error> {
        for ((epoch, _), (arm, counts)) in self.0 {
            let mut total = find(transaction, (application, epoch, arm))?;
            total.add(&counts);
            replace(transaction, (application, epoch, arm), &total)?;
        }
        Ok(())
    }
}

fn find(
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

fn replace(
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
