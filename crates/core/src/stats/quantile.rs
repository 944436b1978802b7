//! Quantiles of durations: exceedance races that decide, and rank bounds that are shown.
//!
//! **Deciding** needs no test of its own. At the start of each epoch a threshold is published: the baseline's quantile
//! so far, rounded to a bucket edge. A request above it is an event, and [`super::race`] judges the events. For HARM
//! both arms count what exceeds the threshold, against a ratio of one. For SAFE the candidate counts what exceeds
//! [`scaled_threshold`], again against one: if the candidate's durations were the baseline's times one plus the margin,
//! it would exceed the scaled threshold exactly as often as the baseline exceeds the plain one. A slow-down of both
//! arms raises both counts alike and cancels.
//!
//! **Showing** an interval for one arm's quantile uses [`rank_bounds`], which hold at every look for independent
//! durations from one distribution; a drifting quantile is covered only on average.

use super::histogram::{Histogram, edge_at_or_below};
use super::intervals::mixing_parameter;
use super::special::{bisect, ln_beta, ln_incomplete_beta};

/// The least mixing parameter, as a share of `g h`: keeps the prior proper when tuned for very few observations.
const LEAST_MIXING: f64 = 1e-3;

/// A rank bound closer to the largest possible count than this many requests cannot be told from it.
const SATURATED: f64 = 1e-6;

/// The quantile to bound and the errors to bound it with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankQuery {
    /// The quantile, strictly between 0 and 1.
    pub quantile: f64,
    /// Error of both sides together, over all looks.
    pub alpha: f64,
    /// The number of observations at which the bounds are tightest, fixed before the data are seen.
    pub tuned_for: f64,
}

/// Ranks, counted from 1, of the observations between which the quantile lies; `None` is unbounded on that side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankBounds {
    /// Rank of the observation that bounds the quantile from below.
    pub lower: Option<u64>,
    /// Rank of the observation that bounds the quantile from above.
    pub upper: Option<u64>,
}

/// The range of a quantile in microseconds; `None` is unbounded on that side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantileBounds {
    /// The quantile is at least this.
    pub lower: Option<u64>,
    /// The quantile is at most this.
    pub upper: Option<u64>,
}

/// A sub-binomial mixture boundary: how far the sum of centred coin flips strays above zero.
///
/// Flips step up by `h` or down by `g`. Source: Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform, nonparametric,
/// nonasymptotic confidence sequences", Annals of Statistics 49(2), 2021, proposition 7, one-sided mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetaBinomial {
    /// The step down.
    pub g: f64,
    /// The step up.
    pub h: f64,
    /// The mixing parameter, from [`BetaBinomial::tuned`].
    r: f64,
    sides: Sides,
}

/// Where a boundary is tightest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// The intrinsic time.
    pub v_opt: f64,
    /// The error.
    pub alpha: f64,
}

/// Whether a boundary must hold on one side only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Only deviations above zero are bounded.
    One,
    /// Deviations to both sides are bounded.
    Two,
}

impl BetaBinomial {
    /// The mixture tightest for the tuning, with steps `g` down and `h` up.
    #[must_use]
    pub fn tuned(tuning: Tuning, g: f64, h: f64, sides: Sides) -> Self {
        let error_of_both_sides = match sides {
            Sides::One => 2.0 * tuning.alpha,
            Sides::Two => tuning.alpha,
        };
        let r = (mixing_parameter(tuning.v_opt, error_of_both_sides) - g * h).max(LEAST_MIXING * g * h);
        Self { g, h, r, sides }
    }

    /// The log of the mixture supermartingale at sum `s` and intrinsic time `v`.
    #[must_use]
    pub fn log_mixture(&self, s: f64, v: f64) -> f64 {
        let Self { g, h, r, .. } = *self;
        let width = g + h;
        let likelihood = v / (g * h) * width.ln()
            - (v + h * s) / (h * width) * g.ln()
            - (v - g * s) / (g * width) * h.ln();
        likelihood + self.log_prior_mass((r + v - g * s) / (g * width), (r + v + h * s) / (h * width))
            - self.log_prior_mass(r / (g * width), r / (h * width))
    }

    /// The boundary at intrinsic time `v` and error `alpha`: at most `v / g`, where all steps were upwards.
    #[must_use]
    pub fn bound(&self, v: f64, alpha: f64) -> f64 {
        let threshold = -alpha.ln();
        bisect(0.0, v / self.g, |s| self.log_mixture(s, v) >= threshold)
    }

    fn log_prior_mass(&self, a: f64, b: f64) -> f64 {
        match self.sides {
            Sides::One => ln_beta(a, b) + ln_incomplete_beta(a, b, self.h / (self.g + self.h)),
            Sides::Two => ln_beta(a, b),
        }
    }
}

/// The ranks between which the quantile lies after `count` observations, at every look with error `alpha` in all.
///
/// The number of observations at or below the quantile is a sum of coin flips; each side gets half of the error.
/// Source: Howard and Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm
/// identification", Bernoulli 28(3), 2022, theorem 1.
#[must_use]
pub fn rank_bounds(count: u64, query: RankQuery) -> RankBounds {
    let n = count as f64;
    let q = query.quantile;
    let (above, below) = deviations(n, query);
    let upper_room = n * (1.0 - q) - above;
    let lower_rank = (n * q - below).ceil();
    RankBounds {
        lower: (lower_rank >= 1.0).then_some(lower_rank as u64),
        upper: (upper_room > SATURATED).then(|| (n * q + above).floor() as u64 + 1),
    }
}

/// How far the number of observations at or below the quantile strays above and below its mean.
#[must_use]
pub fn deviations(count: f64, query: RankQuery) -> (f64, f64) {
    let q = query.quantile;
    let variance = q * (1.0 - q);
    let tuning = Tuning { v_opt: query.tuned_for * variance, alpha: query.alpha / 2.0 };
    let side = |g, h| BetaBinomial::tuned(tuning, g, h, Sides::One).bound(count * variance, tuning.alpha);
    (side(q, 1.0 - q), side(1.0 - q, q))
}

/// The range of the quantile of recorded durations, rounded outwards to bucket edges.
#[must_use]
pub fn quantile_bounds(durations: &Histogram, query: RankQuery) -> QuantileBounds {
    let ranks = rank_bounds(durations.count(), query);
    QuantileBounds {
        lower: ranks.lower.and_then(|rank| durations.below_rank(rank)),
        upper: ranks.upper.and_then(|rank| durations.at_rank(rank)),
    }
}

/// The candidate's threshold for SAFE: the baseline's times one plus the margin, in microseconds.
///
/// Rounded down to a bucket edge, so that rounding makes SAFE harder to pass and never easier.
#[must_use]
pub fn scaled_threshold(threshold: u64, margin: f64) -> u64 {
    edge_at_or_below((threshold as f64 * (1.0 + margin)) as u64)
}
