//! Several starts of one test: how a change that comes late is found without waiting until the calm before it is outweighed.
//!
//! Start with [`log_e`]. Evidence that was gathered while the arms were equal has cost every bet some capital, and a
//! change has to win that back first. A start is the same test on what came after a given moment only; mixing a few of
//! them, chosen before the rollout, costs a fixed price and has one error bound over all.

use super::capital::Capital;
use crate::stats::special::log_sum_exp;

/// Weights that sum to one miss it by less than this.
const ROUNDING: f64 = 1e-9;

/// One start of a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// The first of the time-ordered spans that it takes in. One that lies beyond the last span has not begun, and its
    /// e-value is still one.
    pub from: usize,
    /// Its share of the evidence. All shares together are at most one.
    pub weight: f64,
}

/// Half of the evidence from the beginning, the other half spread equally over the later starts.
///
/// The list is that of the whole rollout, including starts that have not begun: a weight that changed with the number of
/// those that have would let the evidence rise without an outcome. Without later starts all of it is from the beginning.
#[must_use]
pub fn half_from_the_beginning(later: &[usize]) -> Vec<Start> {
    if later.is_empty() {
        return vec![Start { from: 0, weight: 1.0 }];
    }
    let weight = 0.5 / later.len() as f64;
    let later = later.iter().map(|from| Start { from: *from, weight });
    std::iter::once(Start { from: 0, weight: 0.5 }).chain(later).collect()
}

/// The log e-value of the mixture of starts, from the capitals of time-ordered spans.
///
/// Hypothesis: that of the spans' capitals. `E = sum_k w_k E_k`, where `E_k` is the mean capital over the spans from start
/// `k` on and one before it. Each `E_k` is an e-process, the starts and weights are fixed before the data, and a
/// weighted mean of e-processes in one filtration is one: the chance that `E` ever reaches `1/alpha` is at most `alpha`. A
/// share that is not given out is kept as it is, at one.
///
/// Assumes that a span is closed to outcomes of requests that came before it. One pass from the last span to the first;
/// `starts` may come in any order. Source: the mixture of Shiryaev and Roberts, as an e-detector in Shin, Ramdas and Rinaldo,
/// "E-detectors: a nonparametric framework for sequential change detection", New England Journal of Statistics in Data
/// Science 2(2), 2024; with finitely many weighted starts it is an e-process.
#[must_use]
pub fn log_e(spans: &[Capital], starts: &[Start]) -> f64 {
    let mut order: Vec<&Start> = starts.iter().collect();
    order.sort_by_key(|start| std::cmp::Reverse(start.from));
    let mut since = Capital::default();
    let mut unseen = spans.len();
    let mut terms = Vec::with_capacity(starts.len() + 1);
    for start in order {
        while unseen > start.from {
            unseen -= 1;
            since += spans[unseen];
        }
        terms.push(start.weight.ln() + since.log_e());
    }
    let kept = 1.0 - starts.iter().map(|start| start.weight).sum::<f64>();
    if kept > ROUNDING {
        terms.push(kept.ln());
    }
    log_sum_exp(&terms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::race::{self, RaceEpoch};

    fn spans(events: &[(u64, u64)]) -> Vec<RaceEpoch> {
        let span = |(candidate, baseline): &(u64, u64)| RaceEpoch {
            probability: 0.1,
            candidate: *candidate,
            baseline: *baseline,
        };
        events.iter().map(span).collect()
    }

    fn mixed(races: &[RaceEpoch], later: &[usize]) -> f64 {
        let capitals: Vec<Capital> = race::harm(races, 1.0).collect();
        log_e(&capitals, &half_from_the_beginning(later))
    }

    #[test]
    fn it_is_the_weighted_mean_of_the_test_from_each_start() {
        let races = spans(&[(3, 40), (2, 35), (9, 41), (12, 30)]);
        let from = |start: usize| race::log_e_harm(&races[start..], 1.0).exp();
        let expected = 0.5 * from(0) + 0.25 * from(3) + 0.25 * from(2);
        let actual = mixed(&races, &[3, 2]).exp();
        assert!((actual - expected).abs() < 1e-12 * expected, "{actual} is not {expected}");
    }

    #[test]
    fn a_start_that_has_not_begun_is_worth_one() {
        let races = spans(&[(3, 40), (12, 30)]);
        let from_zero = race::log_e_harm(&races, 1.0).exp();
        let actual = mixed(&races, &[2, 3, 99]).exp();
        assert!((actual - 0.5 * from_zero - 0.5).abs() < 1e-12, "{actual}");
    }

    #[test]
    fn what_is_not_given_out_is_kept() {
        let half = [Start { from: 0, weight: 0.5 }];
        assert!(log_e(&[], &half).abs() < 1e-15);
        assert!(log_e(&[Capital([-1e6; 16])], &half) >= 0.5f64.ln());
    }

    #[test]
    fn without_later_starts_it_is_the_plain_test() {
        let races = spans(&[(3, 40), (12, 30)]);
        assert!((mixed(&races, &[]) - race::log_e_harm(&races, 1.0)).abs() < 1e-12);
    }

    #[test]
    fn a_late_change_is_found_that_the_plain_test_has_not_seen() {
        let mut events = vec![(20, 180); 10];
        events.push((26, 54));
        let races = spans(&events);
        assert!(race::log_e_harm(&races, 1.0) < 100f64.ln());
        assert!(mixed(&races, &[2, 4, 6, 8, 10]) > 100f64.ln());
    }
}
