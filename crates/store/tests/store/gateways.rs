//! What a controller that starts knows of gateways, and how far tables had spread.

use crate::world::*;
use viridian_core::analysis::row::Origin;
use viridian_core::id::{BootId, Generation, NodeName};
use viridian_core::routing::table::RoutingTable;
use viridian_store::{Store, TableChange};

fn origin(node: &str, boot: u64) -> Origin {
    Origin { node: NodeName::parse(node).unwrap(), boot: BootId(boot) }
}

fn known(store: &Store) -> Vec<(Origin, u64)> {
    let known = store.known_gateways().unwrap().into_iter();
    known.map(|gateway| (gateway.origin, gateway.heard_at.since(NOW).as_secs() / 60)).collect()
}

#[test]
fn gateways_are_known_after_a_restart_until_they_left() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let (one, other) = (origin("gw-1", u64::MAX), origin("gw-2", 7));
    store.gateway_came(&one, NOW).unwrap();
    store.gateway_came(&other, NOW).unwrap();
    store.gateways_heard(&[(one.node.clone(), later(5))]).unwrap();
    store.gateways_heard(&[(one.node.clone(), later(2)), (origin("gw-9", 1).node, NOW)]).unwrap();
    drop(store);

    let store = open(directory.path());
    assert_eq!(known(&store), [(one.clone(), 5), (other, 0)]);
    let restarted = origin("gw-2", 8);
    store.gateway_came(&restarted, later(6)).unwrap();
    store.gateway_left(&origin("gw-2", 7)).unwrap();
    assert_eq!(
        known(&store),
        [(one.clone(), 5), (restarted, 6)],
        "a later start is not taken out by an earlier one"
    );
    store.gateway_left(&one).unwrap();
    assert_eq!(known(&store).len(), 1);
}

/// Publishes a table with the candidate at so many per cent.
fn publish(store: &Store, generation: u64, share: u16) -> RoutingTable {
    let routing = table(store, generation, &epoch(1, percent(share)));
    let change = TableChange { table: &routing, epoch: None, because: "so it is", at: NOW };
    store.commit_table(&change).unwrap();
    routing
}

#[test]
fn what_every_gateway_has_is_kept_until_the_latest_table_has_reached_all() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    store.reserve_generations(&application_name(), 100).unwrap();
    let first = publish(&store, 1, 0);
    assert_eq!(store.settled_tables().unwrap(), [], "the first table has nothing before it");
    publish(&store, 2, 10);
    publish(&store, 3, 25);
    drop(store);

    let store = open(directory.path());
    assert_eq!(store.settled_tables().unwrap(), [first], "neither of the others has reached all");
    let reached = |generation| [(application_name(), Generation(generation))];
    store.settle(&reached(2)).unwrap();
    assert_eq!(store.settled_tables().unwrap().len(), 1, "it is not the latest");
    store.settle(&reached(3)).unwrap();
    assert_eq!(store.settled_tables().unwrap(), []);
    let before = store.tables().unwrap();
    publish(&store, 4, 50);
    assert_eq!(store.settled_tables().unwrap(), before);
    publish(&store, 5, 0);
    assert_eq!(store.settled_tables().unwrap(), [], "a way back reaches all at once");
}
