//! The tests at one look, which are shown and decide nothing: at one look, and only then, they are wrong about as often as they say.

use viridian_core::stats::moments::Moments;
use viridian_core::stats::report::effect::Effect;
use viridian_core::stats::report::mann_whitney::MannWhitney;
use viridian_core::stats::report::pairs;
use viridian_core::stats::report::proportion::{self, Share};
use viridian_core::stats::report::sample::Sample;
use viridian_core::stats::report::welch;

use crate::runs::{ALPHA, Dice, check_near};

/// So many values that lean to one side, like costs and times.
fn amounts(dice: &mut Dice, count: usize, deviation: f64) -> Vec<f64> {
    (0..count).map(|_| (deviation * dice.normal() - 0.5 * deviation * deviation).exp()).collect()
}

fn sample(values: &[f64]) -> Sample {
    Sample::of(&values.iter().copied().collect::<Moments>()).unwrap()
}

fn share(dice: &mut Dice, trials: u64, share: f64) -> Share {
    Share { events: (0..trials).filter(|_| dice.hits(share)).count() as u64, trials }
}

#[test]
fn welch_is_wrong_as_often_as_it_says() {
    for (what, baseline, candidate, deviation) in
        [("calm", 400, 400, 0.2), ("unequal arms", 2_000, 200, 0.3), ("leaning", 600, 600, 0.8)]
    {
        check_near(&format!("Welch, {what}"), ALPHA, |dice| {
            let (baseline, candidate) =
                (amounts(dice, baseline, deviation), amounts(dice, candidate, deviation));
            welch::two_sided_p(&Effect::absolute(&sample(&baseline), &sample(&candidate))) < ALPHA
        });
    }
    // Means alike, variances not.
    check_near("Welch, unequal variances", ALPHA, |dice| {
        let (baseline, candidate) = (amounts(dice, 300, 0.1), amounts(dice, 900, 0.6));
        welch::two_sided_p(&Effect::absolute(&sample(&baseline), &sample(&candidate))) < ALPHA
    });
}

#[test]
fn intervals_of_a_difference_miss_it_as_often_as_they_say() {
    for (what, trials, shares) in [
        ("equal", (300, 300), (0.1, 0.1)),
        ("few events", (400, 120), (0.03, 0.05)),
        ("far apart", (80, 200), (0.5, 0.9)),
    ] {
        for (name, interval) in [
            ("Newcombe", proportion::newcombe_difference as fn(Share, Share, f64) -> _),
            ("Miettinen and Nurminen", proportion::score_difference),
            ("Agresti and Caffo", proportion::agresti_caffo_difference),
        ] {
            check_near(&format!("{name}, {what}"), ALPHA, |dice| {
                let (first, second) = (share(dice, trials.0, shares.0), share(dice, trials.1, shares.1));
                let (found, truth) = (interval(first, second, ALPHA), shares.0 - shares.1);
                truth < found.lower || found.upper < truth
            });
        }
    }
    check_near("two equal shares, pooled", ALPHA, |dice| {
        proportion::equal_p(share(dice, 500, 0.2), share(dice, 250, 0.2)) < ALPHA
    });
}

#[test]
fn mann_whitney_is_wrong_as_often_as_it_says() {
    for (what, baseline, candidate) in [("counted out", 25, 30), ("normal", 120, 80)] {
        check_near(&format!("Mann and Whitney, {what}"), ALPHA, |dice| {
            let (baseline, candidate) = (amounts(dice, baseline, 1.0), amounts(dice, candidate, 1.0));
            MannWhitney::of(&baseline, &candidate).unwrap().two_sided_p < ALPHA
        });
    }
    check_near("Mann and Whitney, ties", ALPHA, |dice| {
        let mut grades =
            |count: usize| -> Vec<f64> { (0..count).map(|_| (5.0 * dice.uniform()).floor()).collect() };
        MannWhitney::of(&grades(100), &grades(100)).unwrap().two_sided_p < ALPHA
    });
}

#[test]
fn mcnemar_is_wrong_about_as_often_as_it_says() {
    check_near("McNemar, corrected", ALPHA, |dice| {
        let untied = (0..2_000).filter(|_| dice.hits(0.2)).count() as u64;
        let worse = (0..untied).filter(|_| dice.hits(0.5)).count() as u64;
        pairs::corrected_p(worse, untied - worse) < ALPHA
    });
}
