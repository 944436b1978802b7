//! The walk of an experiment, from its first table to its end.

use crate::failure::Unwritable;
use crate::world::{World, application, errors_guard, percent, release};
use std::collections::BTreeMap;
use std::time::Duration;
use viridian_core::analysis::row::{FeedbackRecord, Opinion, Standing};
use viridian_core::application::Unit;
use viridian_core::arm;
use viridian_core::companion::Elsewhere;
use viridian_core::experiment::definition::{Aim, Allocation, Arm, Arms, Better, Decider, Experiment, Stop};
use viridian_core::experiment::step::{End, Order, Phase};
use viridian_core::guard::Margin;
use viridian_core::id::{ArmName, ExperimentName, LayerName};
use viridian_core::metric::Metric;
use viridian_core::routing::table::Salt;
use viridian_core::unit::Group;
use viridian_core::weight::Weight;
use viridian_store::ExperimentStart;

fn name() -> ExperimentName {
    ExperimentName::parse("tone").unwrap()
}

/// Three arms of 30 % each, for an hour; the first release is the control.
fn experiment(lead_in: Duration) -> Experiment {
    let arm = |release: &str| Arm {
        name: ArmName::parse(release).unwrap(),
        share: percent(30),
        releases: BTreeMap::from([(application(), self::release(release).name)]),
    };
    Experiment {
        name: name(),
        layer: LayerName::parse("tone").unwrap(),
        traffic: Weight::FULL,
        unit: Unit::Request,
        arms: Arms::try_from(["v1", "v2", "v3"].map(arm).to_vec()).unwrap(),
        holdout: Weight::ZERO,
        aim: Aim {
            application: application(),
            metric: Metric::Errors,
            better: Better::Lower,
            minimum_effect: Margin::Points(100),
            maturity: Duration::ZERO,
        },
        guards: vec![errors_guard()],
        meanings: BTreeMap::new(),
        allocation: Allocation::Fixed,
        lead_in,
        stop: Stop { winner: Decider::ByPerson, max_duration: Duration::from_secs(3_600) },
    }
}

/// A world in which it runs.
fn conducted(lead_in: Duration) -> World {
    conducted_as(&experiment(lead_in))
}

fn conducted_as(experiment: &Experiment) -> World {
    let world = World::new();
    world.until("a first table", |world| world.table().is_some());
    world.acknowledge();
    world.store.register_release(&release("v3"), world.now()).unwrap();
    let start = ExperimentStart { experiment, salt: Salt([7; 16]), at: world.now() };
    world.store.start_experiment(&start).unwrap();
    world.controller.nudge().wake();
    world.until("arms in the table", |world| world.table().unwrap().experiment.is_some());
    world.acknowledge();
    world
}

fn phase(world: &World) -> Phase {
    world.store.experiment(&name()).unwrap().unwrap().state.phase
}

fn shares(world: &World) -> Option<Vec<Weight>> {
    Some(world.table()?.experiment?.shares.of_arms().collect())
}

#[test]
fn an_arm_that_does_harm_is_stopped_alone_and_stays_so_after_a_restart() {
    let mut world = conducted(Duration::ZERO);
    assert_eq!(shares(&world), Some(vec![percent(30); 3]));
    world.serve_arms(&[(0, (1_000, 100)), (1, (1_000, 5)), (2, (1_000, 100))]);
    world.pass(Duration::from_secs(2));
    world.until("it is stopped", |world| phase(world) == Phase::Running { stopped: vec![1] });
    let left = Some(vec![percent(30), Weight::ZERO, percent(30)]);
    world.until("its share is gone", |world| shares(world) == left);
    let report = world.store.experiment(&name()).unwrap().unwrap().latest_report.unwrap();
    assert!(report.sentences[0].contains("'v2'"), "{:?}", report.sentences);

    let world = world.restart();
    world.until("the table is there again", |world| shares(world) == left);
    assert_eq!(phase(&world), Phase::Running { stopped: vec![1] });
    world.pass(Duration::from_secs(3_600));
    world.until("time is over", |world| phase(world) == Phase::Ended(End::OutOfTime));
    world.until("the control serves all", |world| world.table().unwrap().experiment.is_none());
    assert_eq!(world.table().unwrap().baseline.version, "v1");
}

