//! What guards say of arms: in how many applications an experiment is makes no sound arm stop more often, and counts that were not
//! split as drawn stop none.

use viridian_core::analysis::judge::{ALPHA_ROLLBACK, Units};
use viridian_core::analysis::measurement::ArmCounts;
use viridian_core::application::Unit;
use viridian_core::epoch::Thresholds;
use viridian_core::experiment::definition::{Arm, Arms, Experiment};
use viridian_core::experiment::evidence::Counted;
use viridian_core::experiment::harm::{Follows, harmed};
use viridian_core::experiment::step::{Input, Phase, begin, step};
use viridian_core::experiment::verdict::{Verdict, Wait};
use viridian_core::guard::{Guard, Margin};
use viridian_core::metric::Metric;

use crate::runs::Dice;
use crate::world::{CALM, START, World, chat, experiment, name, plain, weight};

/// Two arms that change a release in each of some applications.
fn across(applications: &[&str]) -> Experiment {
    let arm = |called: &str| Arm {
        name: name(called),
        share: weight(5_000),
        releases: applications.iter().map(|application| (name(application), name(called))).collect(),
    };
    Experiment {
        arms: Arms::new(vec![arm("arm0"), arm("arm1")], &name("arm0")).unwrap(),
        guards: vec![Guard::new(Metric::Errors, Margin::Points(50))],
        ..experiment(Unit::Request, 2)
    }
}

/// The evidence at which a guard first finds an arm worse that fails in the chat.
fn first_found(applications: &[&str]) -> f64 {
    let mut world = World::of(across(applications), CALM, Dice::seeded(3));
    let found = (0..10_000).find_map(|_| {
        world.call(|dice, call| (0, dice.hits([0.01, 0.08][call.arm])));
        let harm = harmed(&world.experiment, &world.evidence, Units::Independent);
        harm.first().map(|harm| harm.judgement.log_harm)
    });
    found.flatten().unwrap()
}

#[test]
fn applications_share_the_error_of_an_arm() {
    let alone = first_found(&["support-chat"]);
    let of_four = first_found(&["support-chat", "search", "speech", "summaries"]);
    let needed = -ALPHA_ROLLBACK.ln();
    let of_a_quarter = -(ALPHA_ROLLBACK / 4.0).ln();
    assert!((needed..of_a_quarter).contains(&alone), "{alone}");
    assert!((of_a_quarter..of_a_quarter + 1.0).contains(&of_four), "{of_four}");
}

/// What fails on the control never arrives, nor does a fifth of the rest: the arm, which is as good, looks worse.
fn losing(applications: &[&str]) -> World {
    let mut world = World::of(across(applications), CALM, Dice::seeded(5));
    let failed = |arm: &ArmCounts| arm.tally.metrics[Metric::Errors.index()].events;
    for _ in 0..12_000 {
        let before = world.counted().spans[0].arms[0].clone();
        world.call(|dice, _| (0, dice.hits(0.05)));
        let fails = failed(&world.counted().spans[0].arms[0]) > failed(&before);
        if fails || world.dice.hits(0.2) {
            world.counted().spans[0].arms[0] = before;
        }
    }
    world
}

#[test]
fn counts_that_were_not_split_as_drawn_stop_no_arm() {
    let world = losing(&["support-chat"]);
    let analysis = world.look();
    assert_eq!(analysis.verdict, Verdict::Wait(Wait::BrokenSplit));
    assert!(!analysis.harm.is_empty() && analysis.harm.iter().all(|harm| harm.follows == Follows::APerson));
    assert!(!analysis.arms[1].is_stopped);
    let notes = analysis.notes(&world.experiment).join("\n");
    assert!(
        notes.starts_with("'arm1' does worse than 'arm0' in support-chat, errors: ")
            && notes.ends_with("the traffic was not split as drawn, so it is not stopped: a person decides"),
        "{notes}"
    );
    let begun = begin(&world.experiment, START);
    let input = Input { sequence: 0, orders: Vec::new(), analysis };
    let found = step(&world.experiment, &begun, &input, START);
    assert_eq!(found.next.phase, Phase::Running { stopped: Vec::new() }, "{:?}", found.report);
}

/// What is lost in one application says nothing of what an arm does in another.
#[test]
fn an_arm_stops_where_its_traffic_was_split_as_drawn() {
    let mut world = losing(&["search", "support-chat"]);
    let lost = world.evidence.applications.remove(&chat()).unwrap();
    world.evidence.applications.insert(chat(), Counted::default());
    world.renew(START, Thresholds::default());
    for _ in 0..6_000 {
        world.call(|dice, call| (plain(&[0.1; 2])(dice, call).0, dice.hits([0.01, 0.08][call.arm])));
    }
    world.evidence.applications.insert(name("search"), lost);
    let analysis = world.look();
    let found: Vec<_> = analysis.harm.iter().map(|harm| (harm.application.as_str(), harm.follows)).collect();
    assert_eq!(found, [("search", Follows::APerson), ("support-chat", Follows::ArmStops)]);
    assert_eq!(analysis.verdict, Verdict::NoArmLeft);
}
