//! Ratios of two sums over units, such as cost per request where units are users, for reports.
//!
//! For those who ask for one look; nothing in the product calls it.
//!
//! Start with [`RatioSums`]. What varies is the unit, not the request: a user with many requests is one observation. The
//! ratio's variance is that of its linear part at the estimate, `Y - R Z`, over the mean of `Z` (delta method). Source: Deng,
//! Knoblich, Lu, "Applying the delta method in metric analytics", KDD 2018. The evidence linearises at the margin instead,
//! in [`crate::stats::evidence::bounded`].

use std::ops::AddAssign;

use super::sample::Sample;
use crate::stats::moments::Moments;

/// Sums over units of a numerator and a denominator; they add.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RatioSums {
    /// The numerators, one per unit.
    pub numerator: Moments,
    /// The denominators of the same units.
    pub denominator: Moments,
    /// The sum of their products.
    pub product: f64,
}

impl RatioSums {
    /// One unit.
    #[must_use]
    pub fn one(numerator: f64, denominator: f64) -> Self {
        Self {
            numerator: Moments::one(numerator),
            denominator: Moments::one(denominator),
            product: numerator * denominator,
        }
    }

    /// The ratio as a mean of units, with the variance of one of them by the delta method.
    ///
    /// `v = (v_Y - 2 R cov + R^2 v_Z) / mean(Z)^2`. Nothing for fewer than two units or a denominator of zero. Assumes units
    /// that are independent and many, with a mean denominator far from zero.
    #[must_use]
    pub fn sample(&self) -> Option<Sample> {
        let (numerator, denominator) = (Sample::of(&self.numerator)?, Sample::of(&self.denominator)?);
        if denominator.mean == 0.0 {
            return None;
        }
        let count = numerator.count;
        let ratio = numerator.mean / denominator.mean;
        let covariance = (self.product - self.numerator.sum * self.denominator.sum / count) / (count - 1.0);
        let linear = numerator.variance - 2.0 * ratio * covariance + ratio * ratio * denominator.variance;
        Some(Sample { count, mean: ratio, variance: (linear / denominator.mean.powi(2)).max(0.0) })
    }
}

impl AddAssign for RatioSums {
    fn add_assign(&mut self, more: Self) {
        self.numerator += more.numerator;
        self.denominator += more.denominator;
        self.product += more.product;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_ratio_does_not_vary_and_a_denominator_of_one_is_a_plain_mean() {
        let sums = |unit: &dyn Fn(f64) -> (f64, f64)| {
            let mut sums = RatioSums::default();
            for k in 1..=40 {
                let (numerator, denominator) = unit(f64::from(k));
                sums += RatioSums::one(numerator, denominator);
            }
            sums.sample().unwrap()
        };
        let constant = sums(&|k| (2.5 * k, k));
        assert!((constant.mean - 2.5).abs() < 1e-12 && constant.variance < 1e-9, "{constant:?}");
        let plain = sums(&|k| (k, 1.0));
        let mean = Sample::of(&(1..=40).map(f64::from).collect()).unwrap();
        assert!((plain.variance - mean.variance).abs() < 1e-9 && plain.mean == mean.mean);
        assert_eq!(RatioSums::one(1.0, 2.0).sample(), None);
    }
}
