//! Quantiles of durations decided by a race of exceedances.
//!
//! No test of its own is needed. At the start of each epoch a threshold is published: the baseline's quantile so far,
//! rounded to a bucket edge. A request above it is an event, and [`super::race`] judges the events. For HARM both arms
//! count what exceeds the threshold, against a ratio of one. For SAFE the candidate counts what exceeds
//! [`scaled_threshold`], again against one: if the candidate's durations were the baseline's times one plus the margin,
//! it would exceed the scaled threshold exactly as often as the baseline exceeds the plain one. A slow-down of both
//! arms raises both counts alike and cancels.
//!
//! That a quantile is judged by counting what exceeds it is in Howard and Ramdas, "Sequential estimation of quantiles with
//! applications to A/B testing and best-arm identification", Bernoulli 28(3), 2022; that the threshold is the baseline's of
//! earlier epochs, which lets both arms drift, is ours.
//!
//! [`ratio_bounds`] asks the same at every scaled threshold: the ratios that neither race rules out are the range of what the
//! candidate's durations are of the baseline's.

use super::capital::Capital;
use super::race::{self, RaceEpoch};
use crate::stats::histogram::{GROWTH, Histogram, edge_at_or_below};

/// The candidate's threshold for SAFE: the baseline's times one plus the margin, in microseconds.
///
/// Rounded down to a bucket edge, so that rounding makes SAFE harder to pass and never easier.
#[must_use]
pub fn scaled_threshold(threshold: u64, margin: f64) -> u64 {
    edge_at_or_below((threshold as f64 * (1.0 + margin)) as u64)
}

/// The durations of one epoch.
#[derive(Clone, Copy, Debug)]
pub struct TimesEpoch<'a> {
    /// The probability with which a request was drawn for the candidate, strictly between 0 and 1.
    pub probability: f64,
    /// The published threshold in microseconds, a bucket edge.
    pub threshold: u64,
    /// The candidate's durations.
    pub candidate: &'a Histogram,
    /// Requests of the candidate without a duration that count as slower than any.
    pub slowest: u64,
    /// Requests of the baseline above the threshold, with those that count as slower than any.
    pub baseline: u64,
}

/// The range of a ratio of quantiles; `None` is unbounded on that side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatioBounds {
    /// The ratio is at least this.
    pub lower: Option<f64>,
    /// The ratio is at most this.
    pub upper: Option<f64>,
}

/// Between which ratios the candidate's durations are to the baseline's, with error `alpha` on each side over all looks.
///
/// The lower end is the largest ratio at which "the candidate exceeds the threshold times the ratio no more often than the
/// baseline exceeds the threshold" is ruled out, the upper end the smallest at which "no less often" is: the races of HARM and
/// SAFE at a ratio of one. The more is granted, the less exceeds it, so each is one turn. Ratios are powers of the buckets'
/// growth, about two per cent apart. `worth` is what one event counts, at most one: one over the design effect of
/// [`super::clustered`] for units that stay together, one for requests drawn one by one, for which the bounds are exact.
#[must_use]
pub fn ratio_bounds(epochs: &[TimesEpoch<'_>], worth: f64, alpha: f64) -> RatioBounds {
    let lanes = Lane::all(epochs);
    let reach = lanes.iter().map(|lane| (lane.least, lane.least + lane.beyond.len() as i64));
    let Some((least, most)) = reach.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
        return RatioBounds { lower: None, upper: None };
    };
    let is_enough = |capital: Capital| Capital(capital.0.map(|log| worth * log)).log_e() >= -alpha.ln();
    let races = |steps: i64| -> Vec<RaceEpoch> { lanes.iter().map(|lane| lane.race(steps)).collect() };
    let is_more = |steps: i64| is_enough(race::harm(&races(steps), 1.0).sum());
    let is_less = |steps: i64| is_enough(race::safe(&races(steps), 1.0).sum());
    #[expect(clippy::cast_precision_loss, reason = "fewer steps than there are buckets")]
    let ratio = |steps: i64| GROWTH.powf(steps as f64);
    // Beyond the longest duration nothing is left to exceed, and before the shortest nothing is added.
    let lower = last_where(least - 1, most, is_more);
    let upper = last_where(least - 1, most, |steps| !is_less(steps));
    RatioBounds {
        lower: lower.map(ratio),
        upper: upper.map_or(Some(least - 1), |last| (last < most).then_some(last + 1)).map(ratio),
    }
}

/// The last of the numbers of which something holds that holds of all before it; none when it holds of none.
fn last_where(first: i64, last: i64, holds: impl Fn(i64) -> bool) -> Option<i64> {
    let (mut low, mut high) = (first - 1, last + 1);
    while high - low > 1 {
        let middle = i64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low >= first).then_some(low)
}

