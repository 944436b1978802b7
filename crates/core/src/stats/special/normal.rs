//! The standard normal distribution: how likely a value is, and which value is how likely.

use std::f64::consts::PI;

use super::search::bisect;

/// Beyond this many standard deviations a tail is smaller than an f64 can tell from nothing.
const NORMAL_REACH: f64 = 38.0;
/// From here on the tail is found by itself: one less what lies before it would have few digits left.
const TAIL: f64 = 3.0;
/// Levels of the tail's fraction; at its beginning, where most are needed, twenty come to all digits of an f64.
const LEVELS: u32 = 40;

/// The standard normal distribution function, accurate to 1e-15 absolutely, and to twelve digits however small it is.
///
/// The Taylor series at zero in Marsaglia's form (Journal of Statistical Software 11(4), 2004), and Laplace's continued
/// fraction for the tails (Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 26.2.14).
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    if z.abs() > TAIL {
        let tail = upper_tail(z.abs());
        return if z > 0.0 { 1.0 - tail } else { tail };
    }
    let mut term = z;
    let mut sum = z;
    let mut odd = 1.0;
    while term.abs() > f64::EPSILON * sum.abs() / 4.0 {
        odd += 2.0;
        term *= z * z / odd;
        sum += term;
    }
    0.5 + sum * normal_density(z)
}

/// What lies beyond `z` above zero: the density over `z + 1 / (z + 2 / (z + 3 / ...))`.
fn upper_tail(z: f64) -> f64 {
    normal_density(z) / (1..=LEVELS).rev().fold(z, |below, level| z + f64::from(level) / below)
}

/// The `z` with `normal_cdf(z) = probability`, for `0 < probability < 1`, by bisection.
///
/// Close to one only what an f64 can tell from one is found: ask for the lower tail. Probabilities at or beyond 0 and 1 give
/// 38 standard deviations, where tails are lost.
#[must_use]
pub fn normal_quantile(probability: f64) -> f64 {
    // The lower tail keeps its digits where 1 - tail would not.
    if probability > 0.5 {
        return -normal_quantile(1.0 - probability);
    }
    bisect(-NORMAL_REACH, 0.0, |z| normal_cdf(z) >= probability)
}

/// The standard normal density.
#[must_use]
pub fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(actual: f64, expected: f64) {
        let tolerance = 1e-12 * expected.abs();
        assert!((actual - expected).abs() <= tolerance, "{actual} is not {expected}");
    }

    #[test]
    fn normal_functions_of_known_arguments() {
        check(normal_cdf(0.0), 0.5);
        check(normal_cdf(1.0), 0.841_344_746_068_542_9);
        check(normal_quantile(0.975), 1.959_963_984_540_054);
        check(normal_quantile(0.001), -3.090_232_306_167_813);
    }

    #[test]
    fn small_tails_keep_their_digits() {
        check(normal_cdf(-3.0), 1.349_898_031_630_094_5e-3);
        check(normal_cdf(-3.000_000_000_000_001), 1.349_898_031_630_094_5e-3);
        check(normal_cdf(-5.0), 2.866_515_718_791_939e-7);
        check(normal_cdf(-8.0), 6.220_960_574_271_785e-16);
        check(normal_cdf(-10.0), 7.619_853_024_160_526e-24);
        check(normal_quantile(7.619_853_024_160_526e-24), -10.0);
        assert_eq!((normal_cdf(-40.0), normal_cdf(40.0)), (0.0, 1.0));
    }
}
