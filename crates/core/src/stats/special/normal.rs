//! The standard normal distribution: how likely a value is, and which value is how likely.

use std::f64::consts::PI;

use super::search::bisect;

/// Beyond this many standard deviations a normal tail is smaller than what an f64 near one can tell apart.
const NORMAL_REACH: f64 = 9.0;

/// The standard normal distribution function, accurate to 1e-15 absolutely.
///
/// The Taylor series at zero in Marsaglia's form (Journal of Statistical Software 11(4), 2004).
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    if z.abs() > NORMAL_REACH {
        return if z > 0.0 { 1.0 } else { 0.0 };
    }
    let mut term = z;
    let mut sum = z;
    let mut odd = 1.0;
    while term.abs() > f64::EPSILON * sum.abs() / 4.0 {
        odd += 2.0;
        term *= z * z / odd;
        sum += term;
    }
    // Far out what is left of one half may be less than nothing by the last digit.
    (0.5 + sum * (-0.5 * z * z).exp() / (2.0 * PI).sqrt()).clamp(0.0, 1.0)
}

/// The `z` with `normal_cdf(z) = probability`, for `0 < probability < 1`, by bisection.
///
/// Meant for tails of 1e-12 and more; probabilities at or beyond 0 and 1 give the reach of [`normal_cdf`].
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
        let tolerance = 1e-13 * expected.abs().max(1.0);
        assert!((actual - expected).abs() <= tolerance, "{actual} is not {expected}");
    }

    #[test]
    fn normal_functions_of_known_arguments() {
        check(normal_cdf(0.0), 0.5);
        check(normal_cdf(1.0), 0.841_344_746_068_542_9);
        check(normal_quantile(0.975), 1.959_963_984_540_054);
        check(normal_quantile(0.001), -3.090_232_306_167_813);
    }
}
