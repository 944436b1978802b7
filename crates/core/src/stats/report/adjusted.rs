//! Means adjusted by what was known of each unit before it was drawn (CUPED), and by strata, for reports.
//!
//! For those who ask for one look; nothing in the product calls it.
//!
//! Start with [`Paired`] sums and [`adjusted`]. A covariate from before the draw has the same mean on both arms, so taking
//! out what it explains leaves the effect as it is and its variance smaller by the squared correlation. Source: Deng, Xu,
//! Kohavi, Walker, "Improving the sensitivity of online controlled experiments by utilizing pre-experiment data", WSDM 2013.
//! The evidence has the same gain from [`crate::stats::evidence::centre`], without a slope estimated from the data it judges.

use super::sample::Sample;
use crate::stats::moments::{Moments, Paired};

/// Both arms, baseline and candidate, with what the covariate explains taken out: `mean(Y) - slope mean(X)`, by one slope
/// estimated over both arms together. Nothing for fewer than two units on an arm.
#[must_use]
pub fn adjusted(baseline: &Paired, candidate: &Paired) -> Option<(Sample, Sample)> {
    let mut both = *baseline;
    both += *candidate;
    let slope = both.slope();
    Some((without(baseline, slope)?, without(candidate, slope)?))
}

fn without(arm: &Paired, slope: f64) -> Option<Sample> {
    let (outcome, covariate) = (Sample::of(&arm.outcome)?, Sample::of(&arm.covariate)?);
    let variance = outcome.variance + slope * slope * covariate.variance - 2.0 * slope * arm.covariance();
    Some(Sample {
        count: outcome.count,
        mean: outcome.mean - slope * covariate.mean,
        variance: variance.max(0.0),
    })
}

/// One arm's mean over strata known before the draw, each weighted by its part of the units of both arms.
///
/// `sum_s w_s mean_s`, whose variance is `sum_s w_s^2 v_s / n_s`; the sample that is returned has as many observations as all
/// strata together. Both arms must be given the same weights, which sum to one. Nothing when a stratum with weight has
/// fewer than two units. Source: Miratrix, Sekhon, Yu, "Adjusting treatment effect estimates by post-stratification", JRSS
/// B 75, 2013.
#[must_use]
pub fn stratified(strata: &[(f64, Moments)]) -> Option<Sample> {
    let (mut count, mut mean, mut variance) = (0.0, 0.0, 0.0);
    for (weight, moments) in strata.iter().filter(|(weight, _)| *weight > 0.0) {
        let stratum = Sample::of(moments)?;
        count += stratum.count;
        mean += weight * stratum.mean;
        variance += weight * weight * stratum.variance_of_mean();
    }
    (count > 0.0).then_some(Sample { count, mean, variance: variance * count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strata_take_out_what_lies_between_them() {
        // Two strata far apart; the arms hold them in different parts.
        let easy = |count: usize| -> Moments { (0..count).map(|k| (k % 2) as f64).collect() };
        let hard = |count: usize| -> Moments { (0..count).map(|k| 100.0 + (k % 2) as f64).collect() };
        let candidate = stratified(&[(0.5, easy(60)), (0.5, hard(40))]).unwrap();
        let baseline = stratified(&[(0.5, easy(40)), (0.5, hard(60))]).unwrap();
        assert!((candidate.mean - baseline.mean).abs() < 1e-9);
        assert!(candidate.variance < 0.3, "{candidate:?}");
        assert_eq!(stratified(&[(1.0, Moments::one(3.0))]), None);
        assert_eq!(stratified(&[]), None);
    }

    #[test]
    fn a_covariate_that_explains_everything_leaves_no_variance() {
        let arm = |shift: f64| {
            let mut sums = Paired::default();
            for k in 0..50 {
                let x = f64::from(k % 7);
                let y = 3.0 * x + shift;
                sums += Paired { outcome: Moments::one(y), covariate: Moments::one(x), product: x * y };
            }
            sums
        };
        let (baseline, candidate) = adjusted(&arm(0.0), &arm(0.0)).unwrap();
        assert!((candidate.mean - baseline.mean).abs() < 1e-9);
        assert!(candidate.variance < 1e-9, "{candidate:?}");
    }
}
