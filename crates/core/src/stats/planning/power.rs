//! Sample sizes of tests at a single look, for people who compare plans with what their tools say.
//!
//! Nothing in the product calls it.
//!
//! Start with [`NormalTest`]. What a rollout needs is said by the sequential expectations in [`super`].

use crate::stats::special::{bisect, normal_cdf, normal_quantile};

/// A two-sided normal test of two means with known, equal variances, looked at once: it rejects "the means are equal" beyond
/// `z_{1 - alpha/2}`, and with `n` and `n k` observations its power is `Phi(d - z) + Phi(-d - z)`, `d = effect / sqrt(1/n + 1/(n k))`.
/// Source: as [`super::fixed_sample`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormalTest {
    /// The difference of the means in standard deviations of one observation, above zero.
    pub effect: f64,
    /// Observations of the second arm per observation of the first.
    pub ratio: f64,
    /// The error, both sides together.
    pub alpha: f64,
}

/// More observations than any experiment has.
const MOST_OBSERVATIONS: f64 = 1e15;

impl NormalTest {
    /// The chance of rejecting with so many observations of the first arm, in either direction.
    #[must_use]
    pub fn power(&self, observations: f64) -> f64 {
        let distance = self.effect / (1.0 / observations + 1.0 / (observations * self.ratio)).sqrt();
        let limit = normal_quantile(1.0 - self.alpha / 2.0);
        normal_cdf(distance - limit) + normal_cdf(-distance - limit)
    }

    /// The observations of the first arm for a power, above the error and below one.
    #[must_use]
    pub fn sample(&self, power: f64) -> f64 {
        let logarithm = bisect(0.0, MOST_OBSERVATIONS.ln(), |log| self.power(log.exp()) >= power);
        logarithm.exp()
    }
}

/// The difference of two shares on a scale on which a share's standard deviation does not depend on it:
/// `2 asin(sqrt(p)) - 2 asin(sqrt(q))`. Source: Cohen, "Statistical power analysis for the behavioral sciences", 1988.
#[must_use]
pub fn share_effect(first: f64, second: f64) -> f64 {
    2.0 * (first.sqrt().asin() - second.sqrt().asin())
}