/// The durations of all epochs with the same draw probability, by how many buckets they lie above their epoch's threshold.
struct Lane {
    probability: f64,
    baseline: u64,
    slowest: u64,
    /// The number of steps of the first entry.
    least: i64,
    /// How many durations lie so many steps above the threshold, or more.
    beyond: Vec<u64>,
}

impl Lane {
    fn all(epochs: &[TimesEpoch<'_>]) -> Vec<Self> {
        let mut lanes: Vec<Self> = Vec::new();
        for epoch in epochs {
            let place = lanes.iter().position(|lane| lane.probability == epoch.probability);
            let place = place.unwrap_or_else(|| {
                let (probability, beyond) = (epoch.probability, Vec::new());
                lanes.push(Self { probability, baseline: 0, slowest: 0, least: 0, beyond });
                lanes.len() - 1
            });
            lanes[place].add(epoch);
        }
        for lane in &mut lanes {
            let mut sum = 0;
            for count in lane.beyond.iter_mut().rev() {
                sum += *count;
                *count = sum;
            }
        }
        lanes
    }

    fn add(&mut self, epoch: &TimesEpoch<'_>) {
        self.baseline += epoch.baseline;
        self.slowest += epoch.slowest;
        for (steps, count) in epoch.candidate.steps_from(epoch.threshold) {
            self.cover(steps);
            self.beyond[(steps - self.least) as usize] += count;
        }
    }

    fn cover(&mut self, steps: i64) {
        if self.beyond.is_empty() {
            self.least = steps;
        }
        if steps < self.least {
            let missing = (self.least - steps) as usize;
            self.beyond.splice(0..0, std::iter::repeat_n(0, missing));
            self.least = steps;
        }
        let needed = (steps - self.least) as usize + 1;
        self.beyond.resize(self.beyond.len().max(needed), 0);
    }

    /// The race of what exceeds the threshold so many steps up.
    fn race(&self, steps: i64) -> RaceEpoch {
        let above = (steps + 1 - self.least).max(0) as usize;
        let beyond = self.beyond.get(above).copied().unwrap_or_default();
        RaceEpoch { probability: self.probability, candidate: beyond + self.slowest, baseline: self.baseline }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::default();
        times.into_iter().for_each(|us| histogram.record(us));
        histogram
    }

    /// Durations spread evenly over a second, times a factor.
    fn spread(count: u64, factor: f64) -> Histogram {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few seconds")]
        of((0..count).map(|n| ((1_000_000 * n / count) as f64 * factor) as u64))
    }

    fn bounds(factor: f64, count: u64, slowest: u64) -> RatioBounds {
        let threshold = edge_at_or_below(900_000);
        let (baseline, candidate) = (spread(4 * count, 1.0), spread(count, factor));
        let epoch = TimesEpoch {
            probability: 0.2,
            threshold,
            candidate: &candidate,
            slowest,
            baseline: baseline.count_above(threshold),
        };
        ratio_bounds(&[epoch], 1.0, 0.025)
    }

    #[test]
    fn the_range_holds_the_ratio_and_narrows() {
        for factor in [0.7, 1.0, 1.5, 3.0] {
            let [few, many] = [1_000, 10_000].map(|count| bounds(factor, count, 0));
            let width = |bounds: RatioBounds| bounds.upper.unwrap() / bounds.lower.unwrap();
            for bounds in [few, many] {
                assert!(bounds.lower.unwrap() <= factor && factor <= bounds.upper.unwrap(), "{bounds:?}");
            }
            assert!(width(many) < width(few) && width(many) < 1.2, "{few:?} {many:?}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_bounded() {
        assert_eq!(ratio_bounds(&[], 1.0, 0.025), RatioBounds { lower: None, upper: None });
        assert_eq!(bounds(1.0, 2, 0), RatioBounds { lower: None, upper: None });
        // When a third of the candidate's requests are slower than any, no ratio is too large.
        assert_eq!(bounds(1.0, 3_000, 1_000).upper, None);
    }

    #[test]
    fn events_that_are_worth_less_say_less() {
        let threshold = edge_at_or_below(900_000);
        let (baseline, candidate) = (spread(8_000, 1.0), spread(2_000, 1.5));
        let epoch = TimesEpoch {
            probability: 0.2,
            threshold,
            candidate: &candidate,
            slowest: 0,
            baseline: baseline.count_above(threshold),
        };
        let [full, third] = [1.0, 1.0 / 3.0].map(|worth| ratio_bounds(&[epoch], worth, 0.025));
        assert!(third.lower < full.lower && third.upper > full.upper, "{third:?} in {full:?}");
    }
}