/// Callers say of so many answers of each arm that they are bad.
fn say(world: &World, arms: &[u64]) {
    let (now, epoch) = (world.now(), world.table().unwrap().epoch);
    let record = |arm: arm::Arm, number: u64| FeedbackRecord {
        request: format!("{arm:?}-{number}"),
        application: application(),
        epoch,
        arm,
        group: Group(0),
        evidence: Standing::Measured,
        issued_at: now,
        received_at: now,
        opinion: Some(Opinion::Bad),
        scores: Vec::new(),
        elsewhere: Elsewhere::NOWHERE,
    };
    let said =
        arms.iter().enumerate().filter_map(|(place, said)| Some((arm::Arm::of_experiment(place)?, said)));
    let said = said.flat_map(|(arm, said)| (0..*said).map(move |number| record(arm, number)));
    world.store.record_feedback(&said.collect::<Vec<_>>(), &BTreeMap::new()).unwrap();
}

/// What is said of a request counts once the request is old enough, by what the aim asks for: no guard does.
#[test]
fn an_aim_waits_for_what_callers_say() {
    let whole = experiment(Duration::ZERO);
    let maturity = Duration::from_secs(600);
    let aim = Aim { metric: Metric::Feedback, maturity, ..whole.aim.clone() };
    let mut world = conducted_as(&Experiment { aim, ..whole });
    world.serve_arms(&[(0, (10, 100)), (1, (10, 100)), (2, (10, 100))]);
    say(&world, &[3, 4, 5]);
    let heard = |world: &World| -> Option<Vec<u64>> {
        let analysis = world.store.noted_analysis(&name())?;
        Some(analysis.arms.iter().map(|arm| arm.counts.trials).collect())
    };
    world.pass(Duration::from_secs(590));
    world.until("it is looked at", |world| heard(world) == Some(vec![0; 3]));
    world.pass(Duration::from_secs(20));
    world.until("what was said counts", |world| heard(world) == Some(vec![3, 4, 5]));
}

#[test]
fn an_end_is_served_before_it_is_written_down() {
    let world = conducted(Duration::ZERO);
    let lock = Unwritable::on(&world);
    world.pass(Duration::from_secs(3_601));
    world.until("the control serves all", |world| world.table().unwrap().experiment.is_none());
    assert_eq!(phase(&world), Phase::Running { stopped: Vec::new() }, "it is not written down yet");
    let served = world.table().unwrap().generation;
    lock.released();
    world.until("it is written down", |world| phase(world) == Phase::Ended(End::OutOfTime));
    assert_eq!(world.store.table(&application()).unwrap().unwrap().generation, served);
}

#[test]
fn people_are_obeyed_and_answered_once() {
    let world = conducted(Duration::from_secs(600));
    let give = |order| world.store.order_experiment(&name(), (order, "ada"), world.now()).unwrap();
    // While it leads in, no arm has anything of its own that could be stopped.
    give(Order::StopArm { arm: 1 });
    world.controller.nudge().wake();
    world.until("it is answered", |world| world.store.next_order(&name()).unwrap().is_none());
    assert_eq!(phase(&world), Phase::LeadIn);
    world.pass(Duration::from_secs(601));
    world.until("it runs", |world| phase(world) == Phase::Running { stopped: Vec::new() });
    give(Order::Name { arm: 2 });
    world.controller.nudge().wake();
    let won = Phase::Ended(End::Winner { arm: 2, by: Decider::ByPerson });
    world.until("it has a winner", |world| phase(world) == won);
    world.until("the control serves all", |world| world.table().unwrap().experiment.is_none());
}

#[test]
fn a_bandit_moves_traffic_by_the_hour_and_keeps_a_floor() {
    let stop = Stop { winner: Decider::ByPerson, max_duration: Duration::from_secs(24 * 3_600) };
    let allocation = Allocation::Bandit { floor: percent(10) };
    let mut world = conducted_as(&Experiment { allocation, stop, ..experiment(Duration::ZERO) });
    world.serve_arms(&[(0, (1_000, 20)), (1, (1_000, 100)), (2, (1_000, 20))]);
    world.pass(Duration::from_secs(60));
    world.until("it is looked at", |world| world.store.noted_analysis(&name()).is_some());
    assert_eq!(shares(&world), Some(vec![percent(30); 3]), "it does not follow every look");
    world.pass(Duration::from_secs(3_600));
    // A tenth of the 90 % that the arms have.
    let followed = Some([900, 7_200, 900].map(|points| Weight::from_basis_points(points).unwrap()).to_vec());
    world.until("traffic follows the arm that fails least", |world| shares(world) == followed);
    assert_eq!(phase(&world), Phase::Running { stopped: Vec::new() });
}
