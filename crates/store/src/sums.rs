//! Summing an epoch: the rows of gateways over gateways, restarts and slots, what was folded of them, and the feedback
//! that is ripe.

use crate::Error;
use crate::column::{ArmWord, Json, Name};
use rusqlite::{Connection, Row, params};
use serde::de::DeserializeOwned;
use viridian_core::analysis::measurement::{ArmCounts, EpochCounts};
use viridian_core::analysis::tally::{Counts, GroupTally, Tally};
use viridian_core::arm::Arm;
use viridian_core::companion::Elsewhere;
use viridian_core::epoch::Epoch;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::metric::Metric;
use viridian_core::score::{Given, Level, Score};
use viridian_core::time::Timestamp;
use viridian_core::unit::Group;

/// The latest moment a column can hold: all feedback is ripe by then.
pub(crate) const END_OF_TIME: Timestamp = Timestamp(i64::MAX.cast_unsigned());

/// What an epoch came to.
pub(crate) struct Sum {
    pub(crate) counts: EpochCounts,
    pub(crate) feedback: Ripeness,
}

/// Whether all feedback of an epoch counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ripeness {
    /// It does.
    Ripe,
    /// Some will count later.
    Ripening,
}

/// Sums an epoch. Feedback on requests issued after `ripe` does not count yet.
pub(crate) fn of_epoch(
    connection: &Connection,
    application: &ApplicationName,
    epoch: Epoch,
    ripe: Timestamp,
) -> Result<Sum, Error> {
    let key = (application, epoch.id);
    let mut counts = EpochCounts::empty(epoch);
    let add_tally = |arm: &mut ArmCounts, tally: Tally| arm.tally.add(&tally);
    let add_groups = |arm: &mut ArmCounts, groups: GroupTally| arm.groups.add(&groups);
    for table in ["tallies", "totals"] {
        let sql = format!("SELECT arm, tally FROM {table} WHERE application = ?1 AND epoch = ?2");
        add_each(connection, &sql, key, &mut counts, add_tally)?;
    }
    for table in ["group_tallies", "totals"] {
        let sql = format!("SELECT arm, groups FROM {table} WHERE application = ?1 AND epoch = ?2");
        add_each(connection, &sql, key, &mut counts, add_groups)?;
    }
    let opinions = add_feedback(connection, key, ripe, &mut counts)?;
    let scores = add_scores(connection, key, ripe, &mut counts)?;
    let feedback = if opinions == Ripeness::Ripe { scores } else { opinions };
    Ok(Sum { counts, feedback })
}

/// Adds rows of an arm and a value.
fn add_each<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    (application, epoch): (&ApplicationName, EpochId),
    counts: &mut EpochCounts,
    add: impl Fn(&mut ArmCounts, T),
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![application.as_str(), epoch.0])?;
    while let Some(row) = rows.next()? {
        let arm: Arm = row.get::<_, ArmWord>(0)?.0;
        add(counts.arm_mut(arm), row.get::<_, Json<T>>(1)?.0);
    }
    Ok(())
}

/// Adds what the ripe records came to.
fn add_feedback(
    connection: &Connection,
    (application, epoch): (&ApplicationName, EpochId),
    ripe: Timestamp,
    counts: &mut EpochCounts,
) -> Result<Ripeness, Error> {
    let sql = "SELECT arm, unit_group, issued_at <= ?3 AS ripe, count(*), sum(bad), elsewhere FROM feedback
        WHERE application = ?1 AND epoch = ?2 AND measured GROUP BY arm, unit_group, ripe, elsewhere";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![application.as_str(), epoch.0, ripe.0])?;
    let mut ripeness = Ripeness::Ripe;
    while let Some(row) = rows.next()? {
        let is_ripe: bool = row.get(2)?;
        if !is_ripe {
            ripeness = Ripeness::Ripening;
            continue;
        }
        let arm = counts.arm_mut(row.get::<_, ArmWord>(0)?.0);
        let (trials, events): (u64, u64) = (row.get(3)?, row.get(4)?);
        let (counted, group) = (Counts::of_share(trials, events), Group(row.get(1)?));
        arm.tally.metrics[Metric::Feedback.index()].add(counted);
        arm.groups.record_counts(Metric::Feedback, group, counted);
        arm.groups.cells.record_counts(elsewhere(row, 5)?, Metric::Feedback, group, counted);
    }
    Ok(ripeness)
}

/// Adds the ripe scores.
fn add_scores(
    connection: &Connection,
    (application, epoch): (&ApplicationName, EpochId),
    ripe: Timestamp,
    counts: &mut EpochCounts,
) -> Result<Ripeness, Error> {
    let sql = "SELECT arm, unit_group, issued_at <= ?3 AS ripe, score, level, count(*), elsewhere FROM scores
        WHERE application = ?1 AND epoch = ?2 AND measured
        GROUP BY arm, unit_group, ripe, score, level, elsewhere";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![application.as_str(), epoch.0, ripe.0])?;
    let mut ripeness = Ripeness::Ripe;
    while let Some(row) = rows.next()? {
        let is_ripe: bool = row.get(2)?;
        if !is_ripe {
            ripeness = Ripeness::Ripening;
            continue;
        }
        let arm = counts.arm_mut(row.get::<_, ArmWord>(0)?.0);
        let (given, answers, group) = (given(row, (3, 4))?, row.get(5)?, Group(row.get(1)?));
        arm.tally.record_score(given, answers);
        arm.groups.record_score(given, group, answers);
        arm.groups.cells.record_score(elsewhere(row, 6)?, given, group, answers);
    }
    Ok(ripeness)
}

/// The arms that a unit has elsewhere from their column.
pub(crate) fn elsewhere(row: &Row<'_>, column: usize) -> rusqlite::Result<Elsewhere> {
    Ok(Elsewhere::of_bits(row.get(column)?))
}

/// A score from its columns.
pub(crate) fn given(row: &Row<'_>, (score, level): (usize, usize)) -> rusqlite::Result<Given> {
    let hundredths: u8 = row.get(level)?;
    let is_stored = |_| rusqlite::Error::IntegralValueOutOfRange(level, i64::from(hundredths));
    Ok(Given {
        score: row.get::<_, Name<Score>>(score)?.0,
        level: Level::try_from(hundredths).map_err(is_stored)?,
    })
}
