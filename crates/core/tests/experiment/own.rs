//! Aims and guards on what applications declare: scores that answers are given, and shares of their own. Of scores a part of the
//! callers speaks, and not as many on every arm.

use viridian_core::application::Unit;
use viridian_core::declared::{Asks, Declared, Load};
use viridian_core::experiment::definition::{Better, Experiment};
use viridian_core::experiment::harm::Follows;
use viridian_core::experiment::verdict::{Analysis, Verdict, Wait};
use viridian_core::guard::{Guard, Margin};
use viridian_core::metric::Metric;
use viridian_core::score::Score;

use crate::runs::{Dice, check, check_finds};
use crate::world::{CALM, Call, UNEQUAL, UNTOLD, World, experiment};

/// Calls of one experiment, and between looks.
const CALLS: u32 = 6_000;
const LOOK: u32 = 200;
/// The least effect that matters, in points of the scale from 1 to 5.
const LEAST: f64 = 0.2;

fn helpful() -> Metric {
    Metric::Score(Score::new("helpful", 7, 1, 5).unwrap())
}

fn curt() -> Metric {
    Metric::Declared(Declared::new("curt", 7, Asks::Text, Load::Indifferent).unwrap())
}

fn on_score(unit: Unit) -> Experiment {
    let mut experiment = experiment(unit, 3);
    experiment.aim.metric = helpful();
    experiment.aim.better = Better::Higher;
    experiment.aim.minimum_effect = Margin::Score(200);
    experiment
}

fn on_declared(unit: Unit, least: Margin) -> Experiment {
    let mut experiment = experiment(unit, 3);
    experiment.aim.metric = curt();
    experiment.aim.minimum_effect = least;
    experiment
}

/// Whole scores about a mean on each arm, of those that speak; whoever is prone to complain gives lower ones.
fn scored<'a>(
    means: &'a [f64; 3],
    speak: &'a [f64; 3],
) -> impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy + 'a {
    move |dice, call| {
        if !dice.hits(speak[call.arm]) {
            return (UNTOLD, false);
        }
        let mean = means[call.arm] - 0.5 * (call.user.prone.min(2.0) - 1.0);
        let below = if dice.hits(mean.fract()) { mean.ceil() } else { mean.floor() };
        let spread = [-1.0, 0.0, 1.0][(dice.uniform() * 3.0) as usize];
        ((25.0 * (5.0 - (below + spread).clamp(1.0, 5.0))) as u64, false)
    }
}

/// A share that is bad so often on each arm, more or less by user, and that one outcome in twenty does not tell.
fn curtly(rates: &[f64; 3]) -> impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy + '_ {
    |dice, call| match dice.hits(0.05) {
        true => (UNTOLD, false),
        false => (u64::from(dice.hits((rates[call.arm] * call.user.prone.min(5.0)).min(1.0))), false),
    }
}

const EQUAL: [f64; 3] = [3.6; 3];
const SOME: [f64; 3] = [0.4; 3];

fn ever(
    world: &mut World,
    come: impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy,
    is_wrong: impl Fn(&Analysis) -> bool,
) -> bool {
    (1..=CALLS).any(|call| {
        world.call(come);
        call % LOOK == 0 && is_wrong(&world.look())
    })
}

fn says_better(analysis: &Analysis) -> bool {
    let is_above = |arm: &viridian_core::experiment::verdict::Standing| {
        arm.gain.and_then(|gain| gain.lower).is_some_and(|lower| lower > 0.0)
    };
    is_judged(analysis) && analysis.arms.iter().any(is_above)
}

fn rules_out(analysis: &Analysis, least: f64) -> bool {
    let upper = analysis.arms[1].gain.and_then(|gain| gain.upper);
    is_judged(analysis) && upper.is_some_and(|upper| upper < least)
}

const fn is_judged(analysis: &Analysis) -> bool {
    !matches!(analysis.verdict, Verdict::Wait(_))
}

#[test]
fn among_equal_scores_none_wins() {
    for (what, users, unit, speak) in [
        ("unequal users", UNEQUAL, Unit::User, SOME),
        ("requests", CALM, Unit::Request, SOME),
        ("users, twice as many speak of one arm", CALM, Unit::User, [0.3, 0.6, 0.3]),
        ("requests, twice as many speak of one arm", CALM, Unit::Request, [0.3, 0.6, 0.3]),
    ] {
        check(&format!("said to be better with equal scores: {what}"), |dice| {
            let mut world = World::of(on_score(unit.clone()), users, dice.copy());
            ever(&mut world, scored(&EQUAL, &speak), says_better)
        });
    }
}

#[test]
fn scores_that_are_higher_by_what_matters_are_rarely_ruled_out() {
    for (what, users, unit) in [("users", UNEQUAL, Unit::User), ("requests", CALM, Unit::Request)] {
        check(&format!("ruled out though scored higher by what matters: {what}"), |dice| {
            let mut world = World::of(on_score(unit.clone()), users, dice.copy());
            // Beyond the ends of the scale nothing is given, so that the means are closer than what is drawn about.
            let means = [3.4, 3.4 + LEAST * 1.1, 3.4];
            ever(&mut world, scored(&means, &SOME), |analysis| rules_out(analysis, LEAST))
        });
    }
}

