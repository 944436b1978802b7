//! What there is, is found: the better arm wins, equal arms end without a difference, a harmful arm is stopped.

use viridian_core::application::Unit;
use viridian_core::experiment::definition::{Better, Experiment};
use viridian_core::experiment::harm::Follows;
use viridian_core::experiment::verdict::{Verdict, Wait};
use viridian_core::guard::{Guard, Margin, OnFail};
use viridian_core::metric::Metric;

use crate::runs::{Dice, check_finds};
use crate::world::{CALM, Call, UNEQUAL, Users, World, experiment, plain, share};

/// Calls until a look concludes so, if one does.
fn until(
    world: &mut World,
    come: impl Fn(&mut Dice, &Call<'_>) -> (u64, bool) + Copy,
    wanted: Verdict,
) -> Option<u64> {
    (1..=60_000_u64).find(|call| {
        world.call(come);
        call % 500 == 0 && world.look().verdict == wanted
    })
}

fn sticky(users: Users, dice: &Dice) -> World {
    World::of(experiment(Unit::User, 3), users, dice.copy())
}

#[test]
fn the_better_arm_wins() {
    let rates = [0.10, 0.06, 0.10];
    check_finds("users, 10 % to 6 % on one of three arms", 12_000, |dice| {
        until(&mut sticky(CALM, dice), share(&rates), Verdict::Winner { arm: 1 })
    });
    check_finds("requests, 10 % to 6 % on one of three arms", 12_000, |dice| {
        let mut world = World::of(experiment(Unit::Request, 3), CALM, dice.copy());
        until(&mut world, plain(&rates), Verdict::Winner { arm: 1 })
    });
}

#[test]
fn more_can_be_better() {
    let mut more = experiment(Unit::Request, 3);
    more.aim.better = Better::Higher;
    let mut world = World::of(more, CALM, Dice::seeded(3));
    assert!(until(&mut world, plain(&[0.2, 0.2, 0.3]), Verdict::Winner { arm: 2 }).is_some());
    let sentence = world.look().sentence(&world.experiment);
    assert!(
        sentence.starts_with("'arm2' wins: feedback ") && sentence.contains("pp better (between"),
        "{sentence}"
    );
}

#[test]
fn equal_arms_end_without_a_difference() {
    check_finds("requests, three equal arms within two points", 30_000, |dice| {
        let mut world = World::of(experiment(Unit::Request, 3), CALM, dice.copy());
        until(&mut world, plain(&[0.1; 3]), Verdict::NoDifference)
    });
}

/// Two arms are better than the control, and as good as each other: either may win, and one does.
#[test]
fn of_two_equally_good_arms_one_wins() {
    let mut world = World::of(experiment(Unit::Request, 3), CALM, Dice::seeded(5));
    let come = plain(&[0.12, 0.08, 0.08]);
    let wins = (1..=100_000_u32).any(|call| {
        world.call(come);
        call % 1_000 == 0 && matches!(world.look().verdict, Verdict::Winner { .. })
    });
    let analysis = world.look();
    assert!(wins, "{}", analysis.sentence(&world.experiment));
}

/// Whoever was prone to complain before is prone to complain after: the lead-in tells who they are.
#[test]
fn a_lead_in_narrows_what_is_not_known() {
    let prone = Users { count: 300, activity: 0.3, proneness: 1.2 };
    let (mut narrower, mut ratio) = (0, 0.0);
    for run in 0..40 {
        let mut world = World::of(experiment(Unit::User, 2), prone, Dice::seeded(run));
        for _ in 0..12_000 {
            world.call(share(&[0.2; 2]));
        }
        world.lead_in_is_over();
        for _ in 0..12_000 {
            world.call(share(&[0.2; 2]));
        }
        let width = |world: &World| {
            let gain = world.look().arms[1].gain.unwrap();
            gain.upper.unwrap() - gain.lower.unwrap()
        };
        let adjusted = width(&world);
        world.counted().lead_in.clear();
        let plain = width(&world);
        narrower += u32::from(adjusted < plain);
        ratio += adjusted / plain / 40.0;
    }
    println!("a lead-in: narrower in {narrower} of 40 runs, {ratio:.2} of the width on average");
    assert!(narrower >= 38 && ratio < 0.75, "{narrower} of 40, {ratio}");
}

fn guarded(on_fail: OnFail) -> Experiment {
    let guard = Guard { on_fail, ..Guard::new(Metric::Errors, Margin::Points(50)) };
    Experiment { guards: vec![guard], ..experiment(Unit::User, 3) }
}

fn failing(dice: &mut Dice, call: &Call<'_>) -> (u64, bool) {
    let fails = if call.arm == 2 { 0.08 } else { 0.01 };
    (u64::from(dice.hits(0.1)), dice.hits(fails))
}

#[test]
fn a_harmful_arm_stops_and_says_why() {
    let mut world = World::of(guarded(OnFail::Rollback), CALM, Dice::seeded(7));
    let found = (1..=20_000_u32).find(|call| {
        world.call(failing);
        call % 200 == 0 && !world.look().harm.is_empty()
    });
    let analysis = world.look();
    let told = analysis.notes(&world.experiment).join("\n");
    assert!(found.is_some_and(|call| call <= 6_000), "{found:?}");
    assert!(analysis.harm.iter().all(|harm| harm.arm == 2 && harm.follows == Follows::ArmStops));
    assert!(told.starts_with("'arm2' does worse than 'arm0' in support-chat, errors: "), "{told}");
    assert!(told.ends_with("it gets no more traffic"), "{told}");
}

#[test]
fn a_guard_may_ask_a_person() {
    let mut world = World::of(guarded(OnFail::Pause), CALM, Dice::seeded(7));
    for _ in 0..10_000 {
        world.call(failing);
    }
    let analysis = world.look();
    assert_eq!(analysis.verdict, Verdict::Wait(Wait::Guard { arm: 2 }));
    let sentence = analysis.sentence(&world.experiment);
    assert!(sentence.starts_with("a person decides on 'arm2': "), "{sentence}");
}

/// Of sound arms, at most one in a hundred is stopped, as of sound candidates.
#[test]
fn sound_arms_are_not_stopped() {
    crate::runs::check_at(0.02, "stopped though sound, either of two arms", |dice| {
        let mut world = World::of(guarded(OnFail::Rollback), UNEQUAL, dice.copy());
        let come = |dice: &mut Dice, call: &Call<'_>| (0, dice.hits((0.03 * call.user.prone).min(1.0)));
        (1..=6_000_u32).any(|call| {
            world.call(come);
            call % 300 == 0 && !world.look().harm.is_empty()
        })
    });
}
