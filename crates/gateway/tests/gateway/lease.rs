//! A gateway that does not hear its controller.

use crate::world::World;
use bytes::Bytes;
use http::Request;
use std::time::Duration;
use viridian_core::application::Pin;
use viridian_core::arm::Arm;
use viridian_core::routing::decide::Exempt;
use viridian_core::routing::table::RoutingTable;
use viridian_gateway::Config;
use viridian_testkit::table::{comparison, placement, snapshot, table};
use viridian_testkit::upstream::Upstream;
use viridian_wire::snapshot::{Delta, Snapshot};

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

/// Everybody gets the candidate.
fn switched(upstream: &Upstream) -> RoutingTable {
    let mut table = table("support-chat", placement("v1", &upstream.url()));
    table.comparison = Some(comparison(placement("v2", &upstream.url()), 10_000));
    table.pins = vec![Pin { unit: "tester".into(), arm: Arm::Candidate }];
    table
}

async fn arm(world: &World, user: &str) -> String {
    let request = Request::post(CHAT).header("x-viridian-user", user);
    let mut caller = world.caller().await;
    let answer = caller.send(request.body(Bytes::from("{}")).unwrap()).await;
    answer.header("x-viridian-arm").to_owned()
}

fn leased(table: RoutingTable) -> World {
    World::with([table], |config| config.exposure_lease = Some(Config::EXPOSURE_LEASE))
}

fn pass(world: &World, span: Duration) {
    world.clock.catch_up_with(world.clock.now().plus(span));
}

fn nothing_new() -> Delta {
    let Snapshot { term, keys, .. } = snapshot([]);
    Delta { term, number: 1, keys, tables: Vec::new(), removed: Vec::new(), complete: true }
}

#[tokio::test]
async fn a_gateway_that_is_left_alone_goes_back_to_the_baseline() {
    let upstream = Upstream::start().await;
    let world = leased(switched(&upstream));
    let nearly = Config::EXPOSURE_LEASE - Duration::from_secs(60);
    pass(&world, nearly);
    assert_eq!(arm(&world, "alice").await, "candidate");
    world.handle.contact();
    pass(&world, nearly);
    assert_eq!(arm(&world, "alice").await, "candidate", "contact renews the lease");

    pass(&world, Duration::from_secs(61));
    assert!(world.handle.is_lease_over());
    for user in ["alice", "tester"] {
        assert_eq!(arm(&world, user).await, "baseline", "{user}");
    }
    let report = world.settled().await;
    let exempt: u64 = report.tallies.iter().map(|row| row.tally.exempt[Exempt::LeaseExpired as usize]).sum();
    assert_eq!(exempt, 2);

    world.handle.contact();
    assert_eq!(arm(&world, "alice").await, "baseline", "what was missed may have been a rollback");
    world.handle.apply(&nothing_new());
    assert_eq!(arm(&world, "alice").await, "candidate");
}

#[tokio::test]
async fn a_refused_table_or_controller_does_not_bring_the_candidate_back() {
    let upstream = Upstream::start().await;
    let world = leased(switched(&upstream));
    let newer = Delta { term: viridian_core::id::Term(2), ..nothing_new() };
    world.handle.apply(&newer);
    pass(&world, Config::EXPOSURE_LEASE);
    world.handle.contact();
    world.handle.apply(&nothing_new());
    assert!(world.handle.is_lease_over(), "a controller whose term is over says nothing about now");
    let mut broken = switched(&upstream);
    broken.generation = viridian_core::id::Generation(2);
    broken.comparison = None;
    broken.baseline.endpoints.clear();
    world.handle.apply(&Delta { tables: vec![broken], ..newer.clone() });
    assert!(world.handle.is_lease_over(), "the rollback was refused");
    world.handle.apply(&newer);
    assert!(!world.handle.is_lease_over());
}

#[tokio::test]
async fn beside_its_controller_the_candidate_keeps_its_share() {
    let upstream = Upstream::start().await;
    let world = World::serving([switched(&upstream)]);
    pass(&world, Config::EXPOSURE_LEASE * 100);
    assert_eq!(arm(&world, "alice").await, "candidate");
}
