//! How long answers take on each arm, where some fail before they could be slow: an arm is neither quick nor slow for these.

use viridian_core::application::Unit;
use viridian_core::epoch::Thresholds;
use viridian_core::experiment::compare::Gain;
use viridian_core::experiment::verdict::{Analysis, Verdict};
use viridian_core::guard::Margin;
use viridian_core::metric::Metric;

use crate::runs::{Dice, check, check_finds};
use crate::world::{CALM, Call, START, World, experiment};

/// Calls of one experiment, and between looks.
const CALLS: u32 = 6_000;
const LOOK: u32 = 200;
/// How long an answer takes on average, in microseconds, and the most it is counted with: a bucket's end.
const MEAN: f64 = 1_000_000.0;
const CAP: u64 = 1 << 22;

fn about_times(unit: Unit, dice: &Dice) -> World {
    let mut experiment = experiment(unit, 2);
    experiment.aim.metric = Metric::LatencyMean;
    experiment.aim.minimum_effect = Margin::Relative(1_000);
    let mut world = World::of(experiment, CALM, dice.copy());
    let mut thresholds = Thresholds::default();
    thresholds.set_cap(Metric::LatencyMean, CAP);
    world.counted().spans.clear();
    world.renew(START, thresholds);
    world
}

/// How long an answer takes on either arm, and whether it fails at once, by how long it would have taken as a part of the mean.
fn taking(
    factors: [f64; 2],
    fails: impl Fn(&mut Dice, usize, f64) -> bool + Copy,
) -> impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy {
    move |dice, call| {
        let time = factors[call.arm] * (0.3 - 0.7 * (1.0 - dice.uniform()).ln());
        let fails = fails(dice, call.arm, time);
        (if fails { 0 } else { ((time * MEAN) as u64).min(CAP) }, fails)
    }
}

fn ever(
    mut world: World,
    come: impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy,
    is_wrong: impl Fn(&Analysis) -> bool,
) -> bool {
    (1..=CALLS).any(|call| {
        world.call(come);
        call % LOOK == 0 && is_wrong(&world.look())
    })
}

fn says_better(analysis: &Analysis) -> bool {
    let is_above = |gain: Gain| gain.lower.is_some_and(|lower| lower > 0.0);
    let is_judged = !matches!(analysis.verdict, Verdict::Wait(_));
    is_judged && analysis.arms.iter().filter_map(|arm| arm.gain).any(is_above)
}

#[test]
fn an_arm_is_not_quicker_for_failing_at_once() {
    for unit in [Unit::User, Unit::Request] {
        check(&format!("said to be quicker, a tenth fails at once: {unit}"), |dice| {
            let come = taking([1.0; 2], |dice, arm, _| arm == 1 && dice.hits(0.1));
            ever(about_times(unit.clone(), dice), come, says_better)
        });
        check(&format!("said to be quicker, what would be slow fails at once: {unit}"), |dice| {
            let come = taking([1.0; 2], |_, arm, time| arm == 1 && time > 2.0);
            ever(about_times(unit.clone(), dice), come, says_better)
        });
    }
}

/// The control looks quick because it fails where it would be slow.
#[test]
fn a_quicker_arm_is_not_ruled_out_for_what_the_control_does_not_answer() {
    for unit in [Unit::User, Unit::Request] {
        check(&format!("ended without a difference, the control fails where it is slow: {unit}"), |dice| {
            let come = taking([1.0, 0.8], |_, arm, time| arm == 0 && time > 2.0);
            let ends = |analysis: &Analysis| analysis.verdict == Verdict::NoDifference;
            ever(about_times(unit.clone(), dice), come, ends)
        });
    }
}

#[test]
fn the_quicker_arm_wins_where_few_fail() {
    for unit in [Unit::User, Unit::Request] {
        check_finds(&format!("{unit}s, a fifth quicker, one in a hundred fails"), 4_000, |dice| {
            let mut world = about_times(unit.clone(), dice);
            let come = taking([1.0, 0.8], |dice, _, _| dice.hits(0.01));
            (1..=40_000_u64).find(|call| {
                world.call(come);
                call % 500 == 0 && world.look().verdict == Verdict::Winner { arm: 1 }
            })
        });
    }
}

#[test]
fn times_are_told_in_milliseconds_of_the_answers_that_came() {
    for unit in [Unit::User, Unit::Request] {
        let mut world = about_times(unit, &Dice::seeded(3));
        let come = taking([1.0, 0.8], |dice, _, _| dice.hits(0.5));
        (0..20_000).for_each(|_| world.call(come));
        let analysis = world.look();
        let counts = analysis.arms[1].counts;
        let came = counts.trials - counts.failed_early;
        let mean = counts.events as f64 / came as f64 / 1_000.0;
        let told = format!("latency.mean {mean:.1} ms on average of {came} against ");
        let sentence = analysis.sentence(&world.experiment);
        assert!((780.0..820.0).contains(&mean) && sentence.contains(&told), "{told}: {sentence}");
    }
}
