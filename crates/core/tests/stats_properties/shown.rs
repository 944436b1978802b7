//! What holds of the tests at one look, of beliefs, and of plans.

use proptest::prelude::*;
use viridian_core::stats::moments::{Moments, Paired};
use viridian_core::stats::planning::looks::{Directions, Spending, bounds};
use viridian_core::stats::planning::power::NormalTest;
use viridian_core::stats::planning::{self, FixedSample, arrival};
use viridian_core::stats::report::adjusted::adjusted;
use viridian_core::stats::report::card::{Belief, Beta, Shares};
use viridian_core::stats::report::effect::Effect;
use viridian_core::stats::report::mann_whitney::{MannWhitney, shift, shift_interval};
use viridian_core::stats::report::multiplicity;
use viridian_core::stats::report::proportion::{self, Share};
use viridian_core::stats::report::rate::{Rate, higher_p};
use viridian_core::stats::report::ratio::RatioSums;
use viridian_core::stats::report::sample::Sample;
use viridian_core::stats::report::{pairs, welch};

use crate::{ALPHA, is_close};

fn share() -> impl Strategy<Value = Share> {
    let trials = prop_oneof![Just(1), 1..40_u64, 1..20_000_u64, Just(100_000_000)];
    (trials, prop_oneof![Just(0.0), Just(1.0), 0.0..1.0])
        .prop_map(|(trials, part)| Share { events: (trials as f64 * part) as u64, trials })
}

fn sample() -> impl Strategy<Value = Sample> {
    (2..100_000_u64, -1e6..1e6_f64, 1e-6..1e9_f64).prop_map(|(count, mean, variance)| Sample {
        count: count as f64,
        mean,
        variance,
    })
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    // Whole numbers, so that some are equal.
    prop::collection::vec(prop_oneof![-20..20_i32, Just(0)].prop_map(f64::from), 1..25)
}

fn value_of(share: Share) -> f64 {
    share.events as f64 / share.trials as f64
}

