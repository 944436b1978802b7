//! Betting on a share: is the share of bad requests on the candidate higher, in absolute terms?
//!
//! Start with [`log_e_safe`]. Each drawn request yields `z = (a/p - (1 - a)/(1 - p)) (y - c)` with `a = 1` on the
//! candidate, `y = 1` when it went badly, `p` the draw probability and `c` a centre fixed before the epoch. Its mean
//! given the past is the difference of the two shares for that request, for any centre; a centre near the baseline's
//! share only makes it vary less. Bets of several sizes against a claimed mean multiply into an e-value. Nothing is
//! assumed of how the shares move over time.
//!
//! Exact for requests drawn one by one. Source of the bets: Waudby-Smith and Ramdas, "Estimating means of bounded
//! random variables by betting", JRSS B 86(1), 2024, with a fixed mixture of bets so that counts suffice.

use std::sync::LazyLock;

use super::capital::{BETS, Capital, Payoffs, capitals, straightened};
use crate::stats::special::{ln_1p, turn_about};

/// Counts of one arm in one epoch. An event is a trial that went badly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trials {
    /// Requests with a known outcome.
    pub trials: u64,
    /// Those of them that went badly.
    pub events: u64,
}

/// The counts of one epoch, during which the draw probability and the centre did not change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BinaryEpoch {
    /// The probability with which a request was drawn for the candidate, strictly between 0 and 1.
    pub probability: f64,
    /// The centre `c` between 0 and 1, fixed before the epoch: the baseline's share of events so far.
    pub centre: f64,
    /// The candidate's counts.
    pub candidate: Trials,
    /// The baseline's counts.
    pub baseline: Trials,
}

/// The smallest and largest bet as a share of the largest that cannot lose everything.
const SMALLEST_BET: f64 = 0.004;
const LARGEST_BET: f64 = 0.9;

/// The bet sizes, evenly spread on a logarithmic scale: the best one is proportional to the unknown difference.
static GRID: LazyLock<[f64; BETS]> = LazyLock::new(|| {
    let span = LARGEST_BET / SMALLEST_BET;
    std::array::from_fn(|j| SMALLEST_BET * span.powf(j as f64 / (BETS - 1) as f64))
});

/// Bounds are found to a ten-thousandth of a percentage point and rounded outwards: each step costs a look at all
/// bets, and nobody reads or decides more finely.
const PRECISION: f64 = 1e-6;

/// The bet sizes in rising order.
#[must_use]
pub fn grid() -> &'static [f64] {
    GRID.as_slice()
}

/// What every bet is paid for a gain, as a part of the most that can be lost: `ln(1 + h gain)` for each size `h`.
pub(super) fn log_payoffs(gain: f64) -> [f64; BETS] {
    ln_1p(GRID.map(|size| size * gain))
}

/// The log e-value against "the share on the candidate exceeds the baseline's by at most `difference`".
///
/// `E = mean_j prod_i (1 + h_j (z_i - d) / (d - z_min))` over sixteen `h_j` from 0.004 to 0.9, with `d` the difference and `z_min` the least
/// `z` of the epoch. The chance that it ever reaches `1/alpha` under the null is at most `alpha`. A difference of shares,
/// `-1 < difference < 1`.
#[must_use]
pub fn log_e_harm(epochs: &[BinaryEpoch], difference: f64) -> f64 {
    harm(epochs, difference).sum::<Capital>().log_e()
}

/// The log e-value against "the share on the candidate exceeds the baseline's by at least `margin`".
///
/// As [`log_e_harm`] of `-z` and `-margin`: large values say that the candidate is worse by less than the margin, a difference of
/// shares, `-1 < margin < 1`.
#[must_use]
pub fn log_e_safe(epochs: &[BinaryEpoch], margin: f64) -> f64 {
    safe(epochs, margin).sum::<Capital>().log_e()
}

/// The upper confidence bound of the difference at error `alpha` over all looks: the smallest margin whose
/// [`log_e_safe`] reaches `ln(1/alpha)`; 1 when none does.
#[must_use]
pub fn upper_bound(epochs: &[BinaryEpoch], alpha: f64) -> f64 {
    let threshold = straightened(-alpha.ln());
    let likely = likely_bounds(epochs, threshold, 1.0);
    turn_about(likely, PRECISION, -1.0, 1.0, |margin| straightened(log_e_safe(epochs, margin)) - threshold)
}

