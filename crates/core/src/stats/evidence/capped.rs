//! Means without an upper end (cost, tokens, latency), judged under a cap together with a race on what exceeds it.
//!
//! Start with [`Cap`]. Whatever mean a few enormous outcomes could hide is beyond any test, so each outcome is counted as at
//! most the cap, which is published before the epoch, and the capped means are compared by [`super::bounded`]. That the
//! tail grows beyond the cap is not ignored: outcomes above it are events of a [`super::race`]. Together they say "not more
//! on average, and not more often enormous".
//!
//! Amounts that gateways counted by bucket are bet on by [`super::amounts`], which takes cap and rule from here. Winsorising at a cap
//! that was fixed before is what makes a mean of unbounded outcomes testable at all: Bahadur and Savage, "The nonexistence of certain
//! statistical procedures in nonparametric problems", Annals of Mathematical Statistics 27, 1956.

use super::bounded::{Rule, Worse};
use super::contrast::Hypothesis;
use crate::stats::moments::Moments;

/// An outcome counts at most this, in its own units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cap(pub f64);

/// A cap is at most so many means of the baseline: every multiple costs power, as bets must survive one outcome at the cap.
const MOST_MEANS: f64 = 30.0;

/// And at least so many, so that it does not bind on metrics that hardly vary.
const LEAST_MEANS: f64 = 2.0;

impl Cap {
    /// The cap from what the baseline did before: its 99.9th percentile, between twice and thirty times its mean. All three in the unit
    /// of the outcomes, `mean` above zero. It has to be fixed before the outcomes it is applied to: one that was chosen by them would
    /// bias the bets.
    #[must_use]
    pub fn published(mean: f64, percentile_99_9: f64) -> Self {
        Self(percentile_99_9.clamp(LEAST_MEANS * mean, MOST_MEANS * mean))
    }

    /// Whether an outcome is an event of the race on the cap.
    #[must_use]
    pub fn is_exceeded(self, outcome: f64) -> bool {
        outcome > self.0
    }

    /// What an outcome counts: `min(outcome, cap)`.
    #[must_use]
    pub fn applied(self, outcome: f64) -> f64 {
        outcome.min(self.0)
    }

    /// The bets on the boundary `mu_T = (1 + margin) mu_C` of the means of capped outcomes: HARM, against "at most", with a margin of zero or
    /// that of a strict guard, SAFE, against "at least", with the guard's. `Y` lies between 0 and the cap, `r = 1 + margin`, and
    /// `z = (A/p - r (1 - A)/(1 - p)) (Y - c) + (1 - r) c`, in the unit of the outcomes; see [`super::bounded`].
    #[must_use]
    pub fn rule(self, probability: f64, margin: f64) -> Rule {
        let boundary = Hypothesis { ratio: 1.0 + margin, difference: 0.0 };
        Rule { probability, range: (0.0, self.0), worse: Worse::Higher, boundary }
    }
}

/// How much more the candidate's mean is than the baseline's, as a share of it: `mean_T / mean_C - 1`, 0.2 being 20 % more. From sums of
/// each arm's outcomes as drawn; nothing without outcomes on both, or where the baseline's come to nothing. A best guess without an
/// error bound, and unbiased only while the draw probability stays the same.
#[must_use]
pub fn excess(baseline: &Moments, candidate: &Moments) -> Option<f64> {
    let is_known = baseline.count > 0.0 && candidate.count > 0.0 && baseline.sum > 0.0;
    is_known.then(|| candidate.sum / candidate.count / (baseline.sum / baseline.count) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::Arm;

    #[test]
    fn a_cap_is_the_percentile_within_bounds_of_the_mean() {
        let check = |mean, percentile, cap| assert_eq!(Cap::published(mean, percentile), Cap(cap));
        check(0.01, 0.09, 0.09);
        check(0.01, 5.0, 0.3);
        check(0.01, 0.011, 0.02);
    }

    #[test]
    fn what_exceeds_the_cap_counts_as_the_cap_and_races() {
        let cap = Cap(2.0);
        assert!(cap.is_exceeded(2.1) && !cap.is_exceeded(2.0));
        let rule = cap.rule(0.1, 0.2);
        assert_eq!(cap.applied(7.0), 2.0);
        assert_eq!(rule.harm(Arm::Candidate, 7.0, 1.0), rule.harm(Arm::Candidate, 2.0, 1.0));
    }

    #[test]
    fn the_excess_is_a_share_of_the_baseline() {
        let moments = |count: f64, sum: f64| Moments { count, sum, sum_of_squares: 0.0 };
        let excess = |candidate| excess(&moments(90.0, 9.0), &candidate);
        assert!(excess(moments(10.0, 1.25)).is_some_and(|excess| (excess - 0.25).abs() < 1e-12));
        assert_eq!(excess(moments(0.0, 0.0)), None);
    }
}
