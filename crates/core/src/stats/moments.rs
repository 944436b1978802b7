//! Sums over observations, from which means, variances and covariances follow; they add in any order.

use std::iter::Sum;
use std::ops::AddAssign;

/// Sums over observations; they add in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    /// How many observations.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub sum_of_squares: f64,
}

impl Moments {
    /// One observation.
    #[must_use]
    pub fn one(value: f64) -> Self {
        Self { count: 1.0, sum: value, sum_of_squares: value * value }
    }

    /// So many observations of the same value, or a part of one.
    #[must_use]
    pub fn of(count: f64, value: f64) -> Self {
        Self { count, sum: count * value, sum_of_squares: count * value * value }
    }

    /// Their mean; nothing without any.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }

    /// The sums of the same observations in a unit that is `unit` times as large.
    #[must_use]
    pub fn in_units_of(&self, unit: f64) -> Self {
        let Self { count, sum, sum_of_squares } = *self;
        Self { count, sum: sum / unit, sum_of_squares: sum_of_squares / (unit * unit) }
    }

    /// The unbiased variance of one observation; nothing for fewer than two.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        let Self { count, sum, sum_of_squares } = *self;
        (count >= 2.0).then(|| ((sum_of_squares - sum * sum / count) / (count - 1.0)).max(0.0))
    }
}

impl AddAssign for Moments {
    fn add_assign(&mut self, more: Self) {
        self.count += more.count;
        self.sum += more.sum;
        self.sum_of_squares += more.sum_of_squares;
    }
}

impl Sum for Moments {
    fn sum<I: Iterator<Item = Self>>(moments: I) -> Self {
        moments.fold(Self::default(), |mut sums, more| {
            sums += more;
            sums
        })
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        values.into_iter().fold(Self::default(), |mut sums, value| {
            sums += Self::one(value);
            sums
        })
    }
}

/// Sums of one arm's outcomes with a covariate of each; they add.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Paired {
    /// The outcomes.
    pub outcome: Moments,
    /// The covariates, of the same units.
    pub covariate: Moments,
    /// The sum of their products.
    pub product: f64,
}

impl AddAssign for Paired {
    fn add_assign(&mut self, more: Self) {
        self.outcome += more.outcome;
        self.covariate += more.covariate;
        self.product += more.product;
    }
}

impl Paired {
    /// The unbiased covariance of outcome and covariate; zero for fewer than two units.
    #[must_use]
    pub fn covariance(&self) -> f64 {
        let n = self.outcome.count;
        if n < 2.0 { 0.0 } else { (self.product - self.outcome.sum * self.covariate.sum / n) / (n - 1.0) }
    }

    /// What the outcome rises by per unit of the covariate; zero when the covariate does not vary.
    #[must_use]
    pub fn slope(&self) -> f64 {
        let varies = self.covariate.variance().filter(|variance| *variance > 0.0);
        varies.map_or(0.0, |variance| self.covariance() / variance)
    }
}
