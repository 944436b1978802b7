//! The standard error of a quantile at one look, for reports; decisions use the exceedance race.
//!
//! For those who ask for one look; nothing in the product calls it.
//!
//! Source: Deng, Knoblich, Lu, "Applying the delta method in metric analytics", KDD 2018, section 4: the distance of two
//! order statistics measures the density at the quantile.

use super::sample::Sample;
use crate::stats::special::normal_quantile;

/// The order statistics between which the quantile lies with 95 %.
const BETWEEN: f64 = 0.95;

/// A quantile as measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// How many values.
    pub count: f64,
    /// How many values the two bounds were read from, where they come from a part of all.
    pub bounded_by: f64,
    /// The quantile.
    pub value: f64,
    /// The value at rank `n (q - z sqrt(q (1 - q) / n))` of those, `z` being 1.96.
    pub lower: f64,
    /// The value at rank `n (q + z sqrt(q (1 - q) / n))` of those.
    pub upper: f64,
}

/// The quantile as if it were a mean: variance `(n* / n) (n - 1) ((upper - lower) / 2z)^2` of one value.
#[must_use]
pub fn sample(measured: &Measured) -> Sample {
    let Measured { count, bounded_by, value, lower, upper } = *measured;
    let deviation = (upper - lower) / (2.0 * normal_quantile(0.5 + BETWEEN / 2.0));
    Sample { count, mean: value, variance: bounded_by / count * (count - 1.0) * deviation * deviation }
}
