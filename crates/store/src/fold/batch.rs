//! One batch of rows of each kind that are before the horizon, made into totals. Every part answers how many rows it
//! took; none when there is nothing left for it to do.

use super::totals::Sums;
use super::{BATCH, GROUPS, Horizon};
use crate::Error;
use crate::column::{ArmWord, Json};
use crate::sums::{elsewhere, given};
use rusqlite::{Params, Row, Transaction, params};
use viridian_core::analysis::tally::{Counts, GroupTally, Tally};
use viridian_core::arm::Arm;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::metric::Metric;
use viridian_core::unit::Group;

/// Takes a batch of one kind.
type Part = fn(&Transaction<'_>, &ApplicationName, &Horizon) -> Result<usize, Error>;

/// Everything that is folded, in order.
pub(super) const PARTS: [Part; 7] = [
    tallies_of_ended_epochs,
    groups_of_ended_epochs,
    feedback_of_ended_epochs,
    scores_of_ended_epochs,
    old_slots,
    old_feedback,
    old_scores,
];

fn tallies_of_ended_epochs(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    horizon: &Horizon,
) -> Result<usize, Error> {
    let sql = "DELETE FROM tallies WHERE rowid IN
            (SELECT rowid FROM tallies WHERE application = ?1 AND epoch < ?2 LIMIT ?3)
        RETURNING epoch, arm, tally";
    let given = params![application.as_str(), horizon.epoch.0, BATCH];
    take(transaction, application, (sql, given), add_tally)
}

fn groups_of_ended_epochs(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    horizon: &Horizon,
) -> Result<usize, Error> {
    let sql = "DELETE FROM group_tallies WHERE rowid IN
            (SELECT rowid FROM group_tallies WHERE application = ?1 AND epoch < ?2 LIMIT ?3)
        RETURNING epoch, arm, groups";
    let given = params![application.as_str(), horizon.epoch.0, BATCH / GROUPS];
    take(transaction, application, (sql, given), add_groups)
}

fn feedback_of_ended_epochs(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    horizon: &Horizon,
) -> Result<usize, Error> {
    let sql = "DELETE FROM feedback WHERE request IN
            (SELECT request FROM feedback WHERE application = ?1 AND epoch < ?2 LIMIT ?3)
        RETURNING epoch, arm, unit_group, measured, bad, elsewhere";
    let given = params![application.as_str(), horizon.epoch.0, BATCH];
    take(transaction, application, (sql, given), add_opinion)
}

fn scores_of_ended_epochs(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    horizon: &Horizon,
) -> Result<usize, Error> {
    let sql = "DELETE FROM scores WHERE (request, score) IN
            (SELECT request, score FROM scores WHERE application = ?1 AND epoch < ?2 LIMIT ?3)
        RETURNING epoch, arm, unit_group, measured, score, level, elsewhere";
    let given = params![application.as_str(), horizon.epoch.0, BATCH];
    take(transaction, application, (sql, given), add_score)
}

/// Those of the first arm that has some.
fn old_slots(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    horizon: &Horizon,
) -> Result<usize, Error> {
    for arm in Arm::all() {
        let taken = old_slots_of(transaction, application, (horizon, arm))?;
        if taken > 0 {
            return Ok(taken);
        }
    }
    Ok(0)
}

/// Only the epoch at the horizon can have slots before it: every later one began after it.
fn old_slots_of(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    (horizon, arm): (&Horizon, Arm),
) -> Result<usize, Error> {
    let sql = "DELETE FROM tallies WHERE rowid IN
            (SELECT rowid FROM tallies
                WHERE application = ?1 AND epoch = ?2 AND arm = ?3 AND slot < ?4 LIMIT ?5)
        RETURNING epoch, arm, tally";
    let given = params![application.as_str(), horizon.epoch.0, ArmWord(arm), horizon.slot.0, BATCH];
    take(transaction, application, (sql, given), add_tally)
}

/// Feedback on requests before the horizon is as old as it may become: what is said now is too late.
fn old_feedback(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    horizon: &Horizon,
) -> Result<usize, Error> {
    let sql = "DELETE FROM feedback WHERE request IN
            (SELECT request FROM feedback
                WHERE application = ?1 AND epoch = ?2 AND issued_at < ?3 LIMIT ?4)
        RETURNING epoch, arm, unit_group, measured, bad, elsewhere";
    let given = params![application.as_str(), horizon.epoch.0, horizon.slot.0, BATCH];
    take(transaction, application, (sql, given), add_opinion)
}

/// Scores likewise.
fn old_scores(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    horizon: &Horizon,
) -> Result<usize, Error> {
    let sql = "DELETE FROM scores WHERE (request, score) IN
            (SELECT request, score FROM scores
                WHERE application = ?1 AND epoch = ?2 AND issued_at < ?3 LIMIT ?4)
        RETURNING epoch, arm, unit_group, measured, score, level, elsewhere";
    let given = params![application.as_str(), horizon.epoch.0, horizon.slot.0, BATCH];
    take(transaction, application, (sql, given), add_score)
}

/// Adds the rows that a statement takes away to the totals.
fn take(
    transaction: &Transaction<'_>,
    application: &ApplicationName,
    (sql, given): (&str, impl Params),
    add: fn(&mut Sums, &Row<'_>) -> rusqlite::Result<()>,
) -> Result<usize, Error> {
    let mut sums = Sums::default();
    let mut taken = 0;
    {
        let mut statement = transaction.prepare_cached(sql)?;
        let mut rows = statement.query(given)?;
        while let Some(row) = rows.next()? {
            add(&mut sums, row)?;
            taken += 1;
        }
    }
    sums.keep(transaction, application)?;
    Ok(taken)
}

fn add_tally(sums: &mut Sums, row: &Row<'_>) -> rusqlite::Result<()> {
    let (epoch, arm) = key(row)?;
    sums.of(epoch, arm).tally.add(&row.get::<_, Json<Tally>>(2)?.0);
    Ok(())
}

pub(super) fn add_groups(sums: &mut Sums, row: &Row<'_>) -> rusqlite::Result<()> {
    let (epoch, arm) = key(row)?;
    sums.of(epoch, arm).groups.add(&row.get::<_, Json<GroupTally>>(2)?.0);
    Ok(())
}

/// What no draw decided is no evidence, and only kept to be counted once.
fn add_opinion(sums: &mut Sums, row: &Row<'_>) -> rusqlite::Result<()> {
    let (epoch, arm) = key(row)?;
    let is_measured: bool = row.get(3)?;
    if is_measured {
        let counted = Counts::of_share(1, u64::from(row.get::<_, bool>(4)?));
        let (counts, group) = (sums.of(epoch, arm), Group(row.get(2)?));
        counts.tally.metrics[Metric::Feedback.index()].add(counted);
        counts.groups.record_counts(Metric::Feedback, group, counted);
        counts.groups.cells.record_counts(elsewhere(row, 5)?, Metric::Feedback, group, counted);
    }
    Ok(())
}

fn add_score(sums: &mut Sums, row: &Row<'_>) -> rusqlite::Result<()> {
    let (epoch, arm) = key(row)?;
    let is_measured: bool = row.get(3)?;
    if is_measured {
        let given = given(row, (4, 5))?;
        let (counts, group) = (sums.of(epoch, arm), Group(row.get(2)?));
        counts.tally.record_score(given, 1);
        counts.groups.record_score(given, group, 1);
        counts.groups.cells.record_score(elsewhere(row, 6)?, given, group, 1);
    }
    Ok(())
}

fn key(row: &Row<'_>) -> rusqlite::Result<(EpochId, Arm)> {
    Ok((EpochId(row.get(0)?), row.get::<_, ArmWord>(1)?.0))
}