proptest! {
    #[test]
    fn a_share_lies_in_its_interval(share in share()) {
        let Share { events, trials } = share;
        let found = proportion::wilson(events, trials, ALPHA);
        prop_assert!(0.0 <= found.lower && found.upper <= 1.0, "{found:?}");
        prop_assert!(found.lower - 1e-9 <= value_of(share) && value_of(share) <= found.upper + 1e-9, "{found:?}");
        let others = proportion::wilson(trials - events, trials, ALPHA);
        prop_assert!(is_close(found.lower, 1.0 - others.upper) && is_close(found.upper, 1.0 - others.lower));
        let more = proportion::wilson(2 * events, 2 * trials, ALPHA);
        prop_assert!(more.upper - more.lower < found.upper - found.lower, "{found:?} {more:?}");
    }

    #[test]
    fn a_difference_of_shares_lies_in_its_interval_and_turns_with_the_arms(first in share(), second in share()) {
        let estimate = value_of(first) - value_of(second);
        let kinds = [
            proportion::wald_difference,
            proportion::agresti_caffo_difference,
            proportion::newcombe_difference,
            proportion::score_difference,
        ];
        for (kind, interval) in kinds.into_iter().enumerate() {
            let (found, turned) = (interval(first, second, ALPHA), interval(second, first, ALPHA));
            prop_assert!(is_close_to(found.lower, -turned.upper) && is_close_to(found.upper, -turned.lower), "{kind}: {found:?} {turned:?}");
            let surer = interval(first, second, ALPHA / 10.0);
            prop_assert!(surer.lower <= found.lower + 1e-9 && found.upper <= surer.upper + 1e-9, "{kind}: {found:?} {surer:?}");
            // That of Agresti and Caffo lies around another estimate.
            if kind != 1 {
                prop_assert!(found.lower <= estimate + 1e-9 && estimate <= found.upper + 1e-9, "{kind}: {found:?}");
            }
            if kind > 1 {
                prop_assert!(-1.0 - 1e-9 <= found.lower && found.upper <= 1.0 + 1e-9, "{kind}: {found:?}");
            }
        }
        let p = proportion::equal_p(first, second);
        prop_assert!((0.0..=1.0).contains(&p) && is_close(p, proportion::equal_p(second, first)));
    }

    #[test]
    fn means_are_compared_alike_from_either_side(baseline in sample(), candidate in sample(), unit in 1e-3..1e3_f64) {
        let (found, turned) = (Effect::absolute(&baseline, &candidate), Effect::absolute(&candidate, &baseline));
        let p = welch::two_sided_p(&found);
        prop_assert!((0.0..=1.0).contains(&p) && is_close(p, welch::two_sided_p(&turned)), "{p}");
        prop_assert!(is_close(welch::one_sided_p(&found) + welch::one_sided_p(&turned), 1.0));
        let interval = welch::interval(&found, ALPHA);
        prop_assert!(interval.lower <= found.estimate && found.estimate <= interval.upper, "{found:?} {interval:?}");
        let is_beside = interval.lower > 0.0 || interval.upper < 0.0;
        prop_assert!((p - ALPHA).abs() < 1e-6 || (p < ALPHA) == is_beside, "{p} {interval:?}");
        // A part of the baseline's mean has no unit.
        let in_unit = |arm: &Sample| Sample { mean: arm.mean * unit, variance: arm.variance * unit * unit, ..*arm };
        let (plain, scaled) =
            (Effect::relative(&baseline, &candidate), Effect::relative(&in_unit(&baseline), &in_unit(&candidate)));
        if let (Some(plain), Some(scaled)) = (plain, scaled) {
            prop_assert!(is_close(plain.estimate, scaled.estimate) && is_close(plain.standard_error, scaled.standard_error));
        }
    }

    #[test]
    fn ranks_are_compared_alike_from_either_side_and_on_any_scale(baseline in values(), candidate in values()) {
        let found = MannWhitney::of(&baseline, &candidate).unwrap();
        let turned = MannWhitney::of(&candidate, &baseline).unwrap();
        let pairs = (baseline.len() * candidate.len()) as f64;
        prop_assert!(is_close(found.larger_pairs + turned.larger_pairs, pairs));
        prop_assert!((0.0..=1.0).contains(&found.two_sided_p) && is_close(found.two_sided_p, turned.two_sided_p));
        let grown = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| value.exp()).collect() };
        prop_assert_eq!(MannWhitney::of(&grown(&baseline), &grown(&candidate)).unwrap(), found);
        let (forth, back) = (shift(&baseline, &candidate).unwrap(), shift(&candidate, &baseline).unwrap());
        prop_assert!(is_close(forth, -back));
        let interval = shift_interval(&baseline, &candidate, ALPHA).unwrap();
        prop_assert!(interval.lower <= forth && forth <= interval.upper, "{interval:?} {forth}");
    }

    #[test]
    fn cases_and_rates_are_compared_within_their_range(one in 0..300_u64, other in 0..300_u64, exposure in 0.1..10.0_f64) {
        for p in [pairs::exact_p, pairs::corrected_p] {
            prop_assert!((0.0..=1.0).contains(&p(one, other)) && is_close(p(one, other), p(other, one)));
        }
        let rate = |events| Rate { events, exposure: 1.0 };
        let p = |events| higher_p(rate(events), Rate { events: other, exposure });
        prop_assert!((0.0..=1.0 + 1e-12).contains(&p(one)) && p(one + 1) <= p(one) + 1e-12);
    }

    #[test]
    fn adjusted_p_values_are_ordered_and_never_smaller(p_values in prop::collection::vec(prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64], 1..12)) {
        let [holm, hochberg, hommel, discovery] = [
            multiplicity::holm(&p_values),
            multiplicity::hochberg(&p_values),
            multiplicity::hommel(&p_values),
            multiplicity::benjamini_hochberg(&p_values),
        ];
        for (index, p) in p_values.iter().enumerate() {
            let falling = [1.0, holm[index], hochberg[index], hommel[index], *p];
            prop_assert!(falling.windows(2).all(|two| two[0] >= two[1] - 1e-12), "{falling:?}");
            prop_assert!((*p - 1e-12..=hochberg[index] + 1e-12).contains(&discovery[index]));
        }
    }

    #[test]
    fn sums_of_ratios_and_covariates_add_in_any_order(units in prop::collection::vec((0.0..100.0_f64, 1.0..20.0_f64), 2..60)) {
        let mut forth = RatioSums::default();
        units.iter().for_each(|(numerator, denominator)| forth += RatioSums::one(*numerator, *denominator));
        let mut back = RatioSums::default();
        units.iter().rev().for_each(|(numerator, denominator)| back += RatioSums::one(*numerator, *denominator));
        let (forth, back) = (forth.sample().unwrap(), back.sample().unwrap());
        prop_assert!(is_close(forth.mean, back.mean) && (forth.variance - back.variance).abs() < 1e-6);
        prop_assert!(forth.variance >= 0.0);
        // A covariate that does not vary explains nothing.
        let mut plain = Paired::default();
        for (outcome, _) in &units {
            plain += Paired { outcome: Moments::one(*outcome), covariate: Moments::one(7.0), product: 7.0 * outcome };
        }
        let (found, _) = adjusted(&plain, &plain).unwrap();
        let without = Sample::of(&plain.outcome).unwrap();
        prop_assert!(is_close(found.mean, without.mean) && is_close(found.variance, without.variance));
    }

    #[test]
    fn beliefs_are_chances_and_losses(baseline in share(), candidate in share(), mean in -1e3..1e3_f64, deviation in 1e-6..1e3_f64) {
        let beta = |share: Share| Beta::after(share.events, share.trials);
        let shares = Shares { baseline: beta(baseline), candidate: beta(candidate) };
        prop_assert!((-1e-9..=1.0 + 1e-9).contains(&shares.chance_higher()), "{}", shares.chance_higher());
        for loss in [shares.loss_of_candidate(), shares.loss_of_baseline()] {
            prop_assert!((-1e-9..=1.0).contains(&loss), "{loss}");
        }
        let belief = Belief::from_estimate(mean, deviation);
        let turned = Belief::from_estimate(-mean, deviation);
        prop_assert!(is_close(belief.chance_above_zero() + turned.chance_above_zero(), 1.0));
        prop_assert!(belief.loss_of_baseline() >= -1e-9 && belief.loss_of_candidate() >= -1e-9);
        prop_assert!((belief.loss_of_baseline() - turned.loss_of_candidate()).abs() < 1e-9 * mean.abs().max(1.0));
    }

    #[test]
    fn plans_ask_for_less_where_there_is_more_to_find(
        probability in 0.01..0.99_f64, alpha in 0.001..0.2_f64, ratio in 1.05..20.0_f64, gap in 0.005..0.5_f64, share in 0.01..0.5_f64,
    ) {
        let events = |ratio| planning::race_events(ratio, probability, alpha);
        prop_assert!(events(ratio * 1.1) < events(ratio) && events(ratio) > 0.0);
        let variance = planning::betting_variance(share, probability);
        let trials = |gap| planning::betting_trials(gap, variance, alpha);
        prop_assert!(trials(gap * 1.1) < trials(gap));
        let fixed = |effect| planning::fixed_sample(&FixedSample {
            candidate_variance: variance, baseline_variance: variance, baseline_per_candidate: 3.0, effect, alpha, power: 0.8,
        });
        prop_assert!(fixed(gap * 1.1) < fixed(gap));
        let level = -alpha.ln();
        prop_assert!(arrival::pace(0.2, level) < arrival::pace(0.5, level) && arrival::pace(0.5, level) < arrival::pace(0.9, level));
        let test = NormalTest { effect: gap, ratio: 2.0, alpha };
        let needed = test.sample(0.8);
        prop_assert!((test.power(needed) - 0.8).abs() < 1e-6 && test.power(2.0 * needed) > 0.8);
    }
}

