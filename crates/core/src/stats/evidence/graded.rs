//! Grades: values between two ends, kept in hundredths so that counts of them add, and bets on their mean.
//!
//! Start with [`Grades`]; [`log_e_above`](Grades::log_e_above) and [`log_e_below`](Grades::log_e_below) ask on which side of
//! a boundary the mean lies. The values of pairs are differences between -1 and 1 ([`super::paired`]), the candidate worse
//! above zero, or how far answers disagree, between 0 and 1.
//!
//! Assumes that values come one by one with any dependence on the past but no selection by themselves. A value is taken to
//! the nearest hundredth, and it is the mean of these that is asked about. Source of the bets: see [`super::betting`].

use super::betting::log_payoffs;
use super::capital::Capital;
use crate::stats::special::bisect_within;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many values of each hundredth were seen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<(i8, u64)>", into = "Vec<(i8, u64)>")]
pub struct Grades(BTreeMap<i8, u64>);

/// The least and the most a value can be, from -1 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ends {
    /// The least.
    pub low: f64,
    /// The most.
    pub high: f64,
}

impl Ends {
    /// Of differences, which may go either way.
    pub const DIFFERENCES: Self = Self { low: -1.0, high: 1.0 };
    /// Of parts.
    pub const PARTS: Self = Self { low: 0.0, high: 1.0 };
}

/// Bounds are found to this.
const PRECISION: f64 = 1e-4;

impl Grades {
    /// No values.
    #[must_use]
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Counts a value; what lies beyond -1 or 1 is taken to that end, and what is no number to 0.
    pub fn record(&mut self, value: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "between -100 and 100")]
        let hundredths = (value.clamp(-1.0, 1.0) * 100.0).round() as i8;
        *self.0.entry(hundredths).or_default() += 1;
    }

    /// Counts so many values that are parts, in hundredths of which there are a hundred at most.
    pub fn record_parts(&mut self, hundredths: u8, count: u64) {
        if let Ok(hundredths @ 0..=100) = i8::try_from(hundredths)
            && count > 0
        {
            *self.0.entry(hundredths).or_default() += count;
        }
    }

    /// How many values of each hundredth there are, the least first.
    pub fn hundredths(&self) -> impl Iterator<Item = (i8, u64)> {
        self.0.iter().map(|(hundredths, count)| (*hundredths, *count))
    }

    /// Adds other values.
    pub fn add(&mut self, other: &Self) {
        for (hundredths, count) in &other.0 {
            *self.0.entry(*hundredths).or_default() += count;
        }
    }

    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// Their mean, when there is one.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let sum: f64 = self.values().map(|(value, count)| value * count).sum();
        let count = self.count();
        (count > 0).then(|| sum / count as f64)
    }

    /// The log e-value against "the mean is at most `boundary`", `low < boundary`.
    ///
    /// Payoff `1 + h (value - boundary) / (boundary - low)` for sixteen `h` below one: its mean is at most one under the null.
    #[must_use]
    pub fn log_e_above(&self, boundary: f64, ends: Ends) -> f64 {
        self.above(boundary, ends).log_e()
    }

    /// The evidence of [`log_e_above`](Self::log_e_above): it adds over values.
    #[must_use]
    pub fn above(&self, boundary: f64, ends: Ends) -> Capital {
        self.bet(|value| (value - boundary) / (boundary - ends.low))
    }

    /// The log e-value against "the mean is at least `boundary`", `boundary < high`.
    ///
    /// Payoff `1 + h (boundary - value) / (high - boundary)`.
    #[must_use]
    pub fn log_e_below(&self, boundary: f64, ends: Ends) -> f64 {
        self.below(boundary, ends).log_e()
    }

    /// The evidence of [`log_e_below`](Self::log_e_below): it adds over values.
    #[must_use]
    pub fn below(&self, boundary: f64, ends: Ends) -> Capital {
        self.bet(|value| (boundary - value) / (ends.high - boundary))
    }

    /// The most that the mean can be at error `alpha` over all looks: the least boundary it is shown to lie below; the upper
    /// end when there is none.
    #[must_use]
    pub fn upper_bound(&self, alpha: f64, ends: Ends) -> f64 {
        bisect_within(PRECISION, ends.low, ends.high, |boundary| {
            self.log_e_below(boundary, ends) >= -alpha.ln()
        })
    }

    /// The least that the mean can be, likewise.
    #[must_use]
    pub fn lower_bound(&self, alpha: f64, ends: Ends) -> f64 {
        bisect_within(PRECISION, ends.high, ends.low, |boundary| {
            self.log_e_above(boundary, ends) >= -alpha.ln()
        })
    }

    fn bet(&self, gain: impl Fn(f64) -> f64) -> Capital {
        let mut capital = Capital::none();
        for (value, count) in self.values() {
            capital.add(count, &log_payoffs(gain(value)));
        }
        capital
    }

    fn values(&self) -> impl Iterator<Item = (f64, f64)> {
        self.0.iter().map(|(hundredths, count)| (f64::from(*hundredths) / 100.0, *count as f64))
    }
}

