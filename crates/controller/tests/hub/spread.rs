//! How far a table spreads: one gateway, a tenth, all.

use crate::world::{A_MOMENT, A_SECOND, LOST, World, at, chat, node};
use viridian_core::id::{BootId, Generation};
use viridian_core::routing::table::Comparison;
use viridian_testkit::table::{placement, table};
use viridian_wire::snapshot::{Acknowledgement, Rejection, TableAnswer};
use viridian_wire::tally::Trip;

#[test]
fn a_table_that_moves_traffic_reaches_one_gateway_then_a_tenth_then_all() {
    let mut world = World::with(30);
    world.hub.publish(at(1, 0));
    assert_eq!(
        world.reached(1, A_MOMENT),
        30,
        "the first table of an application has nothing to fall back to"
    );
    world.hub.publish(at(2, 500));
    assert_eq!(world.serve_all().iter().filter(|serving| **serving == 2).count(), 1);
    assert_eq!(world.reached(2, A_MOMENT), 1, "it has to be well for a while");
    assert_eq!(world.reached(2, A_SECOND), 3);
    assert_eq!(world.reached(2, A_SECOND), 30);
}

#[test]
fn a_table_that_sends_nobody_anywhere_new_reaches_all_at_once() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 2_000));
    world.serve_all();
    for (generation, basis_points) in [(2, 500), (3, 500), (4, 0)] {
        world.hub.publish(at(generation, basis_points));
        assert_eq!(world.serve_all(), vec![generation; 10], "{basis_points} basis points");
    }
}

#[test]
fn a_rollback_overtakes_a_table_that_has_not_reached_all() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 0));
    world.serve_all();
    world.hub.publish(at(2, 500));
    world.serve_all();
    assert_eq!(world.hub.gateways(&chat()).exposed, 1);
    world.hub.publish(at(3, 0));
    assert_eq!(world.serve_all(), vec![3; 10]);
    assert_eq!(world.hub.gateways(&chat()).exposed, 0);
}

#[test]
fn what_only_a_ring_has_seen_is_no_proof_for_the_next_table() {
    let mut world = World::with(10);
    world.hub.publish(at(1, 0));
    world.serve_all();
    world.hub.publish(at(2, 500));
    world.serve_all();
    // The same shares under new thresholds: it moves nothing where the table before it is, and everything elsewhere.
    world.hub.publish(at(3, 500));
    assert_eq!(world.serve_all().iter().filter(|serving| **serving == 3).count(), 1);
}

#[test]
fn a_gateway_that_is_not_well_stops_the_spread() {
    type Harm = fn(&World, &str);
    let refuses: Harm = |world, name| {
        let rejected = Rejection { generation: Generation(2), reason: "a secret is missing".to_owned() };
        let answer = TableAnswer { application: chat(), serving: Generation(1), rejected: Some(rejected) };
        let boot = world.gateways[name].boot;
        world.hub.acknowledge(Acknowledgement { node: node(name), boot, answers: vec![answer] }).unwrap();
    };
    let trips: Harm = |world, name| {
        let Comparison { rollout, .. } = at(2, 500).comparison.unwrap();
        let trip = Trip { application: chat(), rollout, epoch: at(2, 500).epoch };
        world.hub.heard(&node(name), world.gateways[name].boot, vec![trip]).unwrap();
    };
    let falls_silent: Harm = |_, _| {};
    for (what, harm) in [("refuses", refuses), ("trips", trips), ("falls silent", falls_silent)] {
        let mut world = World::with(10);
        world.hub.publish(at(1, 0));
        world.serve_all();
        world.hub.publish(at(2, 500));
        world.serve_all();
        let first = world.first_with(2);
        world.pass(LOST);
        harm(&world, &first);
        let silenced = world.gateways.remove(&first);
        world.pass(A_SECOND);
        world.serve_all();
        world.pass(A_SECOND);
        assert_eq!(world.serve_all(), vec![1; 9], "{what}");
        drop(silenced);
    }
}

#[test]
fn many_tables_are_sent_in_parts() {
    let world = World::with(0);
    for n in 0..600 {
        world.hub.publish(table(&format!("app-{n}"), placement("v1", "http://127.0.0.1:1")));
    }
    let mut tables = world.hub.open(&node("gw-0"), BootId(1), []);
    let mut parts = Vec::new();
    loop {
        let update = world.runtime.block_on(tables.next()).unwrap();
        parts.push((update.number, update.tables.len()));
        if update.complete {
            break;
        }
    }
    assert_eq!(parts, [(1, 256), (2, 256), (3, 88)]);
}