/// Bounds that were searched for are found to so many digits.
fn is_close_to(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-6 * one.abs().max(1.0)
}

proptest! {
    // Each look is an integral over all scores.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn fixed_looks_spend_no_more_than_their_error(parts in prop::collection::vec(0.1..1.0_f64, 1..5), alpha in 0.01..0.2_f64) {
        let all: f64 = parts.iter().sum();
        let shares: Vec<f64> = parts.iter().scan(0.0, |sum, part| { *sum += part; Some(*sum / all) }).collect();
        for spending in [Spending::OBrienFleming, Spending::Power(2.0)] {
            prop_assert!((spending.spent(1.0, alpha) - alpha).abs() < 1e-9);
            let found = bounds(&shares, alpha, spending, Directions::Both);
            let surer = bounds(&shares, alpha / 2.0, spending, Directions::Both);
            prop_assert!(found.iter().all(|bound| bound.is_finite() && *bound > 0.0), "{found:?}");
            // No look may ask for less than a single one with all of the error.
            let single = bounds(&[1.0], alpha, spending, Directions::Both)[0];
            prop_assert!(found.iter().all(|bound| *bound >= single - 1e-6), "{found:?} {single}");
            prop_assert!(found.iter().zip(&surer).all(|(found, surer)| surer >= found), "{found:?} {surer:?}");
        }
    }
}
