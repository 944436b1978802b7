//! The event race: are bad events of independent requests more frequent on the candidate?
//!
//! Start with [`log_e_harm`]. Given that an event happened, chance alone says which arm it fell on: with draw
//! probability `p` and a ratio `r` of the two event rates, it is the candidate with probability `p r / (p r + 1 - p)`.
//! Whatever raises or lowers the rate of events in both arms alike (bursts, drift, the hour) cancels, because only the
//! events are counted, and weights may change between epochs. The numbers of requests are not needed.
//!
//! Exact for requests drawn one by one, from the first event on. Sticky units are left to `contrast`. The idea of the
//! race is in Lindon and Malek, "Anytime-valid inference for multinomial count data", 2022.

use std::sync::LazyLock;

use super::intervals::Interval;
use super::special::{bisect_within, log_sum_exp};

/// The events of one epoch, during which the draw probability did not change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RaceEpoch {
    /// The probability with which a request was drawn for the candidate, strictly between 0 and 1.
    pub probability: f64,
    /// Events on the candidate.
    pub candidate: u64,
    /// Events on the baseline.
    pub baseline: u64,
}

/// How many alternatives share the bet.
const ALTERNATIVES: usize = 16;

/// The smallest and largest log rate ratio to bet on, measured from the null: 1.1 times and 37 times the rate.
const SMALLEST_LOG_RATIO: f64 = 0.1;
const LARGEST_LOG_RATIO: f64 = 3.6;

/// Confidence bounds of the rate ratio are searched within a factor of a million; beyond, they count as unbounded.
const LOG_RATIO_REACH: f64 = 13.815_510_557_964_274;

/// Bounds of the log rate ratio are found to nine digits and rounded outwards: each step costs a look at all
/// alternatives, and nobody reads or decides more finely.
const PRECISION: f64 = 1e-9;

/// The alternatives, evenly spread on a logarithmic scale so that small and large regressions are both near one.
static GRID: LazyLock<[f64; ALTERNATIVES]> = LazyLock::new(|| {
    let span = LARGEST_LOG_RATIO / SMALLEST_LOG_RATIO;
    std::array::from_fn(|j| SMALLEST_LOG_RATIO * span.powf(j as f64 / (ALTERNATIVES - 1) as f64))
});

/// The log rate ratios on which the race bets, in rising order.
#[must_use]
pub fn grid() -> &'static [f64] {
    GRID.as_slice()
}

/// The log e-value against "the ratio of event rates, candidate to baseline, is at most `ratio`".
///
/// A likelihood ratio per alternative `ratio * exp(g)`, mixed with equal weights. Under the null its mean never rises,
/// whatever the baseline rate does, so the chance that it ever reaches `ln(1/alpha)` is at most `alpha`.
#[must_use]
pub fn log_e_harm(epochs: &[RaceEpoch], ratio: f64) -> f64 {
    log_e(epochs, ratio, 1.0)
}

/// The log e-value against "the ratio of event rates, candidate to baseline, is at least `ratio`".
///
/// As [`log_e_harm`] with alternatives `ratio * exp(-g)`: large values say that the candidate is below the ratio.
#[must_use]
pub fn log_e_safe(epochs: &[RaceEpoch], ratio: f64) -> f64 {
    log_e(epochs, ratio, -1.0)
}

/// The confidence sequence of the rate ratio, with error `alpha_per_side` on each side over all looks together.
///
/// The lower end is the largest ratio that [`log_e_harm`] rejects (0 when none), the upper end the smallest that
/// [`log_e_safe`] rejects (infinite when none). Both are monotone in the ratio, hence the bisection.
#[must_use]
pub fn confidence(epochs: &[RaceEpoch], alpha_per_side: f64) -> Interval {
    let threshold = -alpha_per_side.ln();
    let lower = bisect_within(PRECISION, LOG_RATIO_REACH, -LOG_RATIO_REACH, |log_ratio| {
        log_e_harm(epochs, log_ratio.exp()) >= threshold
    });
    let upper = bisect_within(PRECISION, -LOG_RATIO_REACH, LOG_RATIO_REACH, |log_ratio| {
        log_e_safe(epochs, log_ratio.exp()) >= threshold
    });
    Interval {
        lower: if lower <= -LOG_RATIO_REACH { 0.0 } else { lower.exp() },
        upper: if upper >= LOG_RATIO_REACH { f64::INFINITY } else { upper.exp() },
    }
}

/// The mixture over the grid; `sign` is 1 for alternatives above `ratio` and -1 for those below.
fn log_e(epochs: &[RaceEpoch], ratio: f64, sign: f64) -> f64 {
    let log_weight = -(ALTERNATIVES as f64).ln();
    let terms: [f64; ALTERNATIVES] = std::array::from_fn(|j| {
        let tilt = sign * GRID[j];
        log_weight + epochs.iter().map(|epoch| log_likelihood_ratio(epoch, ratio, tilt)).sum::<f64>()
    });
    log_sum_exp(&terms)
}

/// The log likelihood ratio of one epoch's events: rate ratio `ratio * exp(tilt)` against `ratio`.
fn log_likelihood_ratio(epoch: &RaceEpoch, ratio: f64, tilt: f64) -> f64 {
    let share_at = |rate_ratio: f64| epoch.probability * rate_ratio + 1.0 - epoch.probability;
    let events = (epoch.candidate + epoch.baseline) as f64;
    tilt * epoch.candidate as f64 - events * (share_at(ratio * tilt.exp()) / share_at(ratio)).ln()
}
