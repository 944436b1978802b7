//! What holds of the statistics whatever the counts. Here of the additive evidence: it comes to numbers, adds in any order, and
//! follows its events.

#[path = "stats_properties/groups.rs"]
mod groups;
#[path = "stats_properties/joined.rs"]
mod joined;
#[path = "stats_properties/shown.rs"]
mod shown;

use proptest::prelude::*;
use viridian_core::arm::Arm;
use viridian_core::stats::evidence::betting::{self, BinaryEpoch, Trials};
use viridian_core::stats::evidence::bounded::{Rule, Worse};
use viridian_core::stats::evidence::capital::Capital;
use viridian_core::stats::evidence::contrast::Hypothesis;
use viridian_core::stats::evidence::graded::{Ends, Grades};
use viridian_core::stats::evidence::interaction::{Crossed, Directions};
use viridian_core::stats::evidence::paired::{self, Pairs};
use viridian_core::stats::evidence::race::{self, RaceEpoch};
use viridian_core::stats::evidence::starts;

const ALPHA: f64 = 0.05;

/// Counts from none to very many.
fn count() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1), 0..50_u64, 0..20_000_u64, Just(1_000_000_000)]
}

fn probability() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0001), Just(0.9999), Just(0.5), 0.0001..0.9999]
}

fn race_epoch() -> impl Strategy<Value = RaceEpoch> {
    (probability(), count(), count()).prop_map(|(probability, candidate, baseline)| RaceEpoch {
        probability,
        candidate,
        baseline,
    })
}

fn trials() -> impl Strategy<Value = Trials> {
    (count(), prop_oneof![Just(0.0), Just(1.0), 0.0..1.0])
        .prop_map(|(trials, share)| Trials { trials, events: (trials as f64 * share) as u64 })
}

fn binary_epoch() -> impl Strategy<Value = BinaryEpoch> {
    let centre = prop_oneof![Just(0.0), Just(1.0), Just(0.5), 0.0..1.0];
    (probability(), centre, trials(), trials()).prop_map(|(probability, centre, candidate, baseline)| {
        BinaryEpoch { probability, centre, candidate, baseline }
    })
}

fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}

/// One outcome: its arm, its value, the centre known before it.
type Scored = (Arm, f64, f64);

fn scored() -> impl Strategy<Value = Scored> {
    let value = || prop_oneof![Just(0.0), Just(1.0), 0.0..1.0];
    (prop_oneof![Just(Arm::Candidate), Just(Arm::Baseline)], value(), value())
}

fn rule() -> impl Strategy<Value = Rule> {
    let worse = prop_oneof![Just(Worse::Higher), Just(Worse::Lower)];
    let boundary = (prop_oneof![Just(1.0), 0.5..2.0], prop_oneof![Just(0.0), -0.2..0.2]);
    (probability(), worse, boundary).prop_map(|(probability, worse, (ratio, difference))| Rule {
        probability,
        range: (0.0, 1.0),
        worse,
        boundary: Hypothesis { ratio, difference },
    })
}

fn pairs() -> impl Strategy<Value = Pairs> {
    (count(), count(), count()).prop_map(|(worse, better, tied)| Pairs { worse, better, tied })
}

/// The capitals of parts, added up in the order of the keys.
fn added(parts: &[(u32, Capital)]) -> f64 {
    let mut ordered = parts.to_vec();
    ordered.sort_by_key(|(key, _)| *key);
    ordered.into_iter().map(|(_, capital)| capital).sum::<Capital>().log_e()
}

