//! Planning: how much evidence a decision will need, before and while it is gathered.
//!
//! Start with [`race_events`]; [`arrival`] says how far from its expectation evidence may come, [`power`] and [`looks`]
//! plan tests that are not used for decisions. These are expectations, good to about a fifth, for the plan, the estimated
//! time and the smallest regression that can be found; no decision rests on them. The race and the bets pay a fixed price
//! for spreading their stake over alternatives, which is [`MIXTURE_PRICE`].

pub mod arrival;
pub mod power;
pub mod looks;

use crate::stats::special::{bisect, normal_quantile};

/// What mixing over alternatives costs, in log e-value; measured by simulation.
pub const MIXTURE_PRICE: f64 = 1.5;

/// What mixing costs where a prior over one parameter takes the place of the alternatives.
const PAIRS_PRICE: f64 = 0.5;

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
/// Infinite when the ratio is one.
#[must_use]
pub fn race_events(ratio: f64, probability: f64, alpha: f64) -> f64 {
    let share = probability * ratio / (probability * ratio + 1.0 - probability);
    let growth =
        share * (share / probability).ln() + (1.0 - share) * ((1.0 - share) / (1.0 - probability)).ln();
    (MIXTURE_PRICE - alpha.ln()) / growth
}

/// The least rate ratio above one that the race is expected to find within so many events at error `alpha`; infinite when
/// the events cannot suffice for any.
#[must_use]
pub fn race_ratio(events: f64, probability: f64, alpha: f64) -> f64 {
    let ratio = bisect(0.0, LARGEST_LOG_RATIO, |log| race_events(log.exp(), probability, alpha) <= events);
    if ratio < LARGEST_LOG_RATIO { ratio.exp() } else { f64::INFINITY }
}

/// Beyond a factor of a million nothing is left to find.
const LARGEST_LOG_RATIO: f64 = 13.8;

/// Requests on both arms together that the bets need when the tested mean lies `gap` away from the true one.
///
/// `(ln(1/alpha) + 1.5) 2 (variance + gap^2) / gap^2` with `variance` that of one `z`, see [`betting_variance`].
#[must_use]
pub fn betting_trials(gap: f64, variance: f64, alpha: f64) -> f64 {
    (MIXTURE_PRICE - alpha.ln()) * 2.0 * (variance + gap * gap) / (gap * gap)
}

/// The least gap between the tested and the true mean that the bets are expected to show within so many requests:
/// [`betting_trials`] solved for the gap; infinite when there are too few for any.
#[must_use]
pub fn betting_gap(trials: f64, variance: f64, alpha: f64) -> f64 {
    let price = 2.0 * (MIXTURE_PRICE - alpha.ln());
    if trials > price { (price * variance / (trials - price)).sqrt() } else { f64::INFINITY }
}

/// Pairs that the sequential test of pairs needs to find that the candidate alone fails on the share `worse` of them and the
/// baseline alone on the share `better`: `(ln(1/alpha) + 0.5) / KL(b || 1/2)` untied pairs, with `b` the candidate's part of
/// those, over how often pairs are not tied. Both shares are above zero.
#[must_use]
pub fn harmful_pairs(worse: f64, better: f64, alpha: f64) -> f64 {
    let blamed = worse / (worse + better);
    let growth = blamed * (2.0 * blamed).ln() + (1.0 - blamed) * (2.0 * (1.0 - blamed)).ln();
    (PAIRS_PRICE - alpha.ln()) / growth / (worse + better)
}

/// Pairs needed to show that the candidate is worse by less than `margin`, for the same shares: bets on a difference whose
/// variance is `worse + better - (worse - better)^2`.
#[must_use]
pub fn safe_pairs(worse: f64, better: f64, margin: f64, alpha: f64) -> f64 {
    let difference = worse - better;
    betting_trials(margin - difference, worse + better - difference * difference, alpha)
}

/// The variance of one request's `z` when both arms have the share `share` of events and the centre is right.
#[must_use]
pub fn betting_variance(share: f64, probability: f64) -> f64 {
    share * (1.0 - share) / (probability * (1.0 - probability))
}

/// Candidate observations that a single test at a fixed sample size needs: the floor under any sequential test.
///
/// `(z_alpha + z_power)^2 (v_baseline / k + v_candidate) / effect^2`.
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

    #[test]
    fn what_can_be_found_is_what_needs_as_much() {
        for (ratio, probability, alpha) in [(1.4, 0.1, 0.01), (5.0, 0.05, 0.05), (2.0, 0.5, 0.01)] {
            let events = race_events(ratio, probability, alpha);
            assert!(is_near(race_ratio(events, probability, alpha), ratio, 1e-9));
            let trials = betting_trials(ratio / 50.0, 0.9, alpha);
            assert!(is_near(betting_gap(trials, 0.9, alpha), ratio / 50.0, 1e-9));
        }
        assert_eq!(race_ratio(1.0, 0.1, 0.01), f64::INFINITY);
        assert_eq!(betting_gap(5.0, 0.9, 0.01), f64::INFINITY);
    }

    /// Medians that simulation measured, which expectations meet to about a fifth.
    #[test]
    fn expectations_are_near_what_was_measured() {
        assert!(is_near(harmful_pairs(0.06, 0.02, 0.01), 428.0, 0.2));
        assert!(is_near(race_events(2.0, 0.1, 0.01), 177.0, 0.2));
        let equal = betting_trials(0.03, betting_variance(0.1, 0.1), 0.05) / 10.0;
        assert!(is_near(equal, 948.0, 0.3), "{equal}");
        assert!(safe_pairs(0.05, 0.05, 0.03, 0.05) < safe_pairs(0.06, 0.04, 0.03, 0.05));
    }
}
