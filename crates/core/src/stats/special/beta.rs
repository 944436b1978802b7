//! The beta function and its incomplete form, which is the distribution function of shares and of Student's `t`.

use super::gamma::{away_from_zero, ln_gamma};

/// Most steps of the continued fraction of the incomplete beta function; it needs about the square root of its
/// larger argument, and stops earlier by itself.
const FRACTION_STEPS: usize = 20_000;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(actual: f64, expected: f64) {
        let tolerance = 1e-13 * expected.abs().max(1.0);
        assert!((actual - expected).abs() <= tolerance, "{actual} is not {expected}");
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
}
