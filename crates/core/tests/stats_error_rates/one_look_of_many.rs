//! Tests at one look of what is known by user, of events and of quantiles, of several at once, and at looks that were planned:
//! each is wrong about as often as it says.

use viridian_core::stats::moments::{Moments, Paired};
use viridian_core::stats::planning::looks::{self, Directions, Spending};
use viridian_core::stats::report::adjusted;
use viridian_core::stats::report::effect::Effect;
use viridian_core::stats::report::multiplicity;
use viridian_core::stats::report::quantile::{self, Measured};
use viridian_core::stats::report::rate::{self, Rate};
use viridian_core::stats::report::ratio::RatioSums;
use viridian_core::stats::report::sample::Sample;
use viridian_core::stats::report::welch;
use viridian_core::stats::special::normal_cdf;

use crate::runs::{ALPHA, Dice, check, check_near};

fn is_called_different(baseline: &Sample, candidate: &Sample) -> bool {
    welch::two_sided_p(&Effect::absolute(baseline, candidate)) < ALPHA
}

/// Users whose outcome follows what was known of them before.
fn known(dice: &mut Dice, count: usize) -> Paired {
    let mut sums = Paired::default();
    for _ in 0..count {
        let covariate = (0.6 * dice.normal()).exp();
        let outcome = 2.0 * covariate + 0.5 * dice.normal();
        sums += Paired {
            outcome: Moments::one(outcome),
            covariate: Moments::one(covariate),
            product: outcome * covariate,
        };
    }
    sums
}

#[test]
fn adjusted_means_are_told_apart_as_rarely_as_they_say() {
    check_near("adjusted by a covariate", ALPHA, |dice| {
        let (baseline, candidate) = (known(dice, 600), known(dice, 150));
        let (baseline, candidate) = adjusted::adjusted(&baseline, &candidate).unwrap();
        is_called_different(&baseline, &candidate)
    });
    // Two strata of levels far apart, of which the candidate has a larger part of one.
    check_near("adjusted by strata", ALPHA, |dice| {
        let mut arm = |counts: [usize; 2]| {
            let mut stratum = |count, level: f64| (0..count).map(|_| level + dice.normal()).collect();
            let weights = [600.0 / 800.0, 200.0 / 800.0];
            let strata = [stratum(counts[0], 0.0), stratum(counts[1], 5.0)];
            adjusted::stratified(&[(weights[0], strata[0]), (weights[1], strata[1])]).unwrap()
        };
        is_called_different(&arm([500, 100]), &arm([100, 100]))
    });
}

/// Users with unequal numbers of requests, whose answers cost about as much each.
fn users(dice: &mut Dice, count: usize) -> RatioSums {
    let mut sums = RatioSums::default();
    for _ in 0..count {
        let requests = (3.0 * (0.5 * dice.normal()).exp()).ceil();
        let each = (0.4 * dice.normal()).exp();
        sums += RatioSums::one(requests * each, requests);
    }
    sums
}

#[test]
fn ratios_by_user_are_told_apart_as_rarely_as_they_say() {
    check_near("ratio by user", ALPHA, |dice| {
        let (baseline, candidate) = (users(dice, 800), users(dice, 300));
        is_called_different(&baseline.sample().unwrap(), &candidate.sample().unwrap())
    });
    check_near("ratio by user, in per cent", ALPHA, |dice| {
        let (baseline, candidate) = (users(dice, 800), users(dice, 800));
        let effect = Effect::relative(&baseline.sample().unwrap(), &candidate.sample().unwrap()).unwrap();
        welch::two_sided_p(&effect) < ALPHA
    });
}

/// The events of a time in which two come in each unit.
fn events(dice: &mut Dice, exposure: f64) -> Rate {
    let mut time = 0.0;
    let arrivals = std::iter::repeat_with(|| {
        time -= (1.0 - dice.uniform()).ln() / 2.0;
        time
    });
    Rate { events: arrivals.take_while(|time| *time < exposure).count() as u64, exposure }
}

#[test]
fn equal_rates_are_told_apart_as_rarely_as_they_say() {
    check_near("rates of many events", ALPHA, |dice| {
        let (first, second) = (events(dice, 400.0), events(dice, 150.0));
        rate::higher_p(first, second) < ALPHA
    });
    // Of few, the test errs on the side of saying nothing.
    check("rates of few events", |dice| {
        let (first, second) = (events(dice, 2.0), events(dice, 8.0));
        rate::higher_p(first, second) < ALPHA
    });
}

