//! Feedback that comes later on one arm than on the other, from callers who are as pleased with both: with a maturity at most one
//! experiment in twenty says that the arm which is complained of later is the better one, without one many do.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use viridian_core::analysis::tally::Counts;
use viridian_core::application::Unit;
use viridian_core::experiment::compare::Gain;
use viridian_core::experiment::verdict::Verdict;
use viridian_core::metric::Metric;
use viridian_core::unit::UnitHash;

use crate::runs::{Dice, check};
use crate::world::{CALM, Call, UNTOLD, World, chat, experiment};

/// Calls of one experiment, one a second, and between looks.
const CALLS: u32 = 8_000;
const LOOK: u32 = 200;
/// After how long on average who is not pleased says so, on the control and on the arm; who is pleased says it at once.
const LATE: [[f64; 2]; 2] = [[500.0, 10.0], [10.0, 500.0]];
/// All but one in fifty have spoken by then.
const MATURE: Duration = Duration::from_secs(2_000);

/// What a caller will have said.
struct Said {
    arm: usize,
    unit: UnitHash,
    bad: bool,
}

/// Whether any look says that the arm which is complained of later is better.
fn ever_misled(unit: &Unit, (complaints, maturity): ([f64; 2], Duration), dice: Dice) -> bool {
    let mut experiment = experiment(unit.clone(), 2);
    experiment.aim.maturity = maturity;
    let mut world = World::of(experiment, CALM, dice);
    let unripe: RefCell<BTreeMap<u64, Vec<Said>>> = RefCell::default();
    (1..=CALLS).any(|number| {
        let maturity = world.experiment.maturity().as_secs();
        world.call(|dice, call: &Call<'_>| {
            let prone = if unit.is_sticky() { call.user.prone } else { 1.0 };
            let bad = dice.hits((0.1 * prone).min(1.0));
            let after = if bad { -complaints[call.arm] * (1.0 - dice.uniform()).ln() } else { 0.0 };
            let due = u64::from(number) + (after as u64).max(maturity);
            let said = Said { arm: call.arm, unit: UnitHash::of(&chat(), &call.user.name), bad };
            unripe.borrow_mut().entry(due).or_default().push(said);
            (UNTOLD, false)
        });
        let ripe = {
            let mut unripe = unripe.borrow_mut();
            let later = unripe.split_off(&(u64::from(number) + 1));
            std::mem::replace(&mut *unripe, later)
        };
        let arms = &mut world.counted().spans.last_mut().unwrap().arms;
        for Said { arm, unit, bad } in ripe.into_values().flatten() {
            let said = Counts::of_share(1, u64::from(bad));
            arms[arm].tally.metrics[Metric::Feedback.index()].add(said);
            arms[arm].groups.record_counts(Metric::Feedback, unit.group(), said);
        }
        number % LOOK == 0 && is_misled(&world, complaints[0] > complaints[1])
    })
}

fn is_misled(world: &World, is_control_late: bool) -> bool {
    let is_for_the_late = |gain: Gain| {
        if is_control_late {
            gain.upper.is_some_and(|upper| upper < 0.0)
        } else {
            gain.lower.is_some_and(|lower| lower > 0.0)
        }
    };
    let analysis = world.look();
    !matches!(analysis.verdict, Verdict::Wait(_)) && analysis.arms[1].gain.is_some_and(is_for_the_late)
}

#[test]
fn with_a_maturity_arms_that_are_liked_alike_name_nobody() {
    for unit in [Unit::Request, Unit::User] {
        for complaints in LATE {
            check(
                &format!("said to be better by when callers complain: {unit}, after {complaints:?}"),
                |dice| ever_misled(&unit, (complaints, MATURE), dice.copy()),
            );
        }
    }
}

/// What a maturity is for: the test above would find it missing.
#[test]
fn without_a_maturity_the_arm_that_is_complained_of_later_looks_better() {
    for complaints in LATE {
        let wrong = (1..=20)
            .filter(|seed| ever_misled(&Unit::Request, (complaints, Duration::ZERO), Dice::seeded(*seed)));
        let wrong = wrong.count();
        println!("said to be better by when callers complain, without a maturity: {wrong} of 20");
        assert!(wrong > 5, "{wrong} of 20");
    }
}
