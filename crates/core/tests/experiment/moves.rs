//! How an experiment moves: by its clock, by guards, by its verdict and by people.

use std::time::Duration;

use viridian_core::application::Unit;
use viridian_core::experiment::definition::{Decider, Experiment};
use viridian_core::experiment::step::{End, Input, Order, Phase, State, begin, step};
use viridian_core::experiment::verdict::{Analysis, Verdict};
use viridian_core::guard::{Guard, Margin};
use viridian_core::metric::Metric;

use crate::runs::Dice;
use crate::world::{CALM, Call, START, World, experiment, plain};

fn analysis(experiment: &Experiment, verdict: Verdict) -> Analysis {
    let world = World::of(experiment.clone(), CALM, Dice::seeded(1));
    Analysis { verdict, ..world.look() }
}

/// What follows after so many hours, from a verdict and orders.
fn after(experiment: &Experiment, state: &State, hours: u64, look: (Verdict, &[Order])) -> (State, String) {
    let input =
        Input { sequence: state.sequence, orders: look.1.to_vec(), analysis: analysis(experiment, look.0) };
    let found = step(experiment, state, &input, START.plus(Duration::from_secs(hours * 3_600)));
    assert_eq!(found.report.is_empty(), found.next == *state, "{:?}", found.report);
    (found.next, found.report.join("\n"))
}

fn running(stopped: &[usize]) -> Phase {
    Phase::Running { stopped: stopped.to_vec() }
}

#[test]
fn a_lead_in_comes_first_and_the_clock_ends_it() {
    let leading_in = Experiment { lead_in: Duration::from_secs(24 * 3_600), ..experiment(Unit::User, 3) };
    let begun = begin(&leading_in, START);
    assert_eq!(begun.phase, Phase::LeadIn);
    let winner = Verdict::Winner { arm: 1 };
    let (still, _) = after(&leading_in, &begun, 23, (winner, &[]));
    assert_eq!(still, begun, "nothing is concluded from a lead-in");
    let (over, report) = after(&leading_in, &begun, 24, (winner, &[]));
    assert_eq!((over.phase, over.sequence), (running(&[]), 1));
    assert_eq!(report, "the lead-in of 24h is over");
    assert_eq!(begin(&experiment(Unit::User, 3), START).phase, running(&[]));
}

#[test]
fn a_verdict_ends_it_by_rule_and_waits_for_a_person_otherwise() {
    let by_rule = experiment(Unit::User, 3);
    let mut by_person = by_rule.clone();
    by_person.stop.winner = Decider::ByPerson;
    let begun = begin(&by_rule, START);
    let check = |experiment: &Experiment, look: (Verdict, &[Order]), phase: Phase| {
        assert_eq!(after(experiment, &begun, 1, look).0.phase, phase, "{look:?}");
    };
    let winner = Verdict::Winner { arm: 2 };
    let ended = |end| Phase::Ended(end);
    check(&by_rule, (winner, &[]), ended(End::Winner { arm: 2, by: Decider::ByRule }));
    check(&by_person, (winner, &[]), running(&[]));
    check(&by_rule, (Verdict::NoDifference, &[]), ended(End::NoDifference));
    check(&by_person, (Verdict::NoDifference, &[]), running(&[]));
    check(&by_person, (Verdict::NoArmLeft, &[]), ended(End::NoArmLeft));
    for verdict in [Verdict::KeepGoing, Verdict::Leading { arm: 1 }] {
        check(&by_rule, (verdict, &[]), running(&[]));
    }
    check(
        &by_person,
        (winner, &[Order::Name { arm: 1 }]),
        ended(End::Winner { arm: 1, by: Decider::ByPerson }),
    );
    check(&by_rule, (winner, &[Order::Stop]), ended(End::Stopped));
}

