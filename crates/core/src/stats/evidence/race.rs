//! The event race: are bad events of independent requests more frequent on the candidate?
//!
//! Start with [`log_e_harm`]. Given that an event happened, chance alone says which arm it fell on: with draw
//! probability `p` and a ratio `r` of the two event rates, it is the candidate with probability `p r / (p r + 1 - p)`.
//! Whatever raises or lowers the rate of events in both arms alike (bursts, drift, the hour) cancels, because only the
//! events are counted, and weights may change between epochs. The numbers of requests are not needed.
//!
//! Exact for requests drawn one by one, from the first event on. Events of sticky units come together, so that they race in
//! [`super::clustered`], each for less than one. The idea of the race is in Lindon and Malek, "Anytime-valid inference for multinomial count data", 2022.

use std::sync::LazyLock;

use super::capital::{BETS, Capital, Payoffs, capitals, straightened};
use crate::stats::interval::Interval;
use crate::stats::special::{ln_1p, turn_within};

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

/// The smallest and largest log rate ratio to bet on, measured from the null: 1.1 times and 37 times the rate.
const SMALLEST_LOG_RATIO: f64 = 0.1;
const LARGEST_LOG_RATIO: f64 = 3.6;

/// Confidence bounds of the rate ratio are searched within a factor of a million; beyond, they count as unbounded.
const LOG_RATIO_REACH: f64 = 13.815_510_557_964_274;

/// Bounds of the log rate ratio are found to nine digits and rounded outwards: each step costs a look at all
/// alternatives, and nobody reads or decides more finely.
const PRECISION: f64 = 1e-9;

/// The alternatives, evenly spread on a logarithmic scale so that small and large regressions are both near one.
static GRID: LazyLock<[f64; BETS]> = LazyLock::new(|| {
    let span = LARGEST_LOG_RATIO / SMALLEST_LOG_RATIO;
    std::array::from_fn(|j| SMALLEST_LOG_RATIO * span.powf(j as f64 / (BETS - 1) as f64))
});

/// The same as factors on the rate.
static TIMES: LazyLock<[f64; BETS]> = LazyLock::new(|| GRID.map(f64::exp));

/// The log rate ratios on which the race bets, in rising order.
#[must_use]
pub fn grid() -> &'static [f64] {
    GRID.as_slice()
}

/// The log e-value against "the ratio of event rates, candidate to baseline, is at most `ratio`".
///
/// `E = mean_j prod_k L_jk` over sixteen `g_j` from 0.1 to 3.6, with
/// `ln L_jk = g_j x_T - (x_T + x_C) ln((p r e^g_j + 1 - p) / (p r + 1 - p))` of epoch `k`, its events `x` and its `p`. Under the null the
/// mean of `E` never rises, whatever the baseline rate does, so the chance that it ever reaches `1/alpha` is at most `alpha`. Assumes
/// that requests were drawn one by one, with probabilities that were fixed before.
#[must_use]
pub fn log_e_harm(epochs: &[RaceEpoch], ratio: f64) -> f64 {
    harm(epochs, ratio).sum::<Capital>().log_e()
}

/// The log e-value against "the ratio of event rates, candidate to baseline, is at least `ratio`".
///
/// As [`log_e_harm`] with alternatives `ratio * exp(-g)`: large values say that the candidate is below the ratio.
#[must_use]
pub fn log_e_safe(epochs: &[RaceEpoch], ratio: f64) -> f64 {
    safe(epochs, ratio).sum::<Capital>().log_e()
}

/// The confidence sequence of the rate ratio, with error `alpha_per_side` on each side over all looks together.
///
/// The lower end is the largest ratio that [`log_e_harm`] rejects (0 when none), the upper end the smallest that
/// [`log_e_safe`] rejects (infinite when none). Both are monotone in the ratio, hence the search.
#[must_use]
pub fn confidence(epochs: &[RaceEpoch], alpha_per_side: f64) -> Interval {
    Interval {
        lower: largest_rejected(alpha_per_side, |ratio| log_e_harm(epochs, ratio)),
        upper: least_rejected(alpha_per_side, |ratio| log_e_safe(epochs, ratio)),
    }
}

/// The largest ratio whose log e-value reaches `ln(1/alpha)`, of one that falls as the ratio grows; 0 when none does.
pub(super) fn largest_rejected(alpha: f64, log_e: impl Fn(f64) -> f64) -> f64 {
    let threshold = straightened(-alpha.ln());
    let log_ratio = turn_within(PRECISION, LOG_RATIO_REACH, -LOG_RATIO_REACH, |log_ratio| {
        straightened(log_e(log_ratio.exp())) - threshold
    });
    if log_ratio <= -LOG_RATIO_REACH { 0.0 } else { log_ratio.exp() }
}

/// The smallest ratio whose log e-value reaches `ln(1/alpha)`, of one that rises with the ratio; infinite when none does.
pub(super) fn least_rejected(alpha: f64, log_e: impl Fn(f64) -> f64) -> f64 {
    let threshold = straightened(-alpha.ln());
    let log_ratio = turn_within(PRECISION, -LOG_RATIO_REACH, LOG_RATIO_REACH, |log_ratio| {
        straightened(log_e(log_ratio.exp())) - threshold
    });
    if log_ratio >= LOG_RATIO_REACH { f64::INFINITY } else { log_ratio.exp() }
}

/// The lower end of [`confidence`] by bets of other weights, where it is above one; most looks at a sound candidate find out
/// that it is not at little cost.
#[must_use]
pub fn least_excess(epochs: &[RaceEpoch], alpha: f64, log_weights: &[f64; BETS]) -> Option<f64> {
    let log_e = |ratio| harm(epochs, ratio).sum::<Capital>().log_e_weighted(log_weights);
    let is_more = log_e(1.0) > -alpha.ln();
    is_more.then(|| largest_rejected(alpha, log_e))
}

/// The evidence of [`log_e_harm`], epoch by epoch: capitals whose sum has its hypothesis, error and assumptions.
pub fn harm(epochs: &[RaceEpoch], ratio: f64) -> impl Iterator<Item = Capital> {
    capital(epochs, ratio, 1.0)
}

/// The evidence of [`log_e_safe`], epoch by epoch, likewise.
pub fn safe(epochs: &[RaceEpoch], ratio: f64) -> impl Iterator<Item = Capital> {
    capital(epochs, ratio, -1.0)
}

/// `sign` is 1 for alternatives above `ratio` and -1 for those below.
fn capital(epochs: &[RaceEpoch], ratio: f64, sign: f64) -> impl Iterator<Item = Capital> {
    capitals(
        epochs,
        |epoch| epoch.probability,
        move |epoch| log_likelihood_ratios(epoch.probability, ratio, sign),
        |epoch| [epoch.candidate, epoch.baseline],
    )
}

/// The log likelihood ratios, `ratio * exp(sign * g)` against `ratio`, of an event on the candidate and on the baseline.
pub(super) fn log_likelihood_ratios(probability: f64, ratio: f64, sign: f64) -> Payoffs<2> {
    let rate_at = |rate_ratio: f64| probability * rate_ratio + 1.0 - probability;
    let at_null = rate_at(ratio);
    let times = if sign < 0.0 { TIMES.map(|times| 1.0 / times) } else { *TIMES };
    let on_either = ln_1p(times.map(|times| rate_at(ratio * times) / at_null - 1.0)).map(|log| -log);
    Payoffs::of(|kind| match kind {
        0 => std::array::from_fn(|bet| sign * GRID[bet] + on_either[bet]),
        _ => on_either,
    })
}
