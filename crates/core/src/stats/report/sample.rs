//! What is known of one arm's observations: how many, their mean, and how much one of them varies.
//!
//! Start with [`Sample::of`]. Every test at a single look takes samples.

use crate::stats::moments::Moments;

/// A mean with the variance of one observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// How many observations.
    pub count: f64,
    /// Their mean.
    pub mean: f64,
    /// The variance of one of them.
    pub variance: f64,
}

impl Sample {
    /// From sums, with the unbiased variance; nothing from fewer than two observations.
    #[must_use]
    pub fn of(moments: &Moments) -> Option<Self> {
        let variance = moments.variance()?;
        Some(Self { count: moments.count, mean: moments.sum / moments.count, variance })
    }

    /// From events among trials: the share, with the variance `p (1 - p)`; nothing without trials.
    #[must_use]
    pub fn of_share(events: u64, trials: u64) -> Option<Self> {
        (trials > 0).then(|| {
            let (events, trials) = (events as f64, trials as f64);
            let share = events / trials;
            Self { count: trials, mean: share, variance: share * (1.0 - share) }
        })
    }

    /// The variance of the mean.
    #[must_use]
    pub fn variance_of_mean(&self) -> f64 {
        self.variance / self.count
    }
}
