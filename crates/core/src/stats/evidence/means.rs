//! How far the means of two arms are apart, of observations that are independent of each other: [`contrast`].
//!
//! The arms are compared within each epoch, `sum_e w_e d_e / sum_e w_e` with `d_e` the epoch's difference of the candidate's
//! value and the baseline's and `w_e = n_T n_C / (n_T + n_C)`, so that a drift of both does not look like a difference. Its
//! variance is `sum_e w_e^2 (s_T^2 / n_T + s_C^2 / n_C) / (sum_e w_e)^2` with each arm's variance pooled over the epochs, and
//! Welch's degrees of freedom. Which and how many requests were observed may depend on the arm. Asymptotic; the bounds are
//! those of [`Contrast`].
//!
//! Sources: the weights as in Cochran, "Some methods for strengthening the common chi-squared tests", Biometrics 10, 1954; the
//! degrees of freedom as in Satterthwaite, "An approximate distribution of estimates of variance components", Biometrics
//! Bulletin 2, 1946.

use super::contrast::Contrast;
use crate::stats::moments::Moments;

/// Both arms in one epoch.
pub(super) struct Compared {
    /// How much more the candidate has, in the unit of the answer.
    pub difference: f64,
    /// The observations of the candidate, in the unit of the answer, by which it varies.
    pub candidate: Moments,
    /// The baseline's.
    pub baseline: Moments,
}

/// What the weighted difference comes to; nothing while no epoch has observations of both arms.
///
/// Each arm is taken to have seen one more degree of freedom with `prior` as its square: a few equal observations are no proof
/// that they do not vary.
pub(super) fn contrast(epochs: impl Iterator<Item = Compared>, prior: f64) -> Option<Contrast> {
    let (mut sum, mut worth) = (0.0, 0.0);
    let mut arms = [Spread::default(); 2];
    for Compared { difference, candidate, baseline } in epochs {
        if candidate.count <= 0.0 || baseline.count <= 0.0 {
            continue;
        }
        let weight = candidate.count * baseline.count / (candidate.count + baseline.count);
        sum += weight * difference;
        worth += weight;
        arms.iter_mut().zip([candidate, baseline]).for_each(|(arm, moments)| arm.add(weight, moments));
    }
    (worth > 0.0).then(|| {
        let [candidate, baseline] =
            arms.map(|arm| (arm.variance(prior) * arm.per_variance, arm.freedom + 1.0));
        let variance = candidate.0 + baseline.0;
        let fourths = candidate.0.powi(2) / candidate.1 + baseline.0.powi(2) / baseline.1;
        Contrast {
            estimate: sum / worth,
            standard_error: variance.sqrt() / worth,
            degrees_of_freedom: (variance * variance / fourths).max(1.0),
            sample_size: worth,
            event_groups: 0,
        }
    })
}

/// What an arm's observations vary by, over epochs.
#[derive(Clone, Copy, Default)]
struct Spread {
    squares: f64,
    freedom: f64,
    /// What the weighted sum varies by for each unit of the arm's variance.
    per_variance: f64,
}

impl Spread {
    fn add(&mut self, weight: f64, moments: Moments) {
        self.squares += (moments.sum_of_squares - moments.sum * moments.sum / moments.count).max(0.0);
        self.freedom += moments.count - 1.0;
        self.per_variance += weight * weight / moments.count;
    }

    fn variance(&self, prior: f64) -> f64 {
        (self.squares + prior) / (self.freedom + 1.0)
    }
}
