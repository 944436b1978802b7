//! How long what is said of an answer may still change, when the guards of an application are edited under a rollout.

use crate::world::{World, application, node};
use std::time::Duration;
use viridian_core::analysis::row::{FeedbackRecord, Opinion, Origin, Standing};
use viridian_core::analysis::tally::Counts;
use viridian_core::arm::Arm;
use viridian_core::companion::Elsewhere;
use viridian_core::guard::{Guard, Margin};
use viridian_core::id::{BootId, EpochId};
use viridian_core::metric::Metric;
use viridian_core::unit::Group;
use viridian_wire::tally::TallyReport;

const HOUR: u64 = 3_600;

fn guards(maturity: u64) -> Vec<Guard> {
    vec![Guard {
        maturity: Duration::from_secs(maturity),
        ..Guard::new(Metric::Feedback, Margin::Points(300))
    }]
}

/// A caller says something of an answer that it was given when the test began.
fn say(world: &World, opinion: Opinion, seconds: u64) {
    let issued_at = world.now();
    let record = FeedbackRecord {
        request: "one".to_owned(),
        application: application(),
        epoch: world.table().unwrap().epoch,
        arm: Arm::Baseline,
        group: Group(0),
        evidence: Standing::Measured,
        issued_at,
        received_at: issued_at.plus(Duration::from_secs(seconds)),
        opinion: Some(opinion),
        scores: Vec::new(),
        elsewhere: Elsewhere::NOWHERE,
    };
    let origin = Origin { node: node(), boot: BootId(1) };
    let report = TallyReport {
        origin,
        tallies: Vec::new(),
        groups: Vec::new(),
        feedback: vec![record],
        trips: Vec::new(),
        vitals: None,
    };
    let _ = world.intake.receive(report);
}

/// A rollout is planned with a guard that waits so long, and then the guard is edited to wait as long as it does now. Callers
/// are content at first, and two hours later they are not: how many complaints count.
fn check([planned, now]: [u64; 2], complaints: u64) {
    let world = World::new();
    world.until("a first table", |world| world.table().is_some());
    world.start_by(&guards(planned));
    let mut edited = world.store.application(&application()).unwrap().unwrap();
    edited.guards = guards(now);
    world.store.apply_application(&edited, world.now()).unwrap();
    say(&world, Opinion::Good, 60);
    say(&world, Opinion::Bad, 2 * HOUR);
    let late = world.now().plus(Duration::from_secs(24 * HOUR));
    let evidence = world.store.evidence(&application(), EpochId(0), Duration::ZERO, late).unwrap();
    let told = evidence.epochs.iter().map(|counts| counts.baseline.counts(Metric::Feedback));
    let told: Vec<Counts> = told.filter(|counts| counts.trials > 0).collect();
    assert_eq!(told, [Counts::of_share(1, complaints)], "planned {planned} s, now {now} s");
}

#[test]
fn feedback_waits_as_long_as_the_rollout_was_planned_or_the_application_says_now() {
    check([HOUR, 0], 0);
    check([HOUR, 60], 0);
    check([0, HOUR], 0);
    check([3 * HOUR, HOUR], 1);
    check([0, 0], 1);
}
