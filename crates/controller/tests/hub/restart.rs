//! What a controller before this one left.

use crate::world::{A_MOMENT, A_SECOND, FORGOTTEN, World, at, chat, node};
use std::time::Duration;
use viridian_core::analysis::row::Origin;
use viridian_core::id::{BootId, Generation};
use viridian_core::time::Timestamp;

/// What a controller before this one knew of a gateway.
fn expected(world: &World, name: &str) {
    world.hub.expect(Origin { node: node(name), boot: BootId(1) }, Timestamp(0));
}

#[test]
fn a_rollback_is_not_over_after_a_restart_before_every_gateway_of_before_was_heard() {
    let mut world = World::with(0);
    expected(&world, "gw-0");
    expected(&world, "gw-1");
    // The table that was committed last: the baseline is restored.
    world.hub.publish(at(3, 0));
    let seen = world.hub.gateways(&chat());
    assert_eq!((seen.known, seen.acknowledged, seen.exposed), (2, 0, 2), "nobody was heard since");
    world.join("gw-0", 1);
    let seen = world.hub.gateways(&chat());
    assert_eq!((seen.known, seen.acknowledged, seen.exposed), (2, 1, 1), "one has said what it serves by");
    // However long ago the other was heard by the clock of before: its lease counts from the restart.
    world.pass(FORGOTTEN - Duration::from_secs(2 * 60));
    world.serve_all();
    assert_eq!(world.hub.gateways(&chat()).exposed, 1);
    world.pass(Duration::from_secs(2 * 60));
    world.serve_all();
    let seen = world.hub.gateways(&chat());
    assert_eq!((seen.known, seen.exposed), (1, 0), "its lease has run out");
    assert_eq!(world.hub.take_forgotten(), [Origin { node: node("gw-1"), boot: BootId(1) }]);
    assert_eq!(world.hub.take_forgotten(), []);
}

#[test]
fn a_table_that_was_with_one_gateway_does_not_go_to_all_after_a_restart() {
    let mut world = World::with(0);
    for number in 0..10 {
        expected(&world, &format!("gw-{number}"));
    }
    // What every gateway has, and what had reached one of them.
    world.hub.publish(at(1, 0));
    world.hub.publish(at(2, 500));
    for number in 0..10 {
        world.join(&format!("gw-{number}"), 1);
    }
    let having = |generations: Vec<u64>| generations.into_iter().filter(|serving| *serving >= 2).count();
    assert_eq!(having(world.serve_all()), 1);
    // The new term publishes the same again, and that goes on from there.
    world.hub.publish(at(3, 500));
    assert_eq!(having(world.serve_all()), 1);
    assert_eq!(world.hub.take_everywhere(), [(chat(), Generation(1))], "the latest is not among them");
    assert_eq!(world.reached(3, A_MOMENT), 1);
    assert_eq!(world.reached(3, A_SECOND), 10);
    assert_eq!(world.hub.take_everywhere(), [(chat(), Generation(3))]);
}

#[test]
fn a_gateway_that_is_not_written_down_keeps_candidates_where_they_are() {
    let mut world = World::with(2);
    world.hub.publish(at(1, 0));
    world.serve_all();
    world.hub.doubt(&node("gw-1"));
    let seen = world.hub.gateways(&chat());
    assert_eq!((seen.known, seen.acknowledged), (2, 1));
    world.hub.vouch(&node("gw-1"));
    assert!(world.hub.gateways(&chat()).all_acknowledged());
}
