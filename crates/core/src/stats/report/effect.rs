//! How far the candidate's mean is from the baseline's, in units of the metric or of the baseline.
//!
//! For those who ask for one look; nothing in the product calls it.
//!
//! Start with [`Effect::absolute`] and [`Effect::relative`], or [`Effect::of_draws`] where requests were drawn with shares that
//! changed. An effect is an estimate with its precision; what follows from
//! it is said by the tests at one look ([`super::welch`]) or by the confidence sequences, which hold at every look.

use super::sample::Sample;
use crate::stats::moments::Moments;
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
    /// The difference of the means, `m_T - m_C`, in the unit of the observations. Its variance is the sum of the variances of both means,
    /// `v_T / n_T + v_C / n_C`, its degrees of freedom are those of Welch and Satterthwaite: that sum's square over
    /// `sum_a (v_a / n_a)^2 / (n_a - 1)`.
    ///
    /// Assumes independent observations and a draw whose share did not change. Source: Satterthwaite, "An approximate distribution of
    /// estimates of variance components", Biometrics Bulletin 2, 1946.
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

    /// From the sums of the `z` of drawn requests ([`crate::stats::evidence::bounded::Rule::z`]), whose mean is the effect:
    /// what a bet on a mean estimates, in units of the outcome. Standard error `sqrt(var(z) / n)`. Assumes that requests were drawn one by
    /// one, with shares that may have changed. Nothing for fewer than two.
    #[must_use]
    pub fn of_draws(z: &Moments) -> Option<Self> {
        let variance = z.variance()?;
        Some(Self {
            estimate: z.sum / z.count,
            standard_error: (variance / z.count).sqrt(),
            sample_size: z.count,
            degrees_of_freedom: z.count - 1.0,
        })
    }

    /// The precision as the confidence sequences take it, with the sample size at which they shall be tightest.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_of_draws_is_their_mean() {
        let effect = Effect::of_draws(&[1.0, 2.0, 6.0].into_iter().collect()).unwrap();
        assert!((effect.estimate - 3.0).abs() < 1e-12);
        assert!((effect.standard_error - (7.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(effect.sample_size, 3.0);
        assert_eq!(Effect::of_draws(&Moments::one(1.0)), None);
    }

    #[test]
    fn nothing_is_relative_to_zero() {
        let sample = |mean| Sample { count: 10.0, mean, variance: 1.0 };
        assert_eq!(Effect::relative(&sample(0.0), &sample(1.0)), None);
        let doubled = Effect::relative(&sample(2.0), &sample(4.0)).unwrap();
        assert!((doubled.estimate - 1.0).abs() < 1e-12);
        let apart = Effect::absolute(&sample(2.0), &sample(4.0));
        assert!((apart.standard_error - 0.2_f64.sqrt()).abs() < 1e-12);
    }
}