#[test]
fn arms_stop_by_order_and_the_last_one_ends_it() {
    let experiment = experiment(Unit::User, 3);
    let begun = begin(&experiment, START);
    let going = Verdict::KeepGoing;
    let (one, report) = after(&experiment, &begun, 1, (going, &[Order::StopArm { arm: 2 }]));
    assert_eq!((&one.phase, report.as_str()), (&running(&[2]), "a person stopped 'arm2'"));
    for order in [
        Order::StopArm { arm: 0 },
        Order::StopArm { arm: 2 },
        Order::StopArm { arm: 9 },
        Order::Name { arm: 0 },
    ] {
        assert_eq!(after(&experiment, &one, 2, (going, &[order])).0, one, "{order:?}");
    }
    let (none, _) = after(&experiment, &one, 2, (going, &[Order::StopArm { arm: 1 }]));
    assert_eq!(none.phase, Phase::Ended(End::NoArmLeft));
    assert_eq!(after(&experiment, &none, 3, (going, &[Order::Stop])).0, none, "an end is an end");
}

#[test]
fn time_runs_out() {
    let experiment = experiment(Unit::User, 3);
    let begun = begin(&experiment, START);
    let (ended, report) = after(&experiment, &begun, 28 * 24, (Verdict::KeepGoing, &[]));
    assert_eq!(ended.phase, Phase::Ended(End::OutOfTime));
    assert!(report.starts_with("672h are over; no arm is shown better than 'arm0'"), "{report}");
}

#[test]
fn a_look_at_an_older_state_changes_nothing() {
    let experiment = experiment(Unit::User, 3);
    let state = State { sequence: 4, ..begin(&experiment, START) };
    let stale =
        Input { sequence: 3, orders: vec![Order::Stop], analysis: analysis(&experiment, Verdict::NoArmLeft) };
    assert_eq!(step(&experiment, &state, &stale, START).next, state);
}

/// From the first call to the end: a guard stops the harmful arm, the better one wins.
#[test]
fn an_experiment_from_its_first_call_to_its_winner() {
    let guard = Guard::new(Metric::Errors, Margin::Points(50));
    let experiment = Experiment { guards: vec![guard], ..experiment(Unit::Request, 4) };
    let mut world = World::of(experiment.clone(), CALM, Dice::seeded(11));
    let full = world.shares.clone();
    let mut state = begin(&experiment, START);
    let mut told = Vec::new();
    let come = |dice: &mut Dice, call: &Call<'_>| {
        let (bad, _) = plain(&[0.20, 0.12, 0.20, 0.20])(dice, call);
        (bad, dice.hits(if call.arm == 3 { 0.10 } else { 0.01 }))
    };
    for call in 1..=60_000_u32 {
        world.call(come);
        if call % 500 != 0 {
            continue;
        }
        let stopped = match &state.phase {
            Phase::Running { stopped } => stopped.clone(),
            Phase::LeadIn | Phase::Ended(_) => break,
        };
        let analysis = viridian_core::experiment::analysis::analyse(&experiment, &world.evidence, &stopped);
        let input = Input { sequence: state.sequence, orders: Vec::new(), analysis };
        let found = step(&experiment, &state, &input, START);
        if let Phase::Running { stopped } = &found.next.phase
            && found.next != state
        {
            let shares: Vec<_> = full
                .of_arms()
                .enumerate()
                .map(
                    |(arm, share)| {
                        if stopped.contains(&arm) { viridian_core::weight::Weight::ZERO } else { share }
                    },
                )
                .collect();
            world.shares = full.with(&shares).unwrap();
            world.next_day();
        }
        told.extend(found.report);
        state = found.next;
    }
    assert_eq!(state.phase, Phase::Ended(End::Winner { arm: 1, by: Decider::ByRule }), "{told:#?}");
    assert!(told[0].starts_with("'arm3' does worse than 'arm0'"), "{told:#?}");
    assert!(told[1].starts_with("'arm1' wins: feedback "), "{told:#?}");
    println!("{}", told.join("\n"));
}
