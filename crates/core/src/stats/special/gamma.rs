//! The logarithms of the gamma function and of its two incomplete parts, and the chi-squared distribution's upper tail.

use std::f64::consts::PI;

/// Below this argument the Stirling series is not accurate to the last digits, so the recurrence raises it first.
const STIRLING_FROM: f64 = 12.0;

/// Coefficients of 1/x, 1/x^3, 1/x^5, ... in the Stirling series: B_2k / (2k (2k-1)).
const STIRLING: [f64; 7] =
    [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];

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

/// Most terms of the series and the fraction below; they need a few times the square root of `a`.
const TERMS: usize = 100_000;

/// The natural logarithms of the regularised incomplete gamma functions, `P(a, x)` below and `Q(a, x)` above, for
/// `a > 0`, `x >= 0`.
///
/// The series (Digital Library of Mathematical Functions, 8.11.4) where it converges fast, else the continued fraction
/// (8.9.2) by Lentz's method; the other of the two is the complement.
#[must_use]
pub fn ln_incomplete_gamma(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (f64::NEG_INFINITY, 0.0);
    }
    let ln_front = a * x.ln() - x - ln_gamma(a);
    let complement = |ln_part: f64| (-ln_part.exp()).ln_1p();
    if x < a + 1.0 {
        let below = (ln_front + lower_series(a, x).ln()).min(0.0);
        (below, complement(below))
    } else {
        let above = (ln_front + upper_fraction(a, x).ln()).min(0.0);
        (complement(above), above)
    }
}

fn lower_series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    for step in 1..TERMS {
        term *= x / (a + step as f64);
        sum += term;
        if term < f64::EPSILON * sum {
            break;
        }
    }
    sum
}

fn upper_fraction(a: f64, x: f64) -> f64 {
    let mut below = x + 1.0 - a;
    let mut numerator = 1.0 / f64::MIN_POSITIVE;
    let mut denominator = 1.0 / below;
    let mut fraction = denominator;
    for step in 1..TERMS {
        let n = step as f64;
        let term = n * (a - n);
        below += 2.0;
        denominator = 1.0 / away_from_zero(term * denominator + below);
        numerator = away_from_zero(below + term / numerator);
        let change = denominator * numerator;
        fraction *= change;
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

/// The chance that a chi-square variable with so many degrees of freedom exceeds `x`.
#[must_use]
pub fn chi_square_above(x: f64, degrees_of_freedom: f64) -> f64 {
    ln_incomplete_gamma(degrees_of_freedom / 2.0, x / 2.0).1.exp()
}

/// Keeps a divisor of Lentz's method from vanishing.
pub(super) fn away_from_zero(value: f64) -> f64 {
    if value.abs() < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { value }
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
    fn incomplete_gamma_of_known_arguments() {
        // P(1, x) = 1 - exp(-x); Q(3, x) is the chance of fewer than three events where x are expected.
        check(ln_incomplete_gamma(1.0, 0.3).0.exp(), -(-0.3_f64).exp_m1());
        check(ln_incomplete_gamma(3.0, 10.0).1.exp(), 61.0 * (-10.0_f64).exp());
        check(chi_square_above(3.841_458_820_694_124, 1.0), 0.05);
        for (a, x) in [(0.5, 0.2), (40.0, 41.0), (1e4, 1.01e4)] {
            let (below, above) = ln_incomplete_gamma(a, x);
            check(below.exp() + above.exp(), 1.0);
        }
        assert_eq!(ln_incomplete_gamma(2.0, 0.0), (f64::NEG_INFINITY, 0.0));
    }
}
