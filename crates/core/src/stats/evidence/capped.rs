//! Means without an upper end (cost, tokens, latency), judged under a cap together with a race on what exceeds it.
//!
//! Start with [`Cap`]. Whatever mean a few enormous outcomes could hide is beyond any test, so each outcome is counted as at
//! most the cap, which is published before the epoch, and the capped means are compared by [`super::bounded`]. That the
//! tail grows beyond the cap is not ignored: outcomes above it are events of a [`super::race`]. Together they say "not more
//! on average, and not more often enormous".

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
    /// The cap from what the baseline did before: its 99.9th percentile, between twice and thirty times its mean.
    #[must_use]
    pub fn published(mean: f64, percentile_99_9: f64) -> Self {
        Self(percentile_99_9.clamp(LEAST_MEANS * mean, MOST_MEANS * mean))
    }

    /// Whether an outcome is an event of the race on the cap.
    #[must_use]
    pub fn is_exceeded(self, outcome: f64) -> bool {
        outcome > self.0
    }

    /// What an outcome counts.
    #[must_use]
    pub fn applied(self, outcome: f64) -> f64 {
        outcome.min(self.0)
    }

    /// The bets on "the candidate's capped mean is `1 + margin` times the baseline's": HARM with a margin of zero, SAFE with
    /// the guard's.
    #[must_use]
    pub fn rule(self, probability: f64, margin: f64) -> Rule {
        let boundary = Hypothesis { ratio: 1.0 + margin, difference: 0.0 };
        Rule { probability, range: (0.0, self.0), worse: Worse::Higher, boundary }
    }
}

/// How much more the candidate's mean is than the baseline's, as a share of it: 0.2 is 20 % more. From sums of each arm's
/// outcomes as drawn; nothing without outcomes on both.
#[must_use]
pub fn excess(baseline: &Moments, candidate: &Moments) -> Option<f64> {
    let is_known = baseline.count > 0.0 && candidate.count > 0.0 && baseline.sum > 0.0;
    is_known.then(|| candidate.sum / candidate.count / (baseline.sum / baseline.count) - 1.0)
}
