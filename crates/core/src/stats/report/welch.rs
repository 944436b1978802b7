//! Welch's test: whether two means differ, at one look, for arms whose variances differ.
//!
//! Start with [`two_sided_p`]. Looking again spends the error again: decisions are left to the evidence.
//!
//! For those who ask for one look; nothing in the product calls it.
//!
//! Hypothesis: the effect is zero. Assumes independent observations, enough of them for normal means. Source: Welch, "The
//! generalization of Student's problem when several different population variances are involved", Biometrika 34, 1947.

use super::effect::Effect;
use crate::stats::interval::Interval;
use crate::stats::special::{student_above, student_quantile_above};

/// The effect in standard errors.
#[must_use]
pub fn statistic(effect: &Effect) -> f64 {
    effect.estimate / effect.standard_error
}

/// The chance of an effect as large in either direction, `2 P(T > |t|)`.
#[must_use]
pub fn two_sided_p(effect: &Effect) -> f64 {
    2.0 * student_above(statistic(effect).abs(), effect.degrees_of_freedom)
}

/// The chance of an effect as large upwards, `P(T > t)`.
#[must_use]
pub fn one_sided_p(effect: &Effect) -> f64 {
    student_above(statistic(effect), effect.degrees_of_freedom)
}

/// The interval of the effect at confidence `1 - alpha`.
#[must_use]
pub fn interval(effect: &Effect, alpha: f64) -> Interval {
    let radius = effect.standard_error * student_quantile_above(alpha / 2.0, effect.degrees_of_freedom);
    Interval { lower: effect.estimate - radius, upper: effect.estimate + radius }
}