proptest! {
    #[test]
    fn scores_of_several_gateways_add_in_any_order(
        rule in rule(), outcomes in prop::collection::vec((any::<u32>(), scored()), 1..200),
    ) {
        for bet in [Rule::harm, Rule::safe] {
            let parts: Vec<(u32, Capital)> = outcomes
                .iter()
                .map(|(key, (arm, value, centre))| (*key, bet(&rule, *arm, *value, *centre)))
                .collect();
            let as_they_came: f64 = parts.iter().map(|(_, capital)| *capital).sum::<Capital>().log_e();
            prop_assert!(as_they_came.is_finite());
            prop_assert!(is_close(as_they_came, added(&parts)));
            // Sums of gateways, then of those.
            let sums: Capital = parts.chunks(7).map(|part| part.iter().map(|(_, c)| *c).sum::<Capital>()).sum();
            prop_assert!(is_close(as_they_came, sums.log_e()));
        }
    }

    #[test]
    fn no_outcome_can_take_all_capital_and_bets_of_both_sides_oppose(rule in rule(), (arm, value, centre) in scored()) {
        let (harm, safe) = (rule.harm(arm, value, centre), rule.safe(arm, value, centre));
        for (for_harm, for_safe) in harm.0.iter().zip(safe.0) {
            prop_assert!(for_harm.is_finite() && for_safe.is_finite());
            prop_assert!(for_harm * for_safe <= 0.0, "{for_harm} {for_safe}");
        }
    }

    #[test]
    fn a_wider_range_than_seen_changes_nothing_but_power(
        rule in rule(), (arm, value, centre) in scored(), beyond in 1.0..5.0_f64,
    ) {
        prop_assert_eq!(rule.z(arm, value + beyond, centre), rule.z(arm, 1.0, centre));
        let wide = Rule { range: (-beyond, beyond), ..rule };
        prop_assert_eq!(rule.z(arm, value, centre), wide.z(arm, value, centre));
    }

    #[test]
    fn pairs_come_to_numbers_and_follow_their_counts(pairs in pairs()) {
        let worse = Pairs { worse: pairs.worse + 1, ..pairs };
        let better = Pairs { better: pairs.better + 1, ..pairs };
        for margin in [0.01, 0.03, 0.5] {
            prop_assert!(paired::log_e_safe(&pairs, margin).is_finite());
            prop_assert!(paired::log_e_safe(&worse, margin) <= paired::log_e_safe(&pairs, margin));
            prop_assert!(paired::log_e_safe(&better, margin) >= paired::log_e_safe(&pairs, margin));
        }
        let harm = paired::log_e_harm(&pairs);
        prop_assert!(harm.is_finite(), "{harm}");
        let bound = paired::upper_bound(&pairs, ALPHA);
        if let Some(difference) = paired::difference(&pairs) {
            prop_assert!(difference <= bound + 1e-5, "{difference} {bound}");
        }
        let halves = |part: u64| Pairs { worse: pairs.worse / 2 * part, better: pairs.better / 2 * part, tied: 0 };
        let sum: Capital = [paired::safe(&halves(1), 0.03), paired::safe(&halves(1), 0.03)].into_iter().sum();
        prop_assert!(is_close(sum.log_e(), paired::safe(&halves(2), 0.03).log_e()));
    }

    #[test]
    fn graded_pairs_at_the_ends_are_counted_pairs(worse in 0..40_u64, better in 0..40_u64, tied in 0..40_u64) {
        let mut grades = Grades::default();
        for (difference, count) in [(1.0, worse), (-1.0, better), (0.0, tied)] {
            (0..count).for_each(|_| grades.record(difference));
        }
        let counted = paired::log_e_safe(&Pairs { worse, better, tied }, 0.05);
        prop_assert!(is_close(grades.log_e_below(0.05, Ends::DIFFERENCES), counted));
    }

    #[test]
    fn starts_come_to_what_they_are_mixed_of(
        epochs in prop::collection::vec(race_epoch(), 0..30),
        later in prop::collection::vec(0..40_usize, 0..12),
    ) {
        let spans: Vec<Capital> = race::harm(&epochs, 1.0).collect();
        let mixed = starts::log_e(&spans, &starts::half_from_the_beginning(&later));
        let from = |start: usize| race::log_e_harm(epochs.get(start..).unwrap_or_default(), 1.0);
        let each: Vec<f64> = later.iter().map(|start| from(*start)).collect();
        let largest = each.iter().copied().fold(from(0), f64::max);
        let weight = 0.5 / later.len().max(1) as f64;
        let expected = if later.is_empty() {
            from(0)
        } else {
            let sum: f64 = each.iter().map(|log_e| weight * (log_e - largest).exp()).sum();
            largest + (0.5 * (from(0) - largest).exp() + sum).ln()
        };
        prop_assert!(is_close(mixed, expected), "{mixed} {expected}");
    }

    #[test]
    fn interactions_come_to_numbers_in_any_order(
        outcomes in prop::collection::vec((any::<bool>(), scored()), 1..100),
    ) {
        let crossed = Crossed { probabilities: [0.1, 0.5], range: (0.0, 1.0) };
        let each = outcomes.iter().map(|(other, (arm, value, centre))| {
            let second = if *other { Arm::Candidate } else { Arm::Baseline };
            crossed.evidence([*arm, second], *value, *centre)
        });
        let sum = |evidence: &mut dyn Iterator<Item = Directions>| {
            let mut sum = Directions::default();
            evidence.for_each(|one| sum += one);
            sum.log_e()
        };
        let (forwards, backwards) = (sum(&mut each.clone()), sum(&mut each.rev()));
        prop_assert!(forwards.is_finite() && is_close(forwards, backwards));
    }

    #[test]
    fn races_come_to_numbers(epochs in prop::collection::vec(race_epoch(), 0..4)) {
        for ratio in [0.5, 1.0, 1.5] {
            prop_assert!(race::log_e_harm(&epochs, ratio).is_finite());
            prop_assert!(race::log_e_safe(&epochs, ratio).is_finite());
        }
        let bounds = race::confidence(&epochs, ALPHA);
        prop_assert!(bounds.lower <= bounds.upper, "{bounds:?}");
        let backwards: Vec<RaceEpoch> = epochs.iter().rev().copied().collect();
        prop_assert!(is_close(race::log_e_harm(&epochs, 1.0), race::log_e_harm(&backwards, 1.0)));
    }

    #[test]
    fn one_race_estimates_within_its_bounds_and_follows_its_events(
        epoch in race_epoch(), more in 1..1_000_u64,
    ) {
        let odds = epoch.probability / (1.0 - epoch.probability);
        let estimate = epoch.candidate as f64 / epoch.baseline as f64 / odds;
        let bounds = race::confidence(&[epoch], ALPHA);
        // Beyond a factor of a million nothing is bounded.
        if (1e-6..1e6).contains(&estimate) {
            prop_assert!(bounds.lower <= estimate * (1.0 + 1e-8), "{bounds:?}, {estimate}");
            prop_assert!(bounds.upper >= estimate * (1.0 - 1e-8), "{bounds:?}, {estimate}");
        }
        let worse = RaceEpoch { candidate: epoch.candidate + more, ..epoch };
        prop_assert!(race::log_e_harm(&[worse], 1.0) >= race::log_e_harm(&[epoch], 1.0));
        prop_assert!(race::log_e_safe(&[worse], 1.0) <= race::log_e_safe(&[epoch], 1.0));
    }

    #[test]
    fn bets_come_to_numbers(epochs in prop::collection::vec(binary_epoch(), 0..4)) {
        for difference in [-0.5, 0.0, 0.03, 0.9] {
            prop_assert!(betting::log_e_harm(&epochs, difference).is_finite());
            prop_assert!(betting::log_e_safe(&epochs, difference).is_finite());
        }
        let backwards: Vec<BinaryEpoch> = epochs.iter().rev().copied().collect();
        prop_assert!(is_close(betting::log_e_safe(&epochs, 0.03), betting::log_e_safe(&backwards, 0.03)));
    }

    #[test]
    fn one_span_of_bets_estimates_within_its_bounds_and_follows_its_events(epoch in binary_epoch()) {
        let bounds = (betting::lower_bound(&[epoch], ALPHA), betting::upper_bound(&[epoch], ALPHA));
        prop_assert!((-1.0..=1.0).contains(&bounds.0) && (-1.0..=1.0).contains(&bounds.1), "{bounds:?}");
        // With few trials of one arm the estimate may lie beyond what a difference of shares can be.
        if let Some(estimate) = betting::difference(&[epoch]).filter(|estimate| estimate.abs() < 1.0) {
            prop_assert!(bounds.0 <= estimate + 1e-6 && estimate - 1e-6 <= bounds.1, "{bounds:?}, {estimate}");
        }
        if epoch.candidate.events < epoch.candidate.trials {
            let events = epoch.candidate.events + 1;
            let worse = BinaryEpoch { candidate: Trials { events, ..epoch.candidate }, ..epoch };
            prop_assert!(betting::log_e_harm(&[worse], 0.0) >= betting::log_e_harm(&[epoch], 0.0));
            prop_assert!(betting::log_e_safe(&[worse], 0.03) <= betting::log_e_safe(&[epoch], 0.03));
        }
    }
}
