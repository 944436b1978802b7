//! What holds of the evidence by groups of units whatever the groups did: of contrasts, of races and of sums over several arms.

use proptest::prelude::*;
use viridian_core::stats::evidence::clustered;
use viridian_core::stats::evidence::contrast::{
    Contrast, DesignEffect, EpochSums, GroupSums, Hypothesis, split_is_off,
};
use viridian_core::stats::evidence::linear::{Kind, Linear, Span};
use viridian_core::stats::evidence::race::{self, RaceEpoch};
use viridian_core::stats::moments::Moments;

use crate::{ALPHA, count, is_close};

/// Not so many that the others of an arm are lost in the last digits of the sum of one group.
fn tens_of_thousands() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1), 0..50_u64, 0..20_000_u64]
}

/// So many requests, and how many of them were bad.
fn requests(count: impl Strategy<Value = u64>) -> impl Strategy<Value = (f64, f64)> {
    (count, prop_oneof![Just(0.0), Just(1.0), 0.0..1.0])
        .prop_map(|(count, share)| (count as f64, (count as f64 * share).floor()))
}

fn group<C: Strategy<Value = u64>>(count: fn() -> C) -> impl Strategy<Value = GroupSums> {
    (requests(count()), requests(count())).prop_map(
        |((candidate, candidate_events), (baseline, baseline_events))| GroupSums {
            candidate,
            candidate_events,
            baseline,
            baseline_events,
        },
    )
}

/// One to three epochs of the same groups.
fn epochs_of(groups: std::ops::Range<usize>) -> impl Strategy<Value = Vec<EpochSums>> {
    epochs_with(groups, count)
}

fn epochs_with<C: Strategy<Value = u64>>(
    groups: std::ops::Range<usize>,
    count: fn() -> C,
) -> impl Strategy<Value = Vec<EpochSums>> {
    groups.prop_flat_map(move |groups| {
        let epoch = (0.01..0.99, prop::collection::vec(group(count), groups))
            .prop_map(|(probability, groups)| EpochSums { probability, groups });
        prop::collection::vec(epoch, 1..4)
    })
}

/// Epochs whose groups make as many requests as each other on an arm, some of them bad.
fn epochs_of_one_size() -> impl Strategy<Value = Vec<EpochSums>> {
    let epoch = |groups: usize| {
        let sizes = (1..20_000_u64, 1..20_000_u64);
        let shares = prop::collection::vec((0.0..=1.0_f64, 0.0..=1.0_f64), groups);
        (0.01..0.99, sizes, shares).prop_map(|(probability, (candidate, baseline), shares)| {
            let (candidate, baseline) = (candidate as f64, baseline as f64);
            let group = |(of_candidate, of_baseline): (f64, f64)| GroupSums {
                candidate,
                candidate_events: (candidate * of_candidate).floor(),
                baseline,
                baseline_events: (baseline * of_baseline).floor(),
            };
            EpochSums { probability, groups: shares.into_iter().map(group).collect() }
        })
    };
    (3..12_usize).prop_flat_map(move |groups| prop::collection::vec(epoch(groups), 1..4))
}

fn hypothesis() -> impl Strategy<Value = Hypothesis> {
    let ratio = prop_oneof![Just(1.0), 0.5..2.0];
    (ratio, prop_oneof![Just(0.0), -0.3..0.3])
        .prop_map(|(ratio, difference)| Hypothesis { ratio, difference })
}

fn with_groups(epochs: &[EpochSums], change: impl Fn(&[GroupSums]) -> Vec<GroupSums>) -> Vec<EpochSums> {
    let changed = |epoch: &EpochSums| EpochSums { groups: change(&epoch.groups), ..epoch.clone() };
    epochs.iter().map(changed).collect()
}

/// The last epoch first, and in each the last group.
fn backwards(epochs: &[EpochSums]) -> Vec<EpochSums> {
    let mut turned = with_groups(epochs, |groups| groups.iter().rev().copied().collect());
    turned.reverse();
    turned
}

