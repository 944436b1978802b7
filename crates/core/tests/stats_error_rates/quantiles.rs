//! Quantiles of durations: the exceedance race that decides, and the ranges that are shown.

use viridian_core::stats::evidence::exceedance::scaled_threshold;
use viridian_core::stats::evidence::race::{self, RaceEpoch};
use viridian_core::stats::histogram::{Histogram, edge_at_or_above};
use viridian_core::stats::moments::Moments;
use viridian_core::stats::report::effect::Effect;
use viridian_core::stats::report::sample::Sample;
use viridian_core::stats::sequence::ranks::{self, RankQuery};
use viridian_core::stats::sequence::{asymptotic, share};

use crate::runs::{ALPHA, Dice, check, check_finds, is_reached};

const MARGIN: f64 = 0.2;

/// A duration in microseconds, lognormal around 800 ms.
fn duration(dice: &mut Dice, factor: f64) -> u64 {
    (800_000.0 * factor * (0.5 * dice.normal()).exp()) as u64
}

/// The baseline's quantile as published before, from so many of its durations.
fn published(dice: &mut Dice, quantile: f64) -> u64 {
    let mut before = Histogram::default();
    (0..2_000).for_each(|_| before.record(duration(dice, 1.0)));
    edge_at_or_above(before.quantile(quantile).unwrap())
}

struct Exceedances {
    race: RaceEpoch,
    threshold: u64,
    granted: u64,
}

impl Exceedances {
    fn of(dice: &mut Dice, quantile: f64, margin: f64) -> Self {
        let threshold = published(dice, quantile);
        let granted = if margin > 0.0 { scaled_threshold(threshold, margin) } else { threshold };
        Self { race: RaceEpoch { probability: 0.3, candidate: 0, baseline: 0 }, threshold, granted }
    }

    /// One request: how much slower both arms are now, and the candidate besides.
    fn add(&mut self, dice: &mut Dice, both: f64, candidate: f64) {
        if dice.hits(self.race.probability) {
            self.race.candidate += u64::from(duration(dice, both * candidate) > self.granted);
        } else {
            self.race.baseline += u64::from(duration(dice, both) > self.threshold);
        }
    }
}

#[test]
fn quantiles_hold_their_error_while_both_arms_slow_down() {
    let both =
        |request: u32| if request % 500 < 100 { 2.0 } else { 1.0 + 0.2 * f64::from(request) / 2_000.0 };
    for quantile in [0.5, 0.95, 0.99] {
        check(&format!("p{}, harm", quantile * 100.0), |dice| {
            let mut seen = Exceedances::of(dice, quantile, 0.0);
            (0..2_000).any(|request| {
                seen.add(dice, both(request), 1.0);
                is_reached(race::log_e_harm(&[seen.race], 1.0))
            })
        });
        check(&format!("p{}, safe exactly at the margin", quantile * 100.0), |dice| {
            let mut seen = Exceedances::of(dice, quantile, MARGIN);
            (0..2_000).any(|request| {
                seen.add(dice, both(request), 1.0 + MARGIN);
                is_reached(race::log_e_safe(&[seen.race], 1.0))
            })
        });
    }
}

#[test]
fn a_fifth_slower_at_the_95th_percentile_is_found_within_400_candidate_requests() {
    check_finds("p95 +20 % at 10 %, error 1 %", 400, |dice| {
        let mut seen = Exceedances::of(dice, 0.95, 0.0);
        seen.race.probability = 0.1;
        let found = (1..60_000_u64).find(|_| {
            let before = seen.race;
            seen.add(dice, 1.0, 1.2);
            seen.race != before && race::log_e_harm(&[seen.race], 1.0) >= 100_f64.ln()
        });
        // One in ten is the candidate's.
        found.map(|requests| requests / 10)
    });
}

/// Steps at which a range is looked at: more often at first, as people do.
fn looks(most: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(1_u32), |look| Some(look + look / 20 + 1))
        .take_while(move |look| *look <= most)
}

#[test]
fn ranges_that_are_shown_hold_the_truth_at_every_look() {
    check("range of p95", |dice| {
        let query = RankQuery { quantile: 0.95, alpha: ALPHA, tuned_for: 1_000.0 };
        let truth = (800_000.0_f64 * (0.5_f64 * 1.644_853_626_951_472).exp()) as u64;
        let mut durations = Histogram::default();
        let mut seen = 0;
        looks(3_000).any(|look| {
            (seen..look).for_each(|_| durations.record(duration(dice, 1.0)));
            seen = look;
            let bounds = ranks::quantile_bounds(&durations, query);
            bounds.lower.is_some_and(|lower| truth < lower) || bounds.upper.is_some_and(|upper| truth > upper)
        })
    });
    check("range of a share", |dice| {
        let mut events = 0;
        let mut seen = 0;
        looks(2_000).any(|look| {
            (seen..look).for_each(|_| events += u64::from(dice.hits(0.03)));
            seen = look;
            let range = share::share(events, u64::from(look), ALPHA, 500.0);
            0.03 < range.lower || 0.03 > range.upper
        })
    });
    check("asymptotic range of a difference", |dice| {
        let mut arms = [Moments::default(); 2];
        let mut seen = 0;
        looks(5_000).any(|look| {
            for _ in seen..look {
                let arm = usize::from(dice.hits(0.3));
                arms[arm] += Moments::one((0.8 * dice.normal()).exp() + 0.1 * arm as f64);
            }
            seen = look;
            let (Some(baseline), Some(candidate)) = (Sample::of(&arms[0]), Sample::of(&arms[1])) else {
                return false;
            };
            let effect = Effect::absolute(&baseline, &candidate);
            let range = asymptotic::two_sided(effect.estimate, effect.precision(1_000.0), ALPHA);
            asymptotic::is_enough(candidate.count, None) && !(range.lower..=range.upper).contains(&0.1)
        })
    });
}
