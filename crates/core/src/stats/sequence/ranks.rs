//! Bounds of a quantile by ranks, for display; deciding is left to the exceedance race.
//!
//! Start with [`rank_bounds`]. They hold at every look for independent durations from one distribution; a drifting quantile
//! is covered only on average.

use super::beta_binomial::{BetaBinomial, Sides, Tuning};
use crate::stats::histogram::Histogram;

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
