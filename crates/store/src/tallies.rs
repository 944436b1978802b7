//! Running totals of gateways. A row is replaced by a later copy of itself and never by an earlier one, so rows may
//! come twice, late and in any order.

use crate::column::{ArmWord, Json};
use crate::transaction::{Direction, unpoisoned};
use crate::{Error, Store, fold};
use rusqlite::{Transaction, params};
use viridian_core::analysis::row::{GroupRow, Origin, TallyRow};
use viridian_core::analysis::tally::{GroupTally, Tally};

impl Store {
    /// Takes what a gateway counted, in one transaction: when this returns the gateway may forget finished slots.
    /// Rows of epochs, slots and gateways that were folded are passed over.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn record(&self, origin: &Origin, tallies: &[TallyRow], groups: &[GroupRow]) -> Result<(), Error> {
        let outcome = self.write(Direction::Forward, |transaction| {
            for row in tallies {
                let horizon = fold::horizon(transaction, &row.application)?;
                if horizon.is_some_and(|horizon| horizon.takes_of(row.epoch, row.slot)) {
                    upsert_tally(transaction, origin, row)?;
                }
            }
            for row in groups {
                let horizon = fold::horizon(transaction, &row.application)?;
                if horizon.is_some_and(|horizon| horizon.takes(row.epoch)) {
                    upsert_groups(transaction, origin, row)?;
                }
            }
            Ok(())
        });
        // Whatever the outcome: after a failure nobody can tell what is on the disk.
        let mut cache = unpoisoned(&self.inner.cache);
        tallies.iter().for_each(|row| cache.forget(&row.application, row.epoch));
        groups.iter().for_each(|row| cache.forget(&row.application, row.epoch));
        outcome
    }
}

fn upsert_tally(transaction: &Transaction<'_>, origin: &Origin, row: &TallyRow) -> Result<(), Error> {
    let sql = "INSERT INTO tallies (application, epoch, arm, slot, node, boot, progress, tally)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT DO UPDATE SET progress = excluded.progress, tally = excluded.tally
        WHERE excluded.progress > progress";
    transaction.prepare_cached(sql)?.execute(params![
        row.application.as_str(),
        row.epoch.0,
        ArmWord(row.arm),
        row.slot.0,
        origin.node.as_str(),
        // A boot is any 64-bit number; the column holds the same bits with a sign.
        origin.boot.0.cast_signed(),
        progress_of_tally(&row.tally),
        Json(&row.tally),
    ])?;
    Ok(())
}

fn upsert_groups(transaction: &Transaction<'_>, origin: &Origin, row: &GroupRow) -> Result<(), Error> {
    let sql = "INSERT INTO group_tallies (application, epoch, arm, node, boot, progress, groups)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
        WHERE NOT EXISTS (SELECT 1 FROM folded_groups
            WHERE application = ?1 AND epoch = ?2 AND arm = ?3 AND node = ?4 AND boot = ?5)
        ON CONFLICT DO UPDATE SET progress = excluded.progress, groups = excluded.groups
        WHERE excluded.progress > progress";
    transaction.prepare_cached(sql)?.execute(params![
        row.application.as_str(),
        row.epoch.0,
        ArmWord(row.arm),
        origin.node.as_str(),
        origin.boot.0.cast_signed(),
        progress_of_groups(&row.groups),
        Json(&row.groups),
    ])?;
    Ok(())
}

/// How far a running total has come. Counters of one row only rise, so what holds more is later: with each request that is drawn,
/// and with each that has ended.
fn progress_of_tally(tally: &Tally) -> u64 {
    tally.drawn + tally.outcomes() + tally.exempt.iter().sum::<u64>()
}

fn progress_of_groups(groups: &GroupTally) -> u64 {
    groups.drawn.all() + groups.trials()
}
