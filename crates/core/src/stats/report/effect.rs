//! How far the candidate's mean is from the baseline's, in units of the metric or of the baseline.
//!
//! Start with [`Effect::absolute`] and [`Effect::relative`]. An effect is an estimate with its precision; what follows from
//! it is said by the tests at one look ([`super::welch`]) or by the confidence sequences, which hold at every look.

use super::sample::Sample;
use crate::stats::sequence::asymptotic::Precision;

/// An estimated effect, candidate less baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// The estimate.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Observations behind it, both arms together.
    pub sample_size: f64,
    /// The degrees of freedom of Welch and Satterthwaite.
    pub degrees_of_freedom: f64,
}

impl Effect {
    /// The difference of the means. Its variance is the sum of the variances of both means.
    #[must_use]
    pub fn absolute(baseline: &Sample, candidate: &Sample) -> Self {
        let variance = baseline.variance_of_mean() + candidate.variance_of_mean();
        Self::with(candidate.mean - baseline.mean, variance, baseline, candidate)
    }

    /// The difference as a share of the baseline's mean; nothing where that is zero.
    ///
    /// Variance by the delta method: `v_T / (m_C^2 n_T) + v_C m_T^2 / (m_C^4 n_C)`. Assumes a baseline whose mean is
    /// many standard errors from zero. Source: Deng, Knoblich, Lu, "Applying the delta method in metric analytics", KDD 2018.
    #[must_use]
    pub fn relative(baseline: &Sample, candidate: &Sample) -> Option<Self> {
        let base = baseline.mean;
        if base == 0.0 {
            return None;
        }
        let variance = candidate.variance_of_mean() / base.powi(2)
            + baseline.variance_of_mean() * candidate.mean.powi(2) / base.powi(4);
        Some(Self::with((candidate.mean - base) / base, variance, baseline, candidate))
    }

    /// The precision as the confidence sequences take it.
    #[must_use]
    pub fn precision(&self, tuned_for: f64) -> Precision {
        Precision { standard_error: self.standard_error, sample_size: self.sample_size, tuned_for }
    }

    fn with(estimate: f64, variance: f64, baseline: &Sample, candidate: &Sample) -> Self {
        let parts = [baseline, candidate].map(|arm| (arm.variance_of_mean(), arm.count));
        let both: f64 = parts.iter().map(|(variance, _)| variance).sum();
        let each: f64 = parts.iter().map(|(variance, count)| variance * variance / (count - 1.0)).sum();
        Self {
            estimate,
            standard_error: variance.sqrt(),
            sample_size: baseline.count + candidate.count,
            degrees_of_freedom: both * both / each,
        }
    }
}
