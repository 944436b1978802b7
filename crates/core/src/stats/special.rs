//! The special functions that the tests need and the standard library lacks.
//!
//! Start with [`ln_beta`] and [`log_sum_exp`]; everything is accurate to about 1e-13 over the arguments that counts of
//! requests can reach. Nothing here knows what is being tested.

use std::f64::consts::PI;

/// Below this argument the Stirling series is not accurate to the last digits, so the recurrence raises it first.
const STIRLING_FROM: f64 = 12.0;

/// Coefficients of 1/x, 1/x^3, 1/x^5, ... in the Stirling series: B_2k / (2k (2k-1)).
const STIRLING: [f64; 7] =
    [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];

/// Beyond this many standard deviations a normal tail is smaller than what an f64 near one can tell apart.
const NORMAL_REACH: f64 = 9.0;

/// Halvings after which a bisection over any range used here has reached neighbouring floating-point numbers.
const HALVINGS: usize = 100;

/// Most steps of the continued fraction of the incomplete beta function; it needs about the square root of its
/// larger argument, and stops earlier by itself.
const FRACTION_STEPS: usize = 20_000;

/// The natural logarithm of the gamma function for `x > 0`.
///
/// Stirling's series, after raising small arguments by `gamma(x + 1) = x gamma(x)`.
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    let mut raised = x;
    let mut product = 1.0;
    while raised < STIRLING_FROM {
        product *= raised;
        raised += 1.0;
    }
    let inverse_square = 1.0 / (raised * raised);
    let mut series = 0.0;
    for coefficient in STIRLING.iter().rev() {
        series = series * inverse_square + coefficient;
    }
    (raised - 0.5) * raised.ln() - raised + 0.5 * (2.0 * PI).ln() + series / raised - f64::ln(product)
}

/// The natural logarithm of the beta function for `a > 0`, `b > 0`.
#[must_use]
pub fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// The natural logarithm of the regularised incomplete beta function `I_x(a, b)`, for `a > 0`, `b > 0`, `0 < x < 1`.
///
/// The continued fraction of the Digital Library of Mathematical Functions, 8.17.22, evaluated by Lentz's method on
/// the side where it converges fast.
#[must_use]
pub fn ln_incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    let ln_front = a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b);
    if x <= (a + 1.0) / (a + b + 2.0) {
        return ln_front - a.ln() + beta_fraction(a, b, x).ln();
    }
    let upper = (ln_front - b.ln()).exp() * beta_fraction(b, a, 1.0 - x);
    (-upper).ln_1p()
}

/// The continued fraction of the incomplete beta function.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let away_from_zero = |value: f64| if value.abs() < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { value };
    let mut numerator = 1.0;
    let mut denominator = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = denominator;
    for step in 1..FRACTION_STEPS {
        let m = step as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            denominator = 1.0 / away_from_zero(1.0 + term * denominator);
            numerator = away_from_zero(1.0 + term / numerator);
            change = denominator * numerator;
            fraction *= change;
        }
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

/// `ln(sum(exp(x)))` without overflow; negative infinity for no terms.
#[must_use]
pub fn log_sum_exp(terms: &[f64]) -> f64 {
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest.is_infinite() {
        return largest;
    }
    let sum: f64 = terms.iter().map(|term| (term - largest).exp()).sum();
    largest + sum.ln()
}

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
    0.5 + sum * (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
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

/// The point between `low` and `high` where `reached` turns from false to true, given that it turns once.
///
/// Returns `high` when it is never reached, so the answer errs to the side of `high` by at most one rounding.
pub(crate) fn bisect(low: f64, high: f64, reached: impl Fn(f64) -> bool) -> f64 {
    bisect_within(0.0, low, high, reached)
}

/// The same to within `precision`: the answer errs to the side of `high` by at most that much.
pub(crate) fn bisect_within(precision: f64, low: f64, high: f64, reached: impl Fn(f64) -> bool) -> f64 {
    let (mut below, mut above) = (low, high);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (below + above);
        let is_narrow = (above - below).abs() <= precision;
        if is_narrow || middle <= below.min(above) || middle >= below.max(above) {
            break;
        }
        if reached(middle) {
            above = middle;
        } else {
            below = middle;
        }
    }
    above
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(actual: f64, expected: f64) {
        let tolerance = 1e-13 * expected.abs().max(1.0);
        assert!((actual - expected).abs() <= tolerance, "{actual} is not {expected}");
    }

    #[test]
    fn ln_gamma_of_known_arguments() {
        check(ln_gamma(1.0), 0.0);
        check(ln_gamma(0.5), 0.5 * PI.ln());
        check(ln_gamma(5.0), 24f64.ln());
        check(ln_gamma(101.0), (1..=100).map(|k| f64::from(k).ln()).sum());
    }

    #[test]
    fn incomplete_beta_of_known_arguments() {
        check(ln_incomplete_beta(1.0, 1.0, 0.3).exp(), 0.3);
        check(ln_incomplete_beta(3.0, 1.0, 0.7).exp(), 0.343);
        check(ln_incomplete_beta(2.5, 2.5, 0.5).exp(), 0.5);
        // P(Binomial(10, 0.2) >= 4)
        check(ln_incomplete_beta(4.0, 7.0, 0.2).exp(), 0.120_873_881_6);
        // Both sides of the switch between the two continued fractions agree.
        let (low, high) =
            (ln_incomplete_beta(50.0, 950.0, 0.05).exp(), ln_incomplete_beta(950.0, 50.0, 0.95).exp());
        check(low + high, 1.0);
    }

    #[test]
    fn normal_functions_of_known_arguments() {
        check(normal_cdf(0.0), 0.5);
        check(normal_cdf(1.0), 0.841_344_746_068_542_9);
        check(normal_quantile(0.975), 1.959_963_984_540_054);
        check(normal_quantile(0.001), -3.090_232_306_167_813);
    }

    #[test]
    fn log_sum_exp_does_not_overflow() {
        check(log_sum_exp(&[1000.0, 1000.0]), 1000.0 + 2f64.ln());
        assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
    }
}
