//! What will have been said of the baseline's answers of late, once all who speak have spoken: measured on requests that are
//! old enough for that, because of those that were just answered most opinions are still to come. Start with [`expected`].

use crate::column::ArmWord;
use crate::{Error, sums};
use rusqlite::{Connection, params};
use std::ops::Range;
use std::time::Duration;
use viridian_core::analysis::row::slot_of;
use viridian_core::analysis::tally::{Counts, Tally};
use viridian_core::arm::Arm;
use viridian_core::id::ApplicationName;
use viridian_core::metric::Metric;
use viridian_core::stats::evidence::graded::Grades;
use viridian_core::time::Timestamp;

/// Whose answers of late are asked about.
pub(super) struct Asked<'a> {
    pub(super) connection: &'a Connection,
    pub(super) application: &'a ApplicationName,
    /// The beginning of what is of late.
    pub(super) since: Timestamp,
    pub(super) now: Timestamp,
    /// How old a request is when what is said of it counts.
    pub(super) maturity: Duration,
}

/// What will have been said of so many of the baseline's answers: as much of each as was said of the answers of as long a time
/// that are of age. Where no answer is, of the oldest there are; and what nobody said of those is told as it was said of late.
pub(super) fn expected(asked: &Asked<'_>, outcomes: u64) -> Result<Tally, Error> {
    let mut told = said(asked, &(asked.since..sums::END_OF_TIME))?;
    let Some(of_age) = of_age(asked)? else { return Ok(told) };
    let answered = super::served(asked.connection, asked.application, &of_age)?.baseline.outcomes();
    if answered == 0 {
        return Ok(told);
    }
    let (said, times) = (said(asked, &of_age)?, outcomes as f64 / answered as f64);
    let feedback = said.counts(Metric::Feedback);
    if feedback.trials > 0 {
        told.metrics[Metric::Feedback.index()] =
            Counts::of_share(times_as_many(feedback.trials, times), times_as_many(feedback.events, times));
    }
    for (score, grades) in &said.scores {
        told.scores.insert(*score, times_the_grades(grades, times));
    }
    Ok(told)
}

/// The time whose requests are of age, or in which the oldest were answered that are kept; absent without any, and where nothing
/// is waited for.
fn of_age(asked: &Asked<'_>) -> Result<Option<Range<Timestamp>>, Error> {
    if asked.maturity.is_zero() {
        return Ok(None);
    }
    let millis = u64::try_from(asked.maturity.as_millis()).unwrap_or(u64::MAX);
    let earlier = |moment: Timestamp| slot_of(Timestamp(moment.0.saturating_sub(millis)));
    let (from, until) = (earlier(asked.since), earlier(asked.now));
    let sql = "SELECT min(slot) FROM tallies WHERE application = ?1 AND arm = ?2 AND slot >= ?3";
    let first: Option<u64> = asked
        .connection
        .prepare_cached(sql)?
        .query_row(params![asked.application.as_str(), ArmWord(Arm::Baseline), from.0], |row| row.get(0))?;
    Ok(first.map(Timestamp).map(|first| {
        if first < until { from..until } else { first..first.plus(slot_of(asked.now).since(asked.since)) }
    }))
}

/// What was said of the baseline's answers to requests of a time.
fn said(asked: &Asked<'_>, time: &Range<Timestamp>) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    let of = params![asked.application.as_str(), ArmWord(Arm::Baseline), time.start.0, time.end.0];
    let sql = "SELECT count(*), coalesce(sum(bad), 0) FROM feedback
        WHERE application = ?1 AND arm = ?2 AND measured AND issued_at >= ?3 AND issued_at < ?4";
    let mut statement = asked.connection.prepare_cached(sql)?;
    let (trials, events) = statement.query_row(of, |row| Ok((row.get(0)?, row.get(1)?)))?;
    tally.metrics[Metric::Feedback.index()] = Counts::of_share(trials, events);
    let sql = "SELECT score, level, count(*) FROM scores
        WHERE application = ?1 AND arm = ?2 AND measured AND issued_at >= ?3 AND issued_at < ?4 GROUP BY score, level";
    let mut statement = asked.connection.prepare_cached(sql)?;
    let mut rows = statement.query(of)?;
    while let Some(row) = rows.next()? {
        tally.record_score(sums::given(row, (0, 1))?, row.get(2)?);
    }
    Ok(tally)
}

/// So many times as many, and of some never none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts")]
fn times_as_many(count: u64, times: f64) -> u64 {
    (count as f64 * times).ceil() as u64
}

/// So many times as many values in all, and of each hundredth what then falls to it.
fn times_the_grades(grades: &Grades, times: f64) -> Grades {
    let mut scaled = Grades::none();
    let (mut before, mut told) = (0, 0);
    for (hundredths, count) in grades.hundredths() {
        before += count;
        let by_then = times_as_many(before, times);
        scaled.record_parts(hundredths.unsigned_abs(), by_then - told);
        told = by_then;
    }
    scaled
}
