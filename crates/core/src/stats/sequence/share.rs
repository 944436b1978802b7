//! The confidence sequence of a share: exact at every look for independent trials, however few.
//!
//! For those who want the range of one arm's share; nothing in the product calls it.

use super::beta_binomial::{BetaBinomial, Sides, Tuning};
use crate::stats::interval::Interval;
use crate::stats::special::bisect_within;

/// Ends are found to this and rounded outwards.
const PRECISION: f64 = 1e-9;

/// The shares that the trials so far do not contradict, at error `alpha` over all looks and both sides.
///
/// A share `p` is contradicted where the two-sided beta-binomial mixture of the events less `p` per trial reaches
/// `1/alpha`; the mixture is tuned to be tightest after `tuned_for` trials, which is fixed before the data. Source: Howard,
/// Ramdas, McAuliffe, Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics
/// 49(2), 2021, proposition 7. Without trials the share may be anything.
#[must_use]
pub fn share(events: u64, trials: u64, alpha: f64, tuned_for: f64) -> Interval {
    if trials == 0 {
        return Interval { lower: 0.0, upper: 1.0 };
    }
    let count = trials as f64;
    let estimate = events as f64 / count;
    let is_contradicted = |share: f64| {
        let variance = share * (1.0 - share);
        let tuning = Tuning { v_opt: variance * tuned_for, alpha: TUNED_ALPHA };
        let mixture = BetaBinomial::tuned(tuning, share, 1.0 - share, Sides::Two);
        mixture.log_mixture((estimate - share) * count, variance * count) >= -alpha.ln()
    };
    // The ends themselves are contradicted by a single trial to the contrary.
    let end = |end: f64| {
        if estimate == end {
            end
        } else {
            bisect_within(PRECISION, estimate, end, |p| p == end || is_contradicted(p))
        }
    };
    Interval { lower: end(0.0), upper: end(1.0) }
}

/// The error for which the mixture is tightest.
const TUNED_ALPHA: f64 = 0.05;
