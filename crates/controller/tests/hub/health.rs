//! How gateways fare by a table that no other has yet.

use crate::world::{A_MOMENT, A_SECOND, World, at, chat, node};
use std::sync::atomic::Ordering;
use viridian_core::id::Generation;
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;
use viridian_testkit::table::{placement, running, table};
use viridian_wire::tally::Vitals;

/// Every gateway says that of all its requests so far so many have ended and so many of them failed.
fn fare(world: &World, counted: impl Fn(&str) -> (u64, u64)) {
    for name in world.gateways.keys() {
        let (ended, failed) = counted(name);
        let clock = Timestamp(world.now.load(Ordering::SeqCst));
        let vitals = Vitals { clock, ended, failed, lost: 0, pinned: Vec::new() };
        world.hub.fares(&node(name), world.gateways[name].boot, vitals);
    }
}

/// A table of another baseline, which no rollout asked for.
fn elsewhere(generation: u64) -> RoutingTable {
    RoutingTable {
        generation: Generation(generation),
        ..table("support-chat", placement("v1", "http://127.0.0.1:9"))
    }
}

#[test]
fn a_table_by_which_the_first_gateway_fares_worse_reaches_no_other() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 0));
    world.serve_all();
    fare(&world, |_| (1_000, 10));
    world.hub.publish(elsewhere(2));
    assert_eq!(world.reached(2, A_MOMENT), 1);
    let first = world.first_with(2);
    fare(&world, |name| if name == first { (1_040, 45) } else { (1_400, 14) });
    for _ in 0..5 {
        assert_eq!(world.reached(2, A_SECOND), 1, "it goes no further");
    }
    let (before, unwell) = world.hub.to_take_back(&chat()).unwrap();
    assert_eq!((before, unwell.node), (at(1, 0), first));
    assert!(unwell.detail.contains("35 of 40 requests failed since"), "{}", unwell.detail);
    assert!(world.hub.gateways(&chat()).unwell.is_some());
    // What every gateway had comes back under a number of its own, to all at once.
    world.hub.publish(at(3, 0));
    assert_eq!(world.serve_all(), vec![3; 10]);
    assert!(world.hub.to_take_back(&chat()).is_none());
}

#[test]
fn a_promotion_is_not_taken_back_to_a_rollout_that_has_ended() {
    let mut world = World::with(2);
    world.hub.publish(at(1, 9_000));
    world.serve_all();
    fare(&world, |_| (1_000, 0));
    let promoted = RoutingTable {
        generation: Generation(2),
        ..table("support-chat", placement("v2", "http://127.0.0.1:2"))
    };
    world.hub.publish(promoted);
    assert_eq!(world.reached(2, A_MOMENT), 1);
    // The release begins to fail just now.
    fare(&world, |_| (1_100, 90));
    assert!(world.hub.to_take_back(&chat()).is_none());
    assert_eq!(world.reached(2, A_SECOND * 3), 2, "both have it in the end");
}

#[test]
fn what_fails_everywhere_does_not_hold_a_table_up() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 0));
    world.serve_all();
    fare(&world, |_| (1_000, 10));
    world.hub.publish(at(2, 500));
    assert_eq!(world.reached(2, A_MOMENT), 1);
    fare(&world, |_| (1_040, 45));
    assert_eq!(world.reached(2, A_SECOND), 10, "the second ring is one gateway of ten as well");
}

#[test]
fn a_ring_that_serves_nobody_is_waited_for_and_not_for_ever() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 0));
    world.serve_all();
    fare(&world, |_| (1_000, 10));
    world.hub.publish(at(2, 500));
    assert_eq!(world.reached(2, A_MOMENT), 1);
    assert_eq!(world.reached(2, A_SECOND), 1, "without a request nobody knows");
    assert_eq!(world.reached(2, A_SECOND * 2), 10);
}

/// Three arms, the last two with these shares.
fn compared(generation: u64, shares: [u16; 3]) -> RoutingTable {
    let arms = ["v2", "v3"].map(|version| (version, placement(version, "http://127.0.0.1:2")));
    RoutingTable {
        generation: Generation(generation),
        experiment: Some(running(&arms, &shares)),
        ..table("support-chat", placement("v1", "http://127.0.0.1:1"))
    }
}

#[test]
fn what_an_arm_of_an_experiment_fails_is_for_its_guards_to_judge() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 0));
    world.serve_all();
    fare(&world, |_| (1_000, 10));
    world.hub.publish(compared(2, [3_000; 3]));
    assert_eq!(world.reached(2, A_MOMENT), 1, "it moves traffic, so one gateway has it first");
    assert!(world.hub.has_candidates());
    let first = world.first_with(2);
    fare(&world, |name| if name == first { (1_040, 34) } else { (1_400, 14) });
    world.reached(2, A_SECOND);
    assert!(world.hub.to_take_back(&chat()).is_none(), "arms that serve 60% failed as much");
    // An arm that stops is on its way to the control, and does not wait for anybody.
    world.hub.publish(compared(3, [3_000, 0, 0]));
    assert_eq!(world.serve_all(), vec![3; 10]);
    assert_eq!(world.hub.gateways(&chat()).exposed, 0);
}
