//! What holds of several e-values together, of finite sets, and of the ranks of percentiles.

use proptest::prelude::*;
use viridian_core::stats::evidence::combine::{WeightedEvidence, bonferroni_threshold, weighted_mean};
use viridian_core::stats::evidence::discovery;
use viridian_core::stats::evidence::finite::Finite;
use viridian_core::stats::histogram::Histogram;
use viridian_core::stats::sequence::ranks::{RankQuery, quantile_bounds, rank_bounds};

use crate::{ALPHA, is_close};

fn log_es() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![Just(0.0), -20.0..20.0, -5e3..5e3_f64], 1..20)
}

/// With weights that sum to one.
fn weighed(log_es: &[f64]) -> Vec<WeightedEvidence> {
    let all: usize = (1..=log_es.len()).sum();
    let weight = |place: usize| (place + 1) as f64 / all as f64;
    log_es
        .iter()
        .enumerate()
        .map(|(place, log_e)| WeightedEvidence { weight: weight(place), log_e: *log_e })
        .collect()
}

proptest! {
    #[test]
    fn a_weighted_mean_lies_within_what_it_is_of(log_es in log_es(), more in 0.0..50.0_f64) {
        let evidence = weighed(&log_es);
        let mean = weighted_mean(&evidence);
        let least = log_es.iter().copied().fold(f64::INFINITY, f64::min);
        let most = log_es.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        prop_assert!(least - 1e-9 <= mean && mean <= most + 1e-9, "{least} {mean} {most}");
        let backwards: Vec<WeightedEvidence> = evidence.iter().rev().copied().collect();
        prop_assert!(is_close(mean, weighted_mean(&backwards)));
        let mut stronger = evidence.clone();
        stronger[0].log_e += more;
        prop_assert!(weighted_mean(&stronger) >= mean - 1e-9);
        // What suffices alone suffices together.
        for WeightedEvidence { weight, log_e } in &evidence {
            prop_assert!(*log_e < bonferroni_threshold(ALPHA, *weight) || mean >= -ALPHA.ln() - 1e-9);
        }
    }

    #[test]
    fn what_stands_out_is_the_strongest_and_more_of_it_with_a_larger_error(log_es in log_es(), more in 0.0..50.0_f64) {
        for named in [discovery::worst, discovery::attributed] {
            let found = named(&log_es, ALPHA);
            let weakest = found.iter().map(|index| log_es[*index]).fold(f64::INFINITY, f64::min);
            let is_left = |index: &usize| !found.contains(index);
            prop_assert!((0..log_es.len()).filter(is_left).all(|index| log_es[index] <= weakest));
            prop_assert!(found.is_sorted() && found.iter().all(|index| named(&log_es, 0.5).contains(index)));
            let backwards: Vec<f64> = log_es.iter().rev().copied().collect();
            let mut mirrored: Vec<usize> =
                named(&backwards, ALPHA).into_iter().map(|index| log_es.len() - 1 - index).collect();
            mirrored.sort_unstable();
            prop_assert_eq!(&found, &mirrored);
            // Stronger evidence takes no name away.
            if let Some(first) = found.first() {
                let mut stronger = log_es.clone();
                stronger[*first] += more;
                prop_assert!(found.iter().all(|index| named(&stronger, ALPHA).contains(index)));
            }
        }
        let (worst, attributed) = (discovery::worst(&log_es, ALPHA), discovery::attributed(&log_es, ALPHA));
        prop_assert!(attributed.iter().all(|index| worst.contains(index)), "{attributed:?} {worst:?}");
    }

    #[test]
    fn a_finite_set_is_known_at_its_last_case(values in prop::collection::vec(prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64], 2..30)) {
        let set = Finite { cases: Some(values.len() as u64), alpha: ALPHA };
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        for at in [0.0, 0.3, mean, 0.9, 1.0] {
            prop_assert!(set.log_e(&values, at).iter().all(|log_e| !log_e.is_nan()), "{at}");
        }
        let is_refuted = |log_e: &f64| *log_e == f64::INFINITY;
        prop_assert!(!set.log_e(&values, mean).iter().any(is_refuted), "what is so is never refuted");
        // In one order of twenty at most the cases speak against what is so.
        prop_assume!(set.log_e(&values, mean).iter().all(|log_e| *log_e <= -ALPHA.ln()));
        let all = set.interval(&values, 100);
        prop_assert!(all.lower <= mean + 1e-9 && mean - 1e-9 <= all.upper, "{all:?} {mean}");
        prop_assert!(all.upper - all.lower <= 0.02 + 1e-9, "{all:?}");
        // What an earlier look has excluded stays so.
        let earlier = set.interval(&values[..values.len() / 2], 100);
        prop_assert!(earlier.lower <= all.lower + 1e-9 && all.upper <= earlier.upper + 1e-9, "{earlier:?} {all:?}");
    }

    #[test]
    fn the_more_is_claimed_of_a_set_the_less_speaks_for_more(
        values in prop::collection::vec(0.0..1.0_f64, 1..30), claim in 0.0..1.0_f64, more in 0.0..1.0_f64,
    ) {
        for cases in [None, Some(40)] {
            let set = Finite { cases, alpha: ALPHA };
            // Below one: where nothing can be won nothing is staked, and nothing lost.
            let larger = claim + more * (1.0 - claim) * 0.999;
            let (less, greater) = (set.log_e_above(&values, claim), set.log_e_above(&values, larger));
            prop_assert!(cases.is_some() || less.iter().zip(&greater).all(|(less, greater)| less >= &(greater - 1e-9)));
            let mirrored: Vec<f64> = values.iter().map(|value| 1.0 - value).collect();
            let below = set.log_e_below(&mirrored, 1.0 - claim);
            prop_assert!(less.iter().zip(&below).all(|(a, b)| a == b || (a - b).abs() < 1e-6), "{less:?} {below:?}");
        }
    }

    #[test]
    fn ranks_hold_their_quantile_and_mirror_it(count in 1..200_000_u64, quantile in 0.01..0.99_f64, alpha in 0.001..0.2_f64) {
        let query = RankQuery { quantile, alpha, tuned_for: 1_000.0 };
        let bounds = rank_bounds(count, query);
        let rank = quantile * count as f64;
        prop_assert!(bounds.lower.is_none_or(|lower| (1..=count).contains(&lower) && lower as f64 <= rank + 1.0));
        prop_assert!(bounds.upper.is_none_or(|upper| (1..=count).contains(&upper) && upper as f64 >= rank), "{bounds:?}");
        let mirrored = rank_bounds(count, RankQuery { quantile: 1.0 - quantile, ..query });
        if let (Some(lower), Some(upper)) = (bounds.lower, mirrored.upper) {
            prop_assert!(lower.abs_diff(count + 1 - upper) <= 1, "{bounds:?} {mirrored:?}");
        }
        let surer = rank_bounds(count, RankQuery { alpha: alpha / 10.0, ..query });
        prop_assert!(surer.lower.unwrap_or(0) <= bounds.lower.unwrap_or(0) + 1);
        prop_assert!(surer.upper.unwrap_or(u64::MAX) >= bounds.upper.unwrap_or(u64::MAX) - 1);
    }

    #[test]
    fn percentiles_lie_within_their_bounds_whoever_counted(
        times in prop::collection::vec(1_000..5_000_000_u64, 1..400), quantile in 0.05..0.99_f64,
    ) {
        let counted = |times: &[u64]| {
            let mut histogram = Histogram::default();
            times.iter().for_each(|time| histogram.record(*time));
            histogram
        };
        let query = RankQuery { quantile, alpha: ALPHA, tuned_for: 1_000.0 };
        let all = counted(&times);
        let bounds = quantile_bounds(&all, query);
        let estimate = all.quantile(quantile).unwrap();
        prop_assert!(bounds.lower.is_none_or(|lower| lower <= estimate), "{bounds:?} {estimate}");
        prop_assert!(bounds.upper.is_none_or(|upper| estimate <= upper), "{bounds:?} {estimate}");
        let (first, second) = times.split_at(times.len() / 3);
        let mut merged = counted(second);
        merged.merge(&counted(first));
        prop_assert_eq!(bounds, quantile_bounds(&merged, query));
    }
}
