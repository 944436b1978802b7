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

use super::special::{bisect_within, log_sum_exp};

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

/// How many bet sizes share the capital.
const BETS: usize = 16;

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

/// A value of `z` in one epoch and how often it was seen.
type Cell = (f64, u64);

/// The bet sizes in rising order.
#[must_use]
pub fn grid() -> &'static [f64] {
    GRID.as_slice()
}

/// The log e-value against "the share on the candidate exceeds the baseline's by at most `difference`".
///
/// The chance that it ever reaches `ln(1/alpha)` under the null is at most `alpha`. `-1 < difference < 1`.
#[must_use]
pub fn log_e_harm(epochs: &[BinaryEpoch], difference: f64) -> f64 {
    log_e(epochs, difference, 1.0)
}

/// The log e-value against "the share on the candidate exceeds the baseline's by at least `margin`".
///
/// Large values say that the candidate is worse by less than the margin. `-1 < margin < 1`.
#[must_use]
pub fn log_e_safe(epochs: &[BinaryEpoch], margin: f64) -> f64 {
    log_e(epochs, -margin, -1.0)
}

/// The upper confidence bound of the difference at error `alpha` over all looks: the smallest margin whose
/// [`log_e_safe`] reaches `ln(1/alpha)`; 1 when none does.
#[must_use]
pub fn upper_bound(epochs: &[BinaryEpoch], alpha: f64) -> f64 {
    let threshold = -alpha.ln();
    bisect_within(PRECISION, -1.0, 1.0, |margin| log_e_safe(epochs, margin) >= threshold)
}

/// The lower confidence bound of the difference at error `alpha` over all looks: the largest difference whose
/// [`log_e_harm`] reaches `ln(1/alpha)`; -1 when none does.
#[must_use]
pub fn lower_bound(epochs: &[BinaryEpoch], alpha: f64) -> f64 {
    let threshold = -alpha.ln();
    bisect_within(PRECISION, 1.0, -1.0, |difference| log_e_harm(epochs, difference) >= threshold)
}

/// The mean of `z` over all trials: the unbiased estimate of the difference of shares, candidate minus baseline.
///
/// `None` without trials.
#[must_use]
pub fn difference(epochs: &[BinaryEpoch]) -> Option<f64> {
    let cells = || epochs.iter().flat_map(cells);
    let trials: u64 = cells().map(|(_, count)| count).sum();
    let sum: f64 = cells().map(|(z, count)| z * count as f64).sum();
    (trials > 0).then(|| sum / trials as f64)
}

/// The mixture over the bets against "the mean of `sign * z` is at most `mean`".
fn log_e(epochs: &[BinaryEpoch], mean: f64, sign: f64) -> f64 {
    let mut terms = [-(BETS as f64).ln(); BETS];
    for epoch in epochs {
        let cells = cells(epoch).map(|(z, count)| (sign * z, count));
        let lowest = cells.iter().map(|(z, _)| *z).fold(f64::INFINITY, f64::min);
        for (term, bet) in terms.iter_mut().zip(GRID.iter()) {
            let stake = bet / (mean - lowest);
            *term += cells.iter().map(|(z, count)| *count as f64 * (stake * (z - mean)).ln_1p()).sum::<f64>();
        }
    }
    log_sum_exp(&terms)
}

/// The four values that `z` takes in an epoch, with their counts.
fn cells(epoch: &BinaryEpoch) -> [Cell; 4] {
    let BinaryEpoch { probability, centre, candidate, baseline } = *epoch;
    let (on_candidate, on_baseline) = (1.0 / probability, -1.0 / (1.0 - probability));
    [
        (on_candidate * (1.0 - centre), candidate.events),
        (-on_candidate * centre, candidate.trials.saturating_sub(candidate.events)),
        (on_baseline * (1.0 - centre), baseline.events),
        (-on_baseline * centre, baseline.trials.saturating_sub(baseline.events)),
    ]
}
