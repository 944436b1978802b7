//! Gateways that come, fall silent, are given up and come again.

use crate::world::{A_SECOND, FORGOTTEN, LOST, World, at, chat, node};
use viridian_controller::Unheard;
use viridian_core::id::{BootId, Generation};
use viridian_core::time::Timestamp;
use viridian_testkit::table::application;
use viridian_wire::snapshot::{Acknowledgement, TableAnswer};
use viridian_wire::tally::Vitals;

#[test]
fn a_gateway_that_comes_back_is_sent_what_it_missed() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 0));
    assert_eq!(world.serve_all(), [1]);
    world.hub.publish(at(2, 500));
    world.hub.publish(at(3, 1_000));
    world.join("gw-0", 1);
    assert_eq!(world.serve_all(), [3]);
    world.join("gw-0", 1);
    assert_eq!(world.serve_all(), [3], "nothing is missing");
}

#[test]
fn a_gateway_whose_acknowledgement_was_lost_is_not_exposed_once_it_comes_again() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 2_000));
    assert_eq!((world.serve("gw-0"), world.hub.gateways(&chat()).exposed), (1, 1));
    world.hub.publish(at(2, 0));
    // It takes the table, and what it says of it never arrives.
    world.gateways.get_mut("gw-0").unwrap().serving.insert(chat(), Generation(2));
    world.join("gw-0", 1);
    assert_eq!(world.hub.gateways(&chat()).exposed, 0, "it came with a table that has no candidate");
    // One that comes with a table of before still is.
    world.hub.publish(at(3, 2_000));
    world.serve("gw-0");
    world.hub.publish(at(4, 0));
    let _silent = world.hub.open(&node("gw-0"), BootId(1), world.gateways["gw-0"].serving.clone());
    assert_eq!(world.hub.gateways(&chat()).exposed, 1);
}

#[test]
fn what_the_controller_does_not_know_is_taken_away_unless_it_knows_nothing() {
    let mut world = World::with(1);
    let removed = |world: &World| {
        let serving = [(chat(), Generation(1)), (application("forgotten"), Generation(7))];
        let mut tables = world.hub.open(&node("gw-0"), BootId(1), serving);
        world.runtime.block_on(tables.next()).unwrap().removed
    };
    assert!(removed(&world).is_empty(), "a controller without a table has lost its memory");
    world.hub.publish(at(1, 0));
    assert_eq!(removed(&world), [application("forgotten")]);
    world.serve("gw-0");
}

#[test]
fn another_process_of_the_same_name_takes_the_seat() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 500));
    world.serve_all();
    let mut before = world.gateways.remove("gw-0").unwrap();
    world.join("gw-0", 2);
    assert!(world.runtime.block_on(before.tables.next()).is_none(), "it is sent nothing more");
    assert!(world.hub.heard(&node("gw-0"), before.boot, Vec::new()).is_err(), "nor heard");
    assert_eq!(world.hub.gateways(&chat()).known, 1);
}

#[test]
fn a_lost_gateway_counts_until_its_lease_has_run_out() {
    let mut world = World::with(2);
    world.hub.publish(at(1, 500));
    world.serve_all();
    let lost = world.gateways.remove("gw-1").unwrap();
    world.hub.publish(at(2, 0));
    for (after, expected) in [(A_SECOND, (2, 1, 1)), (LOST, (2, 1, 1)), (FORGOTTEN, (1, 1, 0))] {
        // The other one is heard all the time.
        for _ in 0..2 {
            world.pass(after / 2);
            world.serve_all();
        }
        let seen = world.hub.gateways(&chat());
        assert_eq!((seen.known, seen.acknowledged, seen.exposed), expected, "{after:?}");
    }
    drop(lost);
}

/// It would take the answer for contact, and go on with a candidate that it is not counted for any more.
#[test]
fn a_gateway_that_was_given_up_has_to_come_again_before_it_is_heard() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 500));
    world.serve_all();
    world.pass(FORGOTTEN);
    let (name, boot) = (node("gw-0"), world.gateways["gw-0"].boot);
    assert_eq!(world.hub.heard(&name, boot, Vec::new()), Err(Unheard::Unknown));
    let answers = vec![TableAnswer { application: chat(), serving: Generation(1), rejected: None }];
    let acknowledgement = Acknowledgement { node: name.clone(), boot, answers };
    assert_eq!(world.hub.acknowledge(acknowledgement), Err(Unheard::Unknown));
    let _tables = world.hub.open(&name, boot, [(chat(), Generation(1))]);
    assert_eq!(world.hub.heard(&name, boot, Vec::new()), Ok(()));
}

#[test]
fn what_is_heard_after_a_standstill_was_said_before_it() {
    let mut world = World::with(2);
    world.hub.publish(at(1, 0));
    world.serve_all();
    let acknowledged = |world: &World| world.hub.gateways(&chat()).acknowledged;
    assert_eq!(acknowledged(&world), 2);
    world.stand_still(LOST);
    world.serve_all();
    assert_eq!(acknowledged(&world), 0, "whether they live now nobody knows");
    world.pass(A_SECOND);
    world.serve_all();
    assert_eq!(acknowledged(&world), 2);
}

#[test]
fn the_same_process_that_comes_again_supersedes_nobody() {
    let mut world = World::with(1);
    let first = world.gateways.remove("gw-0").unwrap();
    let again = world.hub.open(&node("gw-0"), first.boot, []);
    assert!(!first.tables.is_superseded(first.boot));
    world.join("gw-0", 2);
    assert!(again.is_superseded(first.boot));
}

#[test]
fn a_table_nobody_answers_for_is_open_until_it_is_answered() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 0));
    let update = world.runtime.block_on(world.gateways.get_mut("gw-0").unwrap().tables.next()).unwrap();
    assert_eq!(update.tables.len(), 1);
    assert!(world.gateways["gw-0"].tables.is_unanswered());
    let answer = TableAnswer { application: chat(), serving: Generation(1), rejected: None };
    let boot = world.gateways["gw-0"].boot;
    let answer = Acknowledgement { node: node("gw-0"), boot, answers: vec![answer] };
    world.hub.acknowledge(answer).unwrap();
    assert!(!world.gateways["gw-0"].tables.is_unanswered());
}

#[test]
fn a_clock_that_is_off_is_told() {
    let world = World::with(1);
    let fares = |clock: u64| {
        let vitals = Vitals { clock: Timestamp(clock), ended: 0, failed: 0, lost: 0, pinned: Vec::new() };
        world.hub.fares(&node("gw-0"), BootId(1), vitals);
        world.hub.clock_ahead(&node("gw-0"))
    };
    for (clock, told) in [
        (1_000_000, None),
        (1_009_000, None),
        (991_000, None),
        (4_600_000, Some(3_600_000)),
        (0, Some(-1_000_000)),
    ] {
        assert_eq!(fares(clock), told, "{clock}");
    }
}
