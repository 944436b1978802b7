//! Whether two samples have the same quantile, at every look.
//!
//! For those who ask for a p-value; nothing in the product calls it.
//!
//! Start with [`same_quantile_p`]. Hypothesis: both distributions have the same quantile. For each value it might have, both
//! samples are held against it by the mixture of [`super::beta_binomial`], and the value that fits both best counts.
//! Assumes independent observations of one distribution per arm; a slow-down of both over time breaks that, which is why
//! decisions use the exceedance race. Source: Howard and Ramdas, "Sequential estimation of quantiles with applications to
//! A/B testing and best-arm identification", Bernoulli 28(3), 2022, theorem 4.

use super::beta_binomial::{BetaBinomial, Sides, Tuning};

/// The p-value of "both have the same quantile", valid at every look: one over the least product of both e-values over the
/// values the quantile might have, at most one. Nothing for an empty sample or values that are no numbers.
#[must_use]
pub fn same_quantile_p(first: &[f64], second: &[f64], quantile: f64, tuning: Tuning) -> Option<f64> {
    let (first, second) = (Sorted::of(first)?, Sorted::of(second)?);
    let v_opt = tuning.v_opt * quantile * (1.0 - quantile);
    let mixture = BetaBinomial::tuned(Tuning { v_opt, ..tuning }, quantile, 1.0 - quantile, Sides::Two);
    let candidates = first.0.iter().chain(&second.0);
    let least = candidates
        .map(|value| first.log_e(&mixture, quantile, *value) + second.log_e(&mixture, quantile, *value))
        .fold(f64::INFINITY, f64::min);
    Some((-least).exp().min(1.0))
}

/// A sample in rising order.
struct Sorted(Vec<f64>);

impl Sorted {
    fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        (!sorted.is_empty() && !sorted.iter().any(|value| value.is_nan())).then_some(Self(sorted))
    }

    /// The log e-value against "the quantile is `value`": the number of observations below it may be anything between
    /// those below and those not above, and the least surprising one counts.
    fn log_e(&self, mixture: &BetaBinomial, quantile: f64, value: f64) -> f64 {
        let count = self.0.len() as f64;
        let below = self.0.partition_point(|other| *other < value) as f64;
        let not_above = self.0.partition_point(|other| *other <= value) as f64;
        let likely = (count * quantile).clamp(below, not_above);
        mixture.log_mixture(likely - count * quantile, quantile * (1.0 - quantile) * count)
    }
}
