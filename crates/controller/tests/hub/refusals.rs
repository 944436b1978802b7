//! Tables that a gateway will not serve by.

use crate::world::{World, at, chat, node};
use std::time::Duration;
use tokio::time::timeout;
use viridian_core::id::Generation;
use viridian_wire::snapshot::{Acknowledgement, Rejection, TableAnswer};

#[test]
fn a_refused_table_is_told_until_there_is_another() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 0));
    world.serve_all();
    world.hub.publish(at(2, 500));
    let rejected = Rejection { generation: Generation(2), reason: "a secret is missing".to_owned() };
    let answer = TableAnswer { application: chat(), serving: Generation(1), rejected: Some(rejected) };
    let boot = world.gateways["gw-0"].boot;
    world.hub.acknowledge(Acknowledgement { node: node("gw-0"), boot, answers: vec![answer] }).unwrap();
    let seen = world.hub.gateways(&chat());
    let refused = seen.refused.unwrap();
    assert_eq!((seen.acknowledged, refused.reason.as_str()), (0, "a secret is missing"));
    world.hub.publish(at(3, 0));
    assert_eq!(world.serve_all(), [3]);
    assert!(world.hub.gateways(&chat()).refused.is_none());
}

#[test]
fn a_refused_table_is_offered_again_after_half_a_minute() {
    let mut world = World::with(1);
    world.hub.publish(at(1, 0));
    world.serve_all();
    world.hub.publish(at(2, 500));
    let boot = world.gateways["gw-0"].boot;
    let refuse = |world: &mut World| {
        let gateway = world.gateways.get_mut("gw-0").unwrap();
        let offered = world
            .runtime
            .block_on(async { timeout(Duration::ZERO, gateway.tables.next()).await.ok().flatten() });
        let generations: Vec<u64> =
            offered.iter().flat_map(|update| &update.tables).map(|table| table.generation.0).collect();
        let rejected = Rejection { generation: Generation(2), reason: "a secret is missing".to_owned() };
        let answer = TableAnswer { application: chat(), serving: Generation(1), rejected: Some(rejected) };
        if !generations.is_empty() {
            let acknowledgement = Acknowledgement { node: node("gw-0"), boot, answers: vec![answer] };
            world.hub.acknowledge(acknowledgement).unwrap();
        }
        generations
    };
    assert_eq!(refuse(&mut world), [2]);
    for _ in 0..3 {
        world.pass(Duration::from_secs(29));
        world.hub.advance();
        assert_eq!(refuse(&mut world), [0; 0], "not yet");
        world.pass(Duration::from_secs(2));
        world.hub.advance();
        assert_eq!(refuse(&mut world), [2]);
    }
    world.pass(Duration::from_secs(31));
    world.hub.advance();
    assert_eq!(world.serve("gw-0"), 2, "what kept it from taking the table was mended");
    assert!(world.hub.gateways(&chat()).all_acknowledged());
}
