//! Planning: how much evidence a decision will need, before and while it is gathered.
//!
//! Start with [`race_events`]; [`arrival`] says how far from its expectation evidence may come. [`fixed_sample`], [`power`] and
//! [`looks`] plan tests that are not used for decisions: nothing in the product calls them. These are expectations, good to about
//! a fifth, for the plan, the estimated time and the smallest regression that can be found; no decision rests on them. The race and
//! the bets pay a fixed price for spreading their stake over alternatives, which is [`MIXTURE_PRICE`].

pub mod arrival;
pub mod power;
pub mod looks;

use crate::stats::special::normal_quantile;

/// What mixing over alternatives costs, in log e-value; measured by simulation.
pub const MIXTURE_PRICE: f64 = 1.5;

/// Two arms compared once at a fixed sample size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedSample {
    /// Variance of one observation on the candidate.
    pub candidate_variance: f64,
    /// Variance of one observation on the baseline.
    pub baseline_variance: f64,
    /// Baseline observations per candidate observation.
    pub baseline_per_candidate: f64,
    /// The effect to be found, or the margin less the true effect for a test of safety.
    pub effect: f64,
    /// One-sided error.
    pub alpha: f64,
    /// The chance of finding the effect.
    pub power: f64,
}

/// Events on both arms together that the race needs to find a rate ratio `ratio` at error `alpha`.
///
/// `(ln(1/alpha) + 1.5) / KL(t || p)` with `t = p r / (p r + 1 - p)`, the expected growth of the log e-value per event.
/// Infinite when the ratio is one. Assumes a ratio that stays. Source: the expected length of a sequential test as in Wald,
/// "Sequential analysis", 1947; the price of the mixture is measured.
#[must_use]
pub fn race_events(ratio: f64, probability: f64, alpha: f64) -> f64 {
    let share = probability * ratio / (probability * ratio + 1.0 - probability);
    let growth =
        share * (share / probability).ln() + (1.0 - share) * ((1.0 - share) / (1.0 - probability)).ln();
    (MIXTURE_PRICE - alpha.ln()) / growth
}

/// Requests on both arms together that the bets need when the tested mean lies `gap` away from the true one.
///
/// `(ln(1/alpha) + 1.5) 2 (variance + gap^2) / gap^2` with `variance` that of one `z`, see [`betting_variance`]: the growth of the
/// best bet to second order. Source: as [`race_events`], with Kelly, "A new interpretation of information rate", Bell System
/// Technical Journal 35, 1956, for the best bet.
#[must_use]
pub fn betting_trials(gap: f64, variance: f64, alpha: f64) -> f64 {
    (MIXTURE_PRICE - alpha.ln()) * 2.0 * (variance + gap * gap) / (gap * gap)
}

/// The variance of one request's `z` when both arms have the share `share` of events and the centre is right.
#[must_use]
pub fn betting_variance(share: f64, probability: f64) -> f64 {
    share * (1.0 - share) / (probability * (1.0 - probability))
}

/// Candidate observations that a single test at a fixed sample size needs: the floor under any sequential test.
///
/// `(z_alpha + z_power)^2 (v_baseline / k + v_candidate) / effect^2`, one-sided, with `k` baseline observations for each of the candidate's;
/// effect and variances in the unit of the metric and its square. Assumes means that are nearly normal. Source: the textbook sample
/// size of the normal test of two means, as in Chow, Shao and Wang, "Sample size calculations in clinical research", 2003.
#[must_use]
pub fn fixed_sample(plan: &FixedSample) -> f64 {
    let quantiles = normal_quantile(1.0 - plan.alpha) + normal_quantile(plan.power);
    let variance = plan.baseline_variance / plan.baseline_per_candidate + plan.candidate_variance;
    (quantiles / plan.effect).powi(2) * variance
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(actual: f64, expected: f64, tolerance: f64) -> bool {
        (actual / expected - 1.0).abs() < tolerance
    }

    /// Medians that simulation measured, which expectations meet to about a fifth.
    #[test]
    fn expectations_are_near_what_was_measured() {
        assert!(is_near(race_events(2.0, 0.1, 0.01), 177.0, 0.2));
        let equal = betting_trials(0.03, betting_variance(0.1, 0.1), 0.05) / 10.0;
        assert!(is_near(equal, 948.0, 0.3), "{equal}");
    }
}