fn swapped(epochs: &[EpochSums]) -> Vec<EpochSums> {
    let exchange = |group: &GroupSums| GroupSums {
        candidate: group.baseline,
        candidate_events: group.baseline_events,
        baseline: group.candidate,
        baseline_events: group.candidate_events,
    };
    let mut swapped = with_groups(epochs, |groups| groups.iter().map(exchange).collect());
    swapped.iter_mut().for_each(|epoch| epoch.probability = 1.0 - epoch.probability);
    swapped
}

/// Sums of opposite signs lose digits; they are compared beside what they are made of.
fn is_close_beside(a: f64, b: f64, scale: f64) -> bool {
    a == b || (a - b).abs() <= 1e-7 * scale.abs().max(1.0)
}

fn check_same(one: Option<Contrast>, other: Option<Contrast>) -> Result<(), TestCaseError> {
    let (Some(one), Some(other)) = (one, other) else {
        prop_assert_eq!(one.is_none(), other.is_none());
        return Ok(());
    };
    for (one, other) in [
        (one.estimate, other.estimate),
        (one.standard_error, other.standard_error),
        (one.sample_size, other.sample_size),
        (one.event_groups as f64, other.event_groups as f64),
    ] {
        prop_assert!(is_close_beside(one, other, one), "{one} {other}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn contrasts_are_the_same_in_any_order(epochs in epochs_of(2..12_usize), at in hypothesis()) {
        check_same(Contrast::of(&epochs, at), Contrast::of(&backwards(&epochs), at))?;
        check_same(Contrast::of_amounts(&epochs, at), Contrast::of_amounts(&backwards(&epochs), at))?;
    }

    #[test]
    fn contrasts_turn_with_the_arms(epochs in epochs_of(2..12_usize)) {
        let turned = Contrast::of(&swapped(&epochs), Hypothesis::EQUAL);
        let turned = turned.map(|found| Contrast { estimate: -found.estimate, event_groups: 0, ..found });
        let found = Contrast::of(&epochs, Hypothesis::EQUAL).map(|found| Contrast { event_groups: 0, ..found });
        check_same(found, turned)?;
    }

    #[test]
    fn contrasts_come_to_numbers_within_their_bounds(
        epochs in epochs_of(1..12_usize), at in hypothesis(), more in 0.0..0.5_f64,
    ) {
        let farther = Hypothesis { difference: at.difference + more, ..at };
        for of in [Contrast::of, Contrast::of_amounts] {
            let Some(found) = of(&epochs, at) else { continue };
            prop_assert!(found.estimate.is_finite() && found.standard_error.is_finite(), "{found:?}");
            prop_assert!(found.degrees_of_freedom >= 1.0 && found.sample_size > 0.0, "{found:?}");
            let (lower, upper) = (found.lower(ALPHA), found.upper(ALPHA));
            prop_assert!(lower <= found.estimate && found.estimate <= upper, "{found:?} {lower} {upper}");
            // The more is granted, the better the candidate looks, by as much.
            let granted = of(&epochs, farther).unwrap();
            prop_assert!((found.estimate - more - granted.estimate).abs() < 1e-9, "{found:?} {granted:?}");
            prop_assert!(found.lower(ALPHA / 5.0) <= lower && upper <= found.upper(ALPHA / 5.0));
        }
    }

    #[test]
    fn twice_as_many_groups_like_these_say_the_same(epochs in epochs_of(3..12_usize), at in hypothesis()) {
        let twice = with_groups(&epochs, |groups| [groups, groups].concat());
        if let (Some(found), Some(more)) = (Contrast::of(&epochs, at), Contrast::of(&twice, at)) {
            // An epoch in which one group made all requests of an arm says nothing until there are two of it.
            if is_close(2.0 * found.sample_size, more.sample_size) {
                prop_assert!(is_close_beside(found.estimate, more.estimate, 1.0), "{found:?} {more:?}");
            }
        }
    }

    /// Of one size: the twin of a group that makes most of the requests leaves it half of its part, and then fewer groups tell.
    #[test]
    fn twice_as_many_groups_of_one_size_tell_more(epochs in epochs_of_one_size(), at in hypothesis()) {
        let twice = with_groups(&epochs, |groups| [groups, groups].concat());
        let (found, more) = (Contrast::of(&epochs, at).unwrap(), Contrast::of(&twice, at).unwrap());
        prop_assert!(more.degrees_of_freedom >= found.degrees_of_freedom - 1e-6, "{found:?} {more:?}");
        let width = |found: &Contrast| found.upper(ALPHA) - found.lower(ALPHA);
        prop_assert!(width(&more) <= width(&found), "{found:?} {more:?}");
    }

    #[test]
    fn a_race_by_groups_is_the_same_in_any_order_and_turns_with_the_arms(epochs in epochs_of(2..12_usize)) {
        let found = clustered::log_e_harm(&epochs, 1.0);
        // The likelihoods of many events are large numbers that nearly cancel.
        let of = |group: &GroupSums| group.candidate_events + group.baseline_events;
        let events: f64 = epochs.iter().flat_map(|epoch| &epoch.groups).map(of).sum();
        for other in [clustered::log_e_harm(&backwards(&epochs), 1.0), clustered::log_e_safe(&swapped(&epochs), 1.0)] {
            match (found, other) {
                (Some(found), Some(other)) => {
                    prop_assert!((found - other).abs() <= 1e-9 * events.max(1.0), "{found} {other}");
                }
                (found, other) => prop_assert_eq!(found, other),
            }
        }
    }

    #[test]
    fn a_race_by_groups_comes_to_numbers_and_follows_what_is_tolerated(
        epochs in epochs_of(2..12_usize), ratio in 0.5..2.0_f64, more in 1.0..2.0_f64,
    ) {
        let Some(effect) = DesignEffect::of(&epochs) else { return Ok(()) };
        prop_assert!((1.0..f64::INFINITY).contains(&effect.factor), "{effect:?}");
        prop_assert!(effect.event_groups <= epochs.iter().map(|epoch| epoch.groups.len()).max().unwrap());
        let harm = |ratio| clustered::log_e_harm(&epochs, ratio).unwrap();
        let safe = |ratio| clustered::log_e_safe(&epochs, ratio).unwrap();
        prop_assert!(harm(ratio).is_finite() && safe(ratio).is_finite());
        // Of huge counts the likelihoods are large numbers that nearly cancel.
        let slack = 1e-9 * (harm(ratio).abs() + safe(ratio).abs()).max(1.0);
        prop_assert!(harm(ratio * more) <= harm(ratio) + slack, "{} {}", harm(ratio * more), harm(ratio));
        prop_assert!(safe(ratio * more) >= safe(ratio) - slack, "{} {}", safe(ratio * more), safe(ratio));
    }

    #[test]
    fn one_group_races_as_requests_do(epoch in group(count)) {
        let sums = EpochSums { probability: 0.5, groups: vec![epoch] };
        if let Some(found) = clustered::log_e_harm(&[sums], 1.0) {
            let plain = RaceEpoch {
                probability: epoch.candidate / (epoch.candidate + epoch.baseline),
                candidate: epoch.candidate_events as u64,
                baseline: epoch.baseline_events as u64,
            };
            let plain = race::log_e_harm(&[plain], 1.0);
            prop_assert!(is_close(found, plain), "{found} {plain}");
        }
    }

    #[test]
    fn a_split_is_off_whichever_arm_is_which(epochs in epochs_with(2..12_usize, tens_of_thousands)) {
        prop_assert_eq!(split_is_off(&epochs, ALPHA), split_is_off(&backwards(&epochs), ALPHA));
        // The same sums up to their sign, but for the last digits.
        prop_assert!(!split_is_off(&epochs, 1e-9) || split_is_off(&swapped(&epochs), 1e-8));
        prop_assert!(!split_is_off(&epochs, 1e-9) || split_is_off(&epochs, ALPHA), "a smaller error asks for more");
    }
}

/// Observations of a group: how many, their mean and their deviation.
fn observed(count: impl Strategy<Value = u64>) -> impl Strategy<Value = Moments> {
    (count, -1e3..1e3_f64, 0.0..1e3_f64).prop_map(|(count, mean, deviation)| {
        let count = count as f64;
        Moments { count, sum: count * mean, sum_of_squares: count * (mean * mean + deviation * deviation) }
    })
}

fn spans<C: Strategy<Value = u64>>(count: fn() -> C) -> impl Strategy<Value = Vec<Span>> {
    (2..10_usize).prop_flat_map(move |groups| {
        let arm = prop::collection::vec(observed(count()), groups);
        prop::collection::vec(prop::collection::vec(arm, 3), 1..4)
    })
}

/// Spans in which the groups of an arm make as many observations as each other.
fn spans_of_one_size() -> impl Strategy<Value = Vec<Span>> {
    (2..10_usize).prop_flat_map(|groups| {
        let arm =
            (1..20_000_u64).prop_flat_map(move |count| prop::collection::vec(observed(Just(count)), groups));
        prop::collection::vec(prop::collection::vec(arm, 3), 1..4)
    })
}

fn kinds() -> [Kind; 2] {
    [Kind::Amount, Kind::Bounded { width: 4.0 }]
}

fn is_same(one: Option<Linear>, other: Option<Linear>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            let scale = one.estimate.abs().max(one.standard_error).max(1e3);
            is_close_beside(one.estimate, other.estimate, scale)
                && is_close_beside(one.standard_error, other.standard_error, scale)
                && is_close_beside(one.sample_size, other.sample_size, one.sample_size)
        }
        (one, other) => one == other,
    }
}

