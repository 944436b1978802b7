//! Pairs: both arms answered the same request (shadow traffic) or the same case (an offline eval), and only the
//! difference is judged.
//!
//! Start with [`log_e_harm`] and [`log_e_safe`] for pass and fail; differences of scores are [`super::graded`]. What both arms
//! find hard or easy cancels within the pair, so a few hundred pairs say what a thousand requests per arm do. A pair's sign is
//! positive where the candidate did worse.
//!
//! Assumes that pairs come one by one with any dependence on the past but no selection by their outcome; ties are pairs.
//! Several answers to one case are one pair ([`case_difference`]), because they share the case. A judge that compares both
//! answers has to see them in random order.

use super::betting::log_payoffs;
use super::capital::{Capital, Payoffs};
use crate::stats::special::{bisect_within, ln_beta, ln_incomplete_beta};

/// Counts of pairs by who did better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// The candidate failed where the baseline passed.
    pub worse: u64,
    /// The baseline failed where the candidate passed.
    pub better: u64,
    /// Both passed or both failed.
    pub tied: u64,
}

impl Pairs {
    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.worse + self.better + self.tied
    }

    /// The same pairs with the arms exchanged.
    #[must_use]
    pub const fn turned(&self) -> Self {
        Self { worse: self.better, better: self.worse, tied: self.tied }
    }
}

/// Bounds are found to this, as a difference of shares.
const PRECISION: f64 = 1e-6;

/// The log e-value against "where only one arm fails, it is the candidate at most half of the time": the sequential form of
/// McNemar's test.
///
/// The likelihood of the untied pairs, averaged over a uniform prior on (1/2, 1) for the candidate's part, against one half:
/// `ln B(b+1, c+1) + ln I_{1/2}(c+1, b+1) + ln 2 + (b+c) ln 2`, with `b` worse and `c` better. The chance that it ever
/// reaches `ln(1/alpha)` under the null is at most `alpha`: each factor's mean is at most one for every part up to one half.
/// Source: Robbins' mixture of likelihood ratios, "Statistical methods related to the law of the iterated logarithm",
/// Annals of Mathematical Statistics 41, 1970.
#[must_use]
pub fn log_e_harm(pairs: &Pairs) -> f64 {
    let (worse, better) = (pairs.worse as f64, pairs.better as f64);
    let above_half = ln_incomplete_beta(better + 1.0, worse + 1.0, 0.5);
    ln_beta(worse + 1.0, better + 1.0) + above_half + (1.0 + worse + better) * std::f64::consts::LN_2
}

/// The log e-value against "the candidate's share of passes is at least `margin` lower", `0 <= margin < 1`.
///
/// Bets on `margin - D` with `D` one where the candidate is worse, minus one where it is better, zero for a tie: per pair the capital
/// grows by `1 + h (margin - D) / (1 - margin)`, whose mean is at most one under the null for each of the bets `0 < h < 1` that are
/// mixed. The chance that it ever reaches `ln(1/alpha)` is at most `alpha`. Assumes that what pairs show does not depend on when one
/// looks; pairs need not be alike. Source: betting on bounded means as in Waudby-Smith and Ramdas, "Estimating means of bounded
/// random variables by betting", JRSS B 86, 2024; the bets are those of [`super::betting`].
#[must_use]
pub fn log_e_safe(pairs: &Pairs, margin: f64) -> f64 {
    safe(pairs, margin).log_e()
}

/// The evidence of [`log_e_safe`]: it adds over pairs, spans and gateways.
#[must_use]
pub fn safe(pairs: &Pairs, margin: f64) -> Capital {
    let differences = [1.0, -1.0, 0.0];
    let payoffs = Payoffs::of(|kind| log_payoffs((margin - differences[kind]) / (1.0 - margin)));
    payoffs.capital([pairs.worse, pairs.better, pairs.tied])
}

/// The log e-value against "the candidate fails at least `1 + margin` times as often", `0 < margin`, with `both` of the tied
/// pairs failed by both.
///
/// Bets on `(1 + margin) B - C` with `B` one where the baseline failed and `C` one where the candidate did: `-1` where the
/// candidate alone failed, `1 + margin` where the baseline alone did, `margin` where both did. The most that can be lost is one, so
/// each bet `0 < h < 1` keeps `1 + h x` above zero, with a mean of at most one under the null. Error, assumptions and source as for
/// [`log_e_safe`].
#[must_use]
pub fn log_e_safe_ratio(pairs: &Pairs, both: u64, margin: f64) -> f64 {
    safe_ratio(pairs, both, margin).log_e()
}

/// The evidence of [`log_e_safe_ratio`]: it adds over pairs.
#[must_use]
pub fn safe_ratio(pairs: &Pairs, both: u64, margin: f64) -> Capital {
    let gains = [-1.0, 1.0 + margin, margin];
    let payoffs = Payoffs::of(|kind| log_payoffs(gains[kind]));
    payoffs.capital([pairs.worse, pairs.better, both.min(pairs.tied)])
}

/// The least margin that [`log_e_safe`] shows at error `alpha` over all looks: an upper bound of how much lower the
/// candidate's share of passes is; 1 when none does.
#[must_use]
pub fn upper_bound(pairs: &Pairs, alpha: f64) -> f64 {
    let threshold = -alpha.ln();
    bisect_within(PRECISION, -1.0, 1.0, |margin| log_e_safe(pairs, margin) >= threshold)
}

/// The mean difference, as a share of all pairs; nothing without pairs.
#[must_use]
pub fn difference(pairs: &Pairs) -> Option<f64> {
    let all = pairs.count();
    (all > 0).then(|| (pairs.worse as f64 - pairs.better as f64) / all as f64)
}

/// The difference of one case with several answers per arm, from the mean score of each: scores are between 0 and 1, higher
/// is better. Nothing when an arm has no answer.
#[must_use]
pub fn case_difference(baseline: &[f64], candidate: &[f64]) -> Option<f64> {
    let mean =
        |scores: &[f64]| (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64);
    Some(mean(baseline)? - mean(candidate)?)
}

/// The difference of two costs or durations of one request: the logarithm of their ratio, taken to between -1 and 1, so that
/// twice as slow counts as much as twice as fast. Nothing unless both are above zero.
#[must_use]
pub fn log_ratio(baseline: f64, candidate: f64) -> Option<f64> {
    (baseline > 0.0 && candidate > 0.0).then(|| (candidate / baseline).ln().clamp(-1.0, 1.0))
}