#[test]
fn among_equal_shares_of_their_own_none_wins() {
    for (what, users, unit, least) in [
        ("unequal users, points", UNEQUAL, Unit::User, Margin::Points(200)),
        ("requests, points", CALM, Unit::Request, Margin::Points(200)),
        ("requests, per cent", CALM, Unit::Request, Margin::Relative(2_000)),
    ] {
        check(&format!("said to be better with equal shares: {what}"), |dice| {
            let mut world = World::of(on_declared(unit.clone(), least), users, dice.copy());
            ever(&mut world, curtly(&[0.1; 3]), says_better)
        });
    }
}

fn until(
    world: &mut World,
    come: impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy,
    wanted: Verdict,
) -> Option<u64> {
    (1..=40_000_u64).find(|call| {
        world.call(come);
        call % 500 == 0 && world.look().verdict == wanted
    })
}

#[test]
fn the_arm_with_higher_scores_wins() {
    let means = [3.4, 3.9, 3.4];
    for (unit, median) in [(Unit::User, 9_000), (Unit::Request, 6_000)] {
        check_finds(&format!("{unit}s, half a point more on one of three arms"), median, |dice| {
            let mut world = World::of(on_score(unit.clone()), CALM, dice.copy());
            until(&mut world, scored(&means, &SOME), Verdict::Winner { arm: 1 })
        });
    }
    let mut world = World::of(on_score(Unit::Request), CALM, Dice::seeded(3));
    assert!(until(&mut world, scored(&means, &SOME), Verdict::Winner { arm: 1 }).is_some());
    let sentence = world.look().sentence(&world.experiment);
    assert!(sentence.starts_with("'arm1' wins: helpful 3."), "{sentence}");
    assert!(sentence.contains(" points better (between +0."), "{sentence}");
}

#[test]
fn lower_scores_never_win() {
    let mut world = World::of(on_score(Unit::Request), CALM, Dice::seeded(3));
    let found = until(&mut world, scored(&[3.9, 3.4, 3.4], &SOME), Verdict::NoDifference);
    let analysis = world.look();
    assert!(found.is_some(), "{}", analysis.sentence(&world.experiment));
    assert!(analysis.arms[1].gain.unwrap().estimate < -0.3, "{:?}", analysis.arms);
}

#[test]
fn the_arm_that_is_less_curt_wins() {
    let mut world = World::of(on_declared(Unit::User, Margin::Points(200)), CALM, Dice::seeded(3));
    let found = until(&mut world, curtly(&[0.2, 0.2, 0.12]), Verdict::Winner { arm: 2 });
    let sentence = world.look().sentence(&world.experiment);
    assert!(found.is_some_and(|calls| calls <= 12_000), "{found:?}: {sentence}");
    assert!(
        sentence.starts_with("'arm2' wins: curt ") && sentence.contains(", and unknown of "),
        "{sentence}"
    );
}

/// What an arm does not tell may be what is bad about it.
#[test]
fn an_arm_that_tells_less_does_not_win() {
    for (silent, than) in [(2, 0), (0, 1)] {
        let mut world = World::of(on_declared(Unit::Request, Margin::Points(200)), CALM, Dice::seeded(3));
        let come = |dice: &mut Dice, call: &Call<'_>| {
            let is_bad = dice.hits(0.2);
            (if is_bad && call.arm == silent { UNTOLD } else { u64::from(is_bad) }, false)
        };
        (0..6_000).for_each(|_| world.call(come));
        let analysis = world.look();
        assert_eq!(analysis.verdict, Verdict::Wait(Wait::Unread { arm: silent, than }));
        let sentence = analysis.sentence(&world.experiment);
        let expected = format!(
            "of fewer outcomes of 'arm{silent}' it is known what curt asks for than of those of 'arm{than}'"
        );
        assert!(sentence.ends_with(&expected), "{sentence}");
    }
}

/// There are users enough, and none of them says anything.
#[test]
fn units_that_give_no_scores_wait_with_their_reason() {
    let mut world = World::of(on_score(Unit::User), CALM, Dice::seeded(3));
    (0..8_000).for_each(|_| world.call(|_, _| (UNTOLD, false)));
    assert_eq!(world.look().verdict, Verdict::Wait(Wait::TooFewScored { arm: 0, groups: 0 }));
    let sentence = world.look().sentence(&world.experiment);
    assert_eq!(
        sentence,
        "too few units of 'arm0' were given scores: those of 0 of 64 groups, and of 48 are needed"
    );
}

#[test]
fn guards_on_what_is_declared_stop_the_arm_that_is_worse() {
    for (metric, margin, told) in [
        (curt(), Margin::Points(500), "'arm2' does worse than 'arm0' in support-chat, curt: "),
        (helpful(), Margin::Score(100), "'arm2' does worse than 'arm0' in support-chat, helpful: 3."),
    ] {
        for unit in [Unit::User, Unit::Request] {
            let guards = vec![Guard::new(metric, margin)];
            let mut world = World::of(Experiment { guards, ..experiment(unit, 3) }, CALM, Dice::seeded(7));
            let come = |dice: &mut Dice, call: &Call<'_>| {
                (u64::from(dice.hits(0.1)), dice.hits(if call.arm == 2 { 0.2 } else { 0.02 }))
            };
            let found = (1..=12_000_u32).find(|call| {
                world.call(come);
                call % 200 == 0 && !world.look().harm.is_empty()
            });
            let analysis = world.look();
            let notes = analysis.notes(&world.experiment).join("; ");
            assert!(found.is_some_and(|call| call <= 4_000), "{found:?} {notes}");
            assert!(
                analysis.harm.iter().all(|harm| harm.arm == 2 && harm.follows == Follows::ArmStops),
                "{notes}"
            );
            assert!(notes.starts_with(told), "{notes}");
        }
    }
}