const WEIGHTS: [f64; 3] = [-0.5, 1.0, -0.5];

proptest! {
    #[test]
    fn sums_of_arms_are_the_same_in_any_order_and_turn_with_their_weights(spans in spans(tens_of_thousands)) {
        let mut backwards = spans.clone();
        backwards.reverse();
        backwards.iter_mut().flatten().for_each(|groups| groups.reverse());
        for kind in kinds() {
            let found = Linear::of(&spans, &WEIGHTS, kind);
            prop_assert!(is_same(found, Linear::of(&backwards, &WEIGHTS, kind)));
            let turned = Linear::of(&spans, &WEIGHTS.map(|weight| -weight), kind);
            let turned = turned.map(|sum| Linear { estimate: -sum.estimate, ..sum });
            prop_assert!(is_same(found, turned), "{found:?} {turned:?}");
            let larger = Linear::of(&spans, &WEIGHTS.map(|weight| 3.0 * weight), kind);
            let third = |sum: Linear| Linear {
                estimate: sum.estimate / 3.0,
                standard_error: sum.standard_error / 3.0,
                ..sum
            };
            prop_assert!(is_same(found, larger.map(third)), "{found:?} {larger:?}");
            prop_assert!(is_same(found, Linear::adjusted(&spans, &[], &WEIGHTS, kind)));
        }
    }

    #[test]
    fn sums_of_arms_come_to_numbers_within_their_bounds(spans in spans(count), lead_in in spans(count)) {
        for kind in kinds() {
            for found in [Linear::of(&spans, &WEIGHTS, kind), Linear::adjusted(&spans, &lead_in, &WEIGHTS, kind)] {
                let Some(found) = found else { continue };
                let (lower, upper) = (found.lower(ALPHA), found.upper(ALPHA));
                prop_assert!(lower <= found.estimate && found.estimate <= upper, "{found:?} {lower} {upper}");
                prop_assert!(found.deviation() >= found.standard_error && found.deviation().is_finite());
            }
        }
    }

    #[test]
    fn twice_as_many_groups_of_an_arm_tell_more(spans in spans_of_one_size()) {
        let twice: Vec<Span> =
            spans.iter().map(|arms| arms.iter().map(|arm| [arm.clone(), arm.clone()].concat()).collect()).collect();
        for kind in kinds() {
            let (found, more) =
                (Linear::of(&spans, &WEIGHTS, kind).unwrap(), Linear::of(&twice, &WEIGHTS, kind).unwrap());
            let width = |sum: &Linear| sum.upper(ALPHA) - sum.lower(ALPHA);
            prop_assert!(width(&more) <= width(&found), "{found:?} {more:?}");
        }
    }
}