impl TryFrom<Vec<(i8, u64)>> for Grades {
    type Error = &'static str;

    fn try_from(counts: Vec<(i8, u64)>) -> Result<Self, Self::Error> {
        let mut grades = BTreeMap::new();
        for (hundredths, count) in counts {
            if !(-100..=100).contains(&hundredths) {
                return Err("a grade beyond its ends");
            }
            if grades.insert(hundredths, count).is_some() {
                return Err("a grade that is counted twice");
            }
        }
        Ok(Self(grades))
    }
}

impl From<Grades> for Vec<(i8, u64)> {
    fn from(grades: Grades) -> Self {
        grades.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::paired::{Pairs, log_e_safe};

    fn grades(values: &[(f64, usize)]) -> Grades {
        let mut grades = Grades::default();
        values.iter().for_each(|(value, count)| (0..*count).for_each(|_| grades.record(*value)));
        grades
    }

    #[test]
    fn nothing_says_nothing() {
        let none = Grades::default();
        assert_eq!((none.count(), none.mean()), (0, None));
        assert!(none.log_e_above(0.1, Ends::PARTS).abs() < 1e-12);
        assert!((none.upper_bound(0.05, Ends::PARTS) - 1.0).abs() < 1e-3);
        assert!(none.lower_bound(0.05, Ends::PARTS).abs() < 1e-3);
    }

    #[test]
    fn differences_of_one_are_counted_pairs() {
        let (worse, better, tied) = (12, 30, 200);
        let graded = grades(&[(1.0, worse), (-1.0, better), (0.0, tied)]);
        let counted = Pairs { worse: worse as u64, better: better as u64, tied: tied as u64 };
        let apart = graded.log_e_below(0.05, Ends::DIFFERENCES) - log_e_safe(&counted, 0.05);
        assert!(apart.abs() < 1e-9, "{apart}");
    }

    #[test]
    fn bounds_lie_about_the_mean_and_close_in() {
        let width = |times: usize| {
            let parts = grades(&[(0.0, 90 * times), (0.5, 7 * times), (1.0, 3 * times)]);
            let (lower, upper) = (parts.lower_bound(0.05, Ends::PARTS), parts.upper_bound(0.05, Ends::PARTS));
            let mean = parts.mean().unwrap();
            assert!(lower <= mean && mean <= upper, "{lower} {mean} {upper}");
            upper - lower
        };
        assert!(width(1) > width(10) && width(10) > width(100));
    }

    #[test]
    fn they_are_read_as_they_were_written() {
        let mut parts = Grades::default();
        for (part, count) in [(0, 7), (20, 0), (100, 2), (101, 5), (255, 5)] {
            parts.record_parts(part, count);
        }
        let written = serde_json::to_string(&parts).unwrap();
        assert_eq!(written, "[[0,7],[100,2]]");
        assert_eq!(serde_json::from_str::<Grades>(&written).unwrap(), parts);
        for wrong in ["[[101,1]]", "[[-101,1]]", "[[5,1],[5,1]]", "[[5,-1]]"] {
            assert!(serde_json::from_str::<Grades>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_beyond_the_ends_is_taken_to_them() {
        assert_eq!(grades(&[(7.0, 1), (-7.0, 1), (f64::NAN, 1)]), grades(&[(1.0, 1), (-1.0, 1), (0.0, 1)]));
    }
}
