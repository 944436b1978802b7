//! Asymptotic confidence sequences for a mean, valid at every look once the sample is large.
//!
//! Start with [`one_sided_radius`]. They need the standard error of the estimate and the sample size that it rests on, and
//! know nothing of how either came about. Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central
//! limit theory and asymptotic confidence sequences", arXiv 2103.06476; they are Robbins' normal mixture.

use super::normal::{log_mixture, mixing_parameter, normal_mixture_bound};
use crate::stats::interval::Interval;
use crate::stats::special::bisect;

/// The estimate's standard error and the sample size behind it, with the size at which the sequence shall be tightest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Standard error of the estimate, in its units.
    pub standard_error: f64,
    /// The information clock: how many independent observations the estimate rests on, at least one.
    pub sample_size: f64,
    /// The sample size for which the sequence is tuned, fixed before the data are seen.
    pub tuned_for: f64,
}

/// Half the width of the two-sided asymptotic confidence sequence at error `alpha`.
///
/// For a mean of `n` observations with standard error `e`: `e sqrt(n) b(n) / n`, with `b` the normal mixture boundary
/// at intrinsic time `n` tuned for `tuned_for`.
#[must_use]
pub fn two_sided_radius(precision: Precision, alpha: f64) -> f64 {
    let n = precision.sample_size;
    let rho = mixing_parameter(precision.tuned_for, alpha);
    precision.standard_error / n.sqrt() * normal_mixture_bound(n, alpha, rho)
}

/// The distance from the estimate to the bound of the one-sided asymptotic confidence sequence at error `alpha`.
///
/// `e sqrt(n) sqrt(2 (n r^2 + 1) / (n r)^2 ln(1 + sqrt(n r^2 + 1) / (2 alpha)))` with `1/r^2` the mixing parameter for
/// the two-sided error `2 alpha`. Source: arXiv 2103.06476, appendix on one-sided sequences.
#[must_use]
pub fn one_sided_radius(precision: Precision, alpha: f64) -> f64 {
    precision.standard_error * one_sided_deviation(precision.sample_size / precision.tuned_for, alpha)
}

/// Below these the normal approximation behind the sequences is not to be shown as a range.
const LEAST_OBSERVATIONS: f64 = 100.0;
pub(crate) const LEAST_EVENTS: f64 = 10.0;

/// Whether an arm has seen enough for a sequence to be shown: a hundred observations, and ten events where they are counted.
#[must_use]
pub fn is_enough(observations: f64, events: Option<f64>) -> bool {
    observations >= LEAST_OBSERVATIONS && events.is_none_or(|events| events >= LEAST_EVENTS)
}

/// The two-sided confidence sequence around an estimate, at error `alpha` over all looks.
#[must_use]
pub fn two_sided(estimate: f64, precision: Precision, alpha: f64) -> Interval {
    let radius = two_sided_radius(precision, alpha);
    Interval { lower: estimate - radius, upper: estimate + radius }
}

/// The p-value of "the effect is zero" that may be looked at as often as one likes: one over the mixture's e-value at the
/// estimate, at most one. `alpha` only tunes the mixture.
#[must_use]
pub fn two_sided_p(estimate: f64, precision: Precision, alpha: f64) -> f64 {
    let n = precision.sample_size;
    let rho = mixing_parameter(precision.tuned_for, alpha);
    let sum = estimate / precision.standard_error * n.sqrt();
    (-log_mixture(sum, n, rho)).exp().min(1.0)
}

/// A p-value beyond one half says nothing, and the bound behind [`one_sided_p`] is made for less.
const LARGEST_P: f64 = 0.4999;
const LEAST_P: f64 = 1e-12;

/// The p-value of "the effect is at most zero" that may be looked at as often as one likes: the least error at which the
/// one-sided sequence puts the effect above zero; 0.4999 when none does. `alpha` only tunes the mixture.
#[must_use]
pub fn one_sided_p(estimate: f64, precision: Precision, alpha: f64) -> f64 {
    let information = information(precision.sample_size / precision.tuned_for, alpha);
    let deviation = estimate / precision.standard_error;
    let log = bisect(LEAST_P.ln(), LARGEST_P.ln(), |log| deviation_at(information, log.exp()) < deviation);
    log.exp()
}

/// The same distance in standard errors, when the share `progress` of the tuned sample size has been seen.
#[must_use]
pub fn one_sided_deviation(progress: f64, alpha: f64) -> f64 {
    deviation_at(information(progress, alpha), alpha)
}

/// `n r^2`: the sequence depends on the sample size only through its share of the tuned one.
fn information(progress: f64, alpha: f64) -> f64 {
    progress / mixing_parameter(1.0, 2.0 * alpha)
}

fn deviation_at(information: f64, alpha: f64) -> f64 {
    let log_term = ((information + 1.0).sqrt() / (2.0 * alpha)).ln_1p();
    (2.0 * (information + 1.0) / information * log_term).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::special::normal_quantile;

    #[test]
    fn one_sided_is_shorter_than_two_sided_and_longer_than_a_single_look() {
        for share in [0.01, 0.1, 1.0, 10.0, 100.0] {
            let precision = Precision { standard_error: 1.0, sample_size: share * 1000.0, tuned_for: 1000.0 };
            let one_sided = one_sided_radius(precision, 0.01);
            assert!(one_sided < two_sided_radius(precision, 0.01), "at {share}");
            assert!(one_sided > normal_quantile(0.99), "at {share}");
        }
    }
}
