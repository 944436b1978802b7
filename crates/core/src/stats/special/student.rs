//! Student's distribution, for means whose variance was estimated from few observations.

use super::beta::ln_incomplete_beta;
use super::search::bisect;

/// The chance that a variable of Student's distribution exceeds `t`; the degrees of freedom need not be whole.
///
/// Half of `I_x(f/2, 1/2)` at `x = f / (f + t^2)`, for `t > 0`.
#[must_use]
pub fn student_above(t: f64, degrees_of_freedom: f64) -> f64 {
    if t < 0.0 {
        return 1.0 - student_above(-t, degrees_of_freedom);
    }
    if t * t < f64::EPSILON {
        return 0.5;
    }
    let f = degrees_of_freedom;
    0.5 * ln_incomplete_beta(f / 2.0, 0.5, f / (f + t * t)).exp()
}

/// Where the search for a quantile ends: beyond it lies less than 1e-12 of any distribution with two degrees of freedom.
const REACH: f64 = 1e6;

/// The `t` that is exceeded with probability `tail`, for `0 < tail < 1`, by bisection.
#[must_use]
pub fn student_quantile_above(tail: f64, degrees_of_freedom: f64) -> f64 {
    if tail > 0.5 {
        return -student_quantile_above(1.0 - tail, degrees_of_freedom);
    }
    bisect(0.0, REACH, |t| student_above(t, degrees_of_freedom) <= tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_of_known_arguments() {
        // With one degree of freedom it is Cauchy's distribution, with two it has a closed form.
        let check =
            |actual: f64, expected: f64| assert!((actual - expected).abs() < 1e-12, "{actual}, {expected}");
        check(student_above(1.0, 1.0), 0.25);
        check(student_above(2.0, 2.0), 0.5 - 1.0 / 6.0_f64.sqrt());
        check(student_above(-2.0, 2.0), 0.5 + 1.0 / 6.0_f64.sqrt());
        check(student_quantile_above(0.25, 1.0), 1.0);
        check(student_quantile_above(0.75, 1.0), -1.0);
        check(student_above(0.0, 7.3), 0.5);
    }
}
