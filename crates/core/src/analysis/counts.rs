//! The counts of one metric: they add.

use crate::declared::Found;
use crate::stats::evidence::graded::Grades;
use crate::unit::GROUPS;
use serde::de::Error;
use serde::{Deserialize, Serialize};

/// Of so many requests, so many were bad; or, for an amount, so much they came to; or, for a score, so many hundredths of its
/// scale they lie below the top together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Requests that were looked at.
    #[serde(rename = "n")]
    pub trials: u64,
    /// Of these, the bad ones; for an amount what they came to, each at most the cap.
    #[serde(rename = "x")]
    pub events: u64,
    /// Of these, the ones that are bad even with the guard's margin granted; equal to `events` except for percentiles. For
    /// an amount those that came to more than the cap.
    #[serde(rename = "xs")]
    pub scaled: u64,
    /// Of the others, the ones that ended before they could be slow: how long their answers would have taken is not
    /// known. Only metrics of time have them.
    #[serde(rename = "fe", default, skip_serializing_if = "is_zero")]
    pub failed_early: u64,
    /// Of the bad ones of a percentile, those that ended after the threshold and before they could be slow beyond the guard's margin:
    /// how much longer their answers would have taken is not known.
    #[serde(rename = "gu", default, skip_serializing_if = "is_zero")]
    pub given_up: u64,
    /// Requests that would have been looked at, had what the metric asks for been known of them: neither good nor bad, and
    /// not among `trials`. Only declared metrics have them.
    #[serde(rename = "u", default, skip_serializing_if = "is_zero")]
    pub unknown: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature the serializer asks for")]
pub(super) const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Counts {
    /// Counts of a share.
    pub const fn of_share(trials: u64, events: u64) -> Self {
        Self { trials, events, scaled: events, failed_early: 0, given_up: 0, unknown: 0 }
    }

    /// Counts of what adds up and is not bad by itself.
    pub const fn of_sum(trials: u64, sum: u64) -> Self {
        Self { trials, events: sum, scaled: 0, failed_early: 0, given_up: 0, unknown: 0 }
    }

    /// Counts of scores, as parts of their scale below its top.
    pub fn of_scores(grades: &Grades) -> Self {
        let below = |(hundredths, count): (i8, u64)| count * u64::from(hundredths.unsigned_abs());
        Self::of_sum(grades.count(), grades.hundredths().map(below).sum())
    }

    /// What one outcome adds to a declared metric.
    pub const fn of_found(found: Found) -> Self {
        match found {
            Found::Good => Self::of_share(1, 0),
            Found::Bad => Self::of_share(1, 1),
            Found::Unknown => Self { unknown: 1, ..Self::of_share(0, 0) },
        }
    }

    /// Whether nothing was counted.
    pub const fn is_nothing(self) -> bool {
        self.trials == 0 && self.events == 0
    }

    /// Bad requests per request, or the mean of an amount, when there was one.
    pub fn share(self) -> Option<f64> {
        (self.trials > 0).then(|| self.events as f64 / self.trials as f64)
    }

    /// The trials that did not fail before they could be slow.
    pub const fn known(self) -> u64 {
        self.trials.saturating_sub(self.failed_early)
    }

    /// Adds other counts.
    pub const fn add(&mut self, other: Self) {
        self.trials += other.trials;
        self.events += other.events;
        self.scaled += other.scaled;
        self.failed_early += other.failed_early;
        self.given_up += other.given_up;
        self.unknown += other.unknown;
    }
}

/// Checks counts by group of units that were read.
///
/// # Errors
/// There are some and not [`GROUPS`] of them.
pub(super) fn check_groups<E: Error>(groups: &[Counts]) -> Result<(), E> {
    match groups.len() {
        0 | GROUPS => Ok(()),
        found => Err(E::custom(format_args!("{found} groups of units instead of {GROUPS}"))),
    }
}
