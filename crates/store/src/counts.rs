//! Evidence: the rows of gateways summed over gateways, restarts and slots, with the feedback folded in.

use crate::column::{ArmWord, Json};
use crate::{Error, Store};
use rusqlite::{Connection, Params, params};
use std::collections::BTreeMap;
use std::time::Duration;
use viridian_core::analysis::measurement::{ArmCounts, EpochCounts, Evidence};
use viridian_core::analysis::tally::{Counts, GroupTally, Tally};
use viridian_core::arm::Arm;
use viridian_core::epoch::Epoch;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::metric::Metric;
use viridian_core::time::Timestamp;
use viridian_core::unit::Group;

/// How many epochs calibration looks back: an epoch lasts minutes, and a baseline that got too few requests in this
/// many of them is not known.
const CALIBRATION_EPOCHS: usize = 64;

/// The latest moment a column can hold: all feedback is ripe by then.
pub(crate) const END_OF_TIME: Timestamp = Timestamp(i64::MAX.cast_unsigned());

/// Sums by epoch, in order.
pub(crate) type Sums = BTreeMap<EpochId, EpochCounts>;

/// Whose counts, of which epochs, and which feedback is ripe.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span<'a> {
    pub(crate) application: &'a ApplicationName,
    pub(crate) from: EpochId,
    pub(crate) to: EpochId,
    /// Feedback on requests issued later is not counted yet.
    pub(crate) ripe: Timestamp,
}

impl Store {
    /// Everything measured from an epoch on. Feedback counts once its request is older than `maturity`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn evidence(
        &self,
        application: &ApplicationName,
        from: EpochId,
        maturity: Duration,
        now: Timestamp,
    ) -> Result<Evidence, Error> {
        let span = Span { application, from, to: EpochId(u32::MAX), ripe: ripe(maturity, now) };
        self.read(|connection| {
            let sums = sum(connection, &span)?;
            Ok(Evidence { epochs: sums.into_values().collect() })
        })
    }

    /// What the present baseline did in the latest epochs before `before`, going back until it has `enough`
    /// outcomes. Epochs in which another release was the baseline are not looked at.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn calibration(
        &self,
        application: &ApplicationName,
        before: EpochId,
        enough: u64,
    ) -> Result<ArmCounts, Error> {
        let sql = "SELECT id FROM epochs JOIN applications ON applications.name = epochs.application
            WHERE epochs.application = ?1 AND id < ?2 AND epochs.baseline = applications.baseline
            ORDER BY id DESC LIMIT ?3";
        self.read(|connection| {
            let mut total = ArmCounts::default();
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![application.as_str(), before.0, CALIBRATION_EPOCHS])?;
            while total.tally.outcomes() < enough
                && let Some(row) = rows.next()?
            {
                let id = EpochId(row.get(0)?);
                let span = Span { application, from: id, to: id, ripe: END_OF_TIME };
                for counts in sum(connection, &span)?.values() {
                    total.add(&counts.baseline);
                }
            }
            Ok(total)
        })
    }
}

/// The latest moment at which a request can have been issued for its feedback to be ripe.
fn ripe(maturity: Duration, now: Timestamp) -> Timestamp {
    let millis = u64::try_from(maturity.as_millis()).unwrap_or(u64::MAX);
    Timestamp(now.0.saturating_sub(millis))
}

/// Sums everything known of a span: rows of gateways, totals of folded epochs, feedback.
pub(crate) fn sum(connection: &Connection, span: &Span<'_>) -> Result<Sums, Error> {
    let mut sums = epochs(connection, span)?;
    let keys = params![span.application.as_str(), span.from.0, span.to.0];
    let within = "WHERE application = ?1 AND epoch BETWEEN ?2 AND ?3";
    let tallies = format!("SELECT epoch, arm, tally FROM tallies {within}");
    add_each(connection, &tallies, keys, &mut sums, |arm, tally: Tally| arm.tally.add(&tally))?;
    let groups = format!("SELECT epoch, arm, groups FROM group_tallies {within}");
    add_each(connection, &groups, keys, &mut sums, |arm, groups: GroupTally| arm.groups.add(&groups))?;
    let totals = format!("SELECT epoch, arm, tally FROM totals {within}");
    add_each(connection, &totals, keys, &mut sums, |arm, tally: Tally| arm.tally.add(&tally))?;
    let totals = format!("SELECT epoch, arm, groups FROM totals {within}");
    add_each(connection, &totals, keys, &mut sums, |arm, groups: GroupTally| arm.groups.add(&groups))?;
    add_feedback(connection, span, &mut sums)?;
    Ok(sums)
}

fn epochs(connection: &Connection, span: &Span<'_>) -> Result<Sums, Error> {
    let sql = "SELECT epoch FROM epochs WHERE application = ?1 AND id BETWEEN ?2 AND ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let epochs = statement.query_map(params![span.application.as_str(), span.from.0, span.to.0], |row| {
        Ok(row.get::<_, Json<Epoch>>(0)?.0)
    })?;
    let mut sums = Sums::new();
    for epoch in epochs {
        let epoch = epoch?;
        sums.insert(epoch.id, EpochCounts::empty(epoch));
    }
    Ok(sums)
}

/// Adds rows of (epoch, arm, value) to the sums. Rows of an epoch that never was are passed over.
fn add_each<T: serde::de::DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    keys: impl Params,
    sums: &mut Sums,
    add: impl Fn(&mut ArmCounts, T),
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(keys)?;
    while let Some(row) = rows.next()? {
        let arm: Arm = row.get::<_, ArmWord>(1)?.0;
        if let Some(counts) = sums.get_mut(&EpochId(row.get(0)?)) {
            add(counts.arm_mut(arm), row.get::<_, Json<T>>(2)?.0);
        }
    }
    Ok(())
}

/// Adds what the ripe records of a span came to.
fn add_feedback(connection: &Connection, span: &Span<'_>, sums: &mut Sums) -> Result<(), Error> {
    let sql = "SELECT epoch, arm, unit_group, count(*), sum(bad) FROM feedback
        WHERE application = ?1 AND epoch BETWEEN ?2 AND ?3 AND measured AND issued_at <= ?4
        GROUP BY epoch, arm, unit_group";
    let mut statement = connection.prepare_cached(sql)?;
    let keys = params![span.application.as_str(), span.from.0, span.to.0, span.ripe.0];
    let mut rows = statement.query(keys)?;
    while let Some(row) = rows.next()? {
        let Some(epoch) = sums.get_mut(&EpochId(row.get(0)?)) else { continue };
        let arm = epoch.arm_mut(row.get::<_, ArmWord>(1)?.0);
        let (trials, events): (u64, u64) = (row.get(3)?, row.get(4)?);
        let counts = Counts { trials, events, scaled: events };
        arm.tally.metrics[Metric::Feedback.index()].add(counts);
        arm.groups.record_counts(Metric::Feedback, Group(row.get(2)?), counts);
    }
    Ok(())
}
