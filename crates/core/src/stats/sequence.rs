//! Boundaries that hold at every time, and the confidence sequences made of them.
//!
//! [`normal`], [`beta_binomial`], [`gamma_exponential`] and [`gamma_poisson`] bound sums. [`asymptotic`], [`mean`] and
//! [`share`](mod@share) turn them into ranges of a mean, [`ranks`] of a quantile; [`stitched`] holds for all quantiles at once
//! and [`two_quantiles`] compares one of two samples.
//!
//! The product uses [`asymptotic`], and [`ranks`] on [`beta_binomial`] for the percentiles it shows. The others are a library for those
//! who want such ranges; nothing in the product calls them.

pub mod normal;
pub mod beta_binomial;
pub mod gamma_exponential;
pub mod gamma_poisson;
pub mod asymptotic;
pub mod share;
pub mod mean;
pub mod ranks;
pub mod stitched;
pub mod two_quantiles;

use crate::stats::special::bisect;

/// Doublings after which a boundary counts as infinite.
const DOUBLINGS: usize = 60;

/// The least sum whose log mixture reaches the threshold, for mixtures that rise without end.
fn above(v: f64, threshold: f64, log_mixture: impl Fn(f64) -> f64) -> f64 {
    let mut high = v.max(1.0);
    for _ in 0..DOUBLINGS {
        if log_mixture(high) >= threshold {
            return bisect(0.0, high, |s| log_mixture(s) >= threshold);
        }
        high *= 2.0;
    }
    f64::INFINITY
}