/// A percentile of durations whose logarithms are normal.
fn p90(dice: &mut Dice, count: usize) -> Sample {
    let mut values: Vec<f64> = (0..count).map(|_| (0.5 * dice.normal()).exp()).collect();
    values.sort_by(f64::total_cmp);
    let (count, q) = (count as f64, 0.9_f64);
    let away = 1.96 * (q * (1.0 - q) / count).sqrt();
    let at = |part: f64| values[(part * count) as usize];
    quantile::sample(&Measured {
        count,
        bounded_by: count,
        value: at(q),
        lower: at(q - away),
        upper: at(q + away),
    })
}

#[test]
fn equal_quantiles_are_told_apart_as_rarely_as_they_say() {
    check_near("p90", ALPHA, |dice| is_called_different(&p90(dice, 4_000), &p90(dice, 1_000)));
}

/// Ten p-values that lean on what befalls all of them, of which the first so many are of hypotheses that are false.
fn p_values(dice: &mut Dice, together: f64, are_false: usize) -> Vec<f64> {
    let common = dice.normal();
    let statistic = |place| {
        let shift = if place < are_false { 3.0 } else { 0.0 };
        shift + together.sqrt() * common + (1.0 - together).sqrt() * dice.normal()
    };
    (0..10).map(statistic).map(|statistic| normal_cdf(-statistic)).collect()
}

#[test]
fn one_of_many_true_hypotheses_is_rejected_as_rarely_as_they_say() {
    for (what, together, are_false) in [("independent", 0.0, 0), ("alike", 0.5, 0), ("three false", 0.3, 3)] {
        for (name, adjust) in [
            ("Holm", multiplicity::holm as fn(&[f64]) -> Vec<f64>),
            ("Hochberg", multiplicity::hochberg),
            ("Hommel", multiplicity::hommel),
        ] {
            let is_wrong = |dice: &mut Dice| {
                adjust(&p_values(dice, together, are_false))[are_false..].iter().any(|p| *p < ALPHA)
            };
            match (together, are_false) {
                (0.0, 0) => check_near(&format!("{name}, {what}"), ALPHA, is_wrong),
                _ => check(&format!("{name}, {what}"), is_wrong),
            }
        }
    }
}

/// A share of false ones is an average; a run is wrong with that chance.
#[test]
fn few_of_the_rejected_hypotheses_are_true() {
    for (what, together, are_false) in [("independent", 0.0, 5), ("alike", 0.4, 5), ("none false", 0.0, 0)] {
        let is_drawn = |dice: &mut Dice| {
            let adjusted = multiplicity::benjamini_hochberg(&p_values(dice, together, are_false));
            let rejected = |p_values: &[f64]| p_values.iter().filter(|p| **p < ALPHA).count() as f64;
            dice.hits(rejected(&adjusted[are_false..]) / rejected(&adjusted).max(1.0))
        };
        match are_false {
            0 => check_near(&format!("Benjamini and Hochberg, {what}"), ALPHA, is_drawn),
            _ => check(&format!("Benjamini and Hochberg, {what}"), is_drawn),
        }
    }
}

#[test]
fn planned_looks_are_wrong_as_often_as_they_say() {
    let information = [0.2, 0.45, 0.5, 0.8, 1.0];
    for (spending, directions) in [
        (Spending::OBrienFleming, Directions::Both),
        (Spending::OBrienFleming, Directions::Up),
        (Spending::Power(1.0), Directions::Both),
        (Spending::Power(3.0), Directions::Up),
    ] {
        let bounds = looks::bounds(&information, ALPHA, spending, directions);
        check_near(&format!("{spending:?}, {directions:?}"), ALPHA, |dice| {
            let (mut score, mut before) = (0.0_f64, 0.0_f64);
            information.iter().zip(&bounds).any(|(share, bound)| {
                score += (share - before).sqrt() * dice.normal();
                before = *share;
                let statistic = score / share.sqrt();
                statistic > *bound || (directions == Directions::Both && -statistic > *bound)
            })
        });
    }
}
