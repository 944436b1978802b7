//! Shares among the answers that tell, of which one arm has twice or half as many: that says nothing of which is better. Where every
//! request is a case, the draw decides, and nothing is approximate.

use viridian_core::application::Unit;
use viridian_core::declared::{Asks, Declared, Load};
use viridian_core::experiment::compare::Gain;
use viridian_core::experiment::definition::Experiment;
use viridian_core::experiment::verdict::{Analysis, Verdict};
use viridian_core::guard::Margin;
use viridian_core::metric::Metric;

use crate::runs::{Dice, check, check_finds};
use crate::world::{CALM, Call, NO_CASE, World, experiment, plain};

/// Calls of one experiment, and between looks.
const CALLS: u32 = 6_000;
const LOOK: u32 = 150;

const POINTS: Margin = Margin::Points(200);
const PER_CENT: Margin = Margin::Relative(1_000);

fn curt() -> Metric {
    Metric::Declared(Declared::new("curt", 7, Asks::Text, Load::Indifferent).unwrap())
}

fn about(metric: Metric, least: Margin) -> Experiment {
    let mut experiment = experiment(Unit::Request, 3);
    experiment.aim.metric = metric;
    experiment.aim.minimum_effect = least;
    experiment
}

/// Bad so often on each arm, of the part of its answers that is a case.
fn told<'a>(
    rates: &'a [f64; 3],
    cases: &'a [f64; 3],
) -> impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy + 'a {
    move |dice, call| match dice.hits(cases[call.arm]) {
        true => (u64::from(dice.hits(rates[call.arm])), false),
        false => (NO_CASE, false),
    }
}

fn ever(
    experiment: &Experiment,
    dice: &Dice,
    come: impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy,
    is_wrong: impl Fn(&Analysis) -> bool,
) -> bool {
    let mut world = World::of(experiment.clone(), CALM, dice.copy());
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

fn ends(analysis: &Analysis) -> bool {
    analysis.verdict == Verdict::NoDifference
}

#[test]
fn an_arm_does_not_win_because_more_or_fewer_of_its_answers_tell() {
    const TWICE: [f64; 3] = [0.3, 0.6, 0.3];
    const HALF: [f64; 3] = [0.6, 0.3, 0.6];
    for (what, metric, least, cases, rate) in [
        ("feedback, twice as many speak", Metric::Feedback, POINTS, TWICE, 0.2),
        ("feedback, half as many speak", Metric::Feedback, POINTS, HALF, 0.2),
        ("feedback, half as many speak, per cent", Metric::Feedback, PER_CENT, HALF, 0.2),
        ("feedback, half as many speak, few complain", Metric::Feedback, POINTS, HALF, 0.02),
        ("declared, twice as many are cases", curt(), POINTS, TWICE, 0.2),
        ("declared, half as many are cases", curt(), POINTS, HALF, 0.2),
        ("declared, half as many are cases, per cent", curt(), PER_CENT, HALF, 0.2),
        ("calls, half as many have any", Metric::InvalidToolCalls, POINTS, HALF, 0.2),
    ] {
        let experiment = about(metric, least);
        check(&format!("said to be better with equal shares of what is told: {what}"), |dice| {
            ever(&experiment, dice, told(&[rate; 3], &cases), says_better)
        });
    }
}

/// Fifteen per cent better, which is three points, and spoken of twice as much.
#[test]
fn a_better_arm_that_more_speak_of_is_not_ruled_out() {
    let (rates, cases) = ([0.2, 0.17, 0.2], [0.4, 0.8, 0.4]);
    for (what, metric, least) in [
        ("feedback, points", Metric::Feedback, POINTS),
        ("feedback, per cent", Metric::Feedback, PER_CENT),
        ("declared, points", curt(), POINTS),
        ("declared, per cent", curt(), PER_CENT),
    ] {
        let experiment = about(metric, least);
        check(&format!("ended without a difference though better and spoken of twice: {what}"), |dice| {
            ever(&experiment, dice, told(&rates, &cases), ends)
        });
    }
    let experiment = about(Metric::Feedback, POINTS);
    check_finds("requests, 20 % to 14 % on one of three arms, spoken of twice as much", 20_000, |dice| {
        let mut world = World::of(experiment.clone(), CALM, dice.copy());
        (1..=60_000_u64).find(|call| {
            world.call(told(&[0.2, 0.14, 0.2], &cases));
            call % 500 == 0 && world.look().verdict == Verdict::Winner { arm: 1 }
        })
    });
}

/// Every request is late or is not.
#[test]
fn where_every_request_is_a_case_the_draw_decides() {
    for (what, least) in [("points", POINTS), ("per cent", PER_CENT)] {
        let experiment = about(Metric::Timeouts, least);
        assert!(World::of(experiment.clone(), CALM, Dice::seeded(1)).is_exact(), "{what}");
        check(&format!("said to be better with equal shares of all requests: {what}"), |dice| {
            ever(&experiment, dice, plain(&[0.1; 3]), says_better)
        });
        check(&format!("ruled out though better by what matters, of all requests: {what}"), |dice| {
            let better = 0.1 - if least == POINTS { 0.02 } else { 0.01 };
            ever(&experiment, dice, plain(&[0.1, better, 0.1]), |analysis| {
                let upper = analysis.arms[1].gain.and_then(|gain| gain.upper);
                upper.is_some_and(|upper| upper < least.fraction())
            })
        });
    }
    for metric in [Metric::Feedback, Metric::Refusals, curt()] {
        assert!(!World::of(about(metric, POINTS), CALM, Dice::seeded(1)).is_exact(), "{metric}");
    }
    check_finds("requests, 10 % to 6 % too late on one of three arms", 12_000, |dice| {
        let mut world = World::of(about(Metric::Timeouts, POINTS), CALM, dice.copy());
        (1..=60_000_u64).find(|call| {
            world.call(plain(&[0.1, 0.06, 0.1]));
            call % 500 == 0 && world.look().verdict == Verdict::Winner { arm: 1 }
        })
    });
}