/// The lower confidence bound of the difference at error `alpha` over all looks: the largest difference whose
/// [`log_e_harm`] reaches `ln(1/alpha)`; -1 when none does.
#[must_use]
pub fn lower_bound(epochs: &[BinaryEpoch], alpha: f64) -> f64 {
    let threshold = straightened(-alpha.ln());
    let likely = likely_bounds(epochs, threshold, -1.0);
    turn_about(likely, PRECISION, 1.0, -1.0, |difference| {
        straightened(log_e_harm(epochs, difference)) - threshold
    })
}

/// Two points that most likely have a bound between them: the log e-value grows about as half the squared distance from
/// the estimate in standard errors, less what the mixture of bets costs. `side` is 1 for the upper bound and -1 for the lower.
fn likely_bounds(epochs: &[BinaryEpoch], threshold: f64, side: f64) -> [f64; 2] {
    const COST: f64 = 2.0;
    let Moments { trials, sum, squares } = Moments::of(epochs);
    let estimate = sum / trials;
    let standard_error = ((squares / trials - estimate * estimate) / trials).sqrt();
    let distance = (2.0 * (threshold * threshold + COST)).sqrt() * standard_error;
    [0.85, 1.2].map(|part| estimate + side * part * distance)
}

/// The mean of `z` over all trials: the unbiased estimate of the difference of shares, candidate minus baseline.
///
/// `None` without trials.
#[must_use]
pub fn difference(epochs: &[BinaryEpoch]) -> Option<f64> {
    let Moments { trials, sum, .. } = Moments::of(epochs);
    (trials > 0.0).then(|| sum / trials)
}

/// Sums of `z` over all trials.
#[derive(Default)]
struct Moments {
    trials: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn of(epochs: &[BinaryEpoch]) -> Self {
        let mut moments = Self::default();
        for epoch in epochs {
            for (z, count) in values(epoch.probability, epoch.centre).into_iter().zip(counts(epoch)) {
                let count = count as f64;
                moments.trials += count;
                moments.sum += z * count;
                moments.squares += z * z * count;
            }
        }
        moments
    }
}

/// The evidence of [`log_e_harm`], epoch by epoch: capitals whose sum has its hypothesis, error and assumptions.
pub fn harm(epochs: &[BinaryEpoch], difference: f64) -> impl Iterator<Item = Capital> {
    capital(epochs, difference, 1.0)
}

/// The evidence of [`log_e_safe`], epoch by epoch, likewise.
pub fn safe(epochs: &[BinaryEpoch], margin: f64) -> impl Iterator<Item = Capital> {
    capital(epochs, -margin, -1.0)
}

/// Bets against "the mean of `sign * z` is at most `mean`".
fn capital(epochs: &[BinaryEpoch], mean: f64, sign: f64) -> impl Iterator<Item = Capital> {
    capitals(
        epochs,
        |epoch| (epoch.probability, epoch.centre),
        move |epoch| payoffs(values(epoch.probability, epoch.centre).map(|z| sign * z), mean),
        counts,
    )
}

/// `ln(1 + h (z - mean) / (mean - lowest))` for each value and each share `h` of the largest bet that cannot lose all.
fn payoffs(values: [f64; 4], mean: f64) -> Payoffs<4> {
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    Payoffs::of(|kind| log_payoffs((values[kind] - mean) / (mean - lowest)))
}

/// The four values that `z` takes: an event and none on the candidate, the same on the baseline.
fn values(probability: f64, centre: f64) -> [f64; 4] {
    let (on_candidate, on_baseline) = (1.0 / probability, -1.0 / (1.0 - probability));
    [
        on_candidate * (1.0 - centre),
        -on_candidate * centre,
        on_baseline * (1.0 - centre),
        -on_baseline * centre,
    ]
}

/// How often each of the four values was seen.
fn counts(epoch: &BinaryEpoch) -> [u64; 4] {
    let split = |arm: Trials| [arm.events, arm.trials.saturating_sub(arm.events)];
    let ([candidate_bad, candidate_good], [baseline_bad, baseline_good]) =
        (split(epoch.candidate), split(epoch.baseline));
    [candidate_bad, candidate_good, baseline_bad, baseline_good]
}
