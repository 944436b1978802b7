//! A gateway that acts on its own.

use crate::world::World;
use bytes::Bytes;
use http::Request;
use viridian_core::application::LocalGuard;
use viridian_core::arm::Arm;
use viridian_core::id::{EpochId, Generation};
use viridian_core::routing::decide::Exempt;
use viridian_core::routing::table::RoutingTable;
use viridian_core::weight::Weight;
use viridian_testkit::table::{comparison, placement, table};
use viridian_testkit::upstream::{Reply, Upstream};

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

fn guarded(baseline: &Upstream, candidate: &Upstream, epoch: u32) -> RoutingTable {
    let mut table = table("support-chat", placement("v1", &baseline.url()));
    let mut comparison = comparison(placement("v2", &candidate.url()), 5_000);
    let errors = Weight::from_basis_points(5_000).unwrap();
    comparison.local_guard = Some(LocalGuard { errors, min_requests: 20 });
    table.comparison = Some(comparison);
    table.epoch = EpochId(epoch);
    table.generation = Generation(u64::from(epoch));
    table
}

/// How many of so many users got the candidate.
async fn candidates(world: &World, users: u32) -> usize {
    let mut caller = world.caller().await;
    let mut candidates = 0;
    for user in 0..users {
        let request = Request::post(CHAT).header("x-viridian-user", format!("user-{user}"));
        let answer = caller.send(request.body(Bytes::from("{}")).unwrap()).await;
        candidates += usize::from(answer.header("x-viridian-arm") == "candidate");
    }
    candidates
}

async fn broken() -> Upstream {
    let upstream = Upstream::start().await;
    upstream.always(Reply::json("{}").status(500));
    upstream
}

#[tokio::test]
async fn a_broken_candidate_loses_its_share_at_once_until_the_next_epoch() {
    let (good, bad) = (Upstream::start().await, broken().await);
    let world = World::serving([guarded(&good, &bad, 1)]);
    assert_eq!(candidates(&world, 200).await, 20, "the window, and not one request more");
    let report = world.settled().await;
    assert_eq!(report.trips.len(), 1);
    assert_eq!((report.trips[0].application.as_str(), report.trips[0].epoch), ("support-chat", EpochId(1)));
    let exempt = |arm: Arm| -> u64 {
        let rows = report.tallies.iter().filter(|row| row.arm == arm);
        rows.map(|row| row.tally.exempt[Exempt::LocalGuard as usize]).sum()
    };
    assert!(exempt(Arm::Baseline) > 100, "what the baseline serves for the candidate is no evidence for it");

    assert_eq!(candidates(&world, 50).await, 0);
    world.offer([guarded(&good, &good, 2)]);
    assert!(candidates(&world, 50).await > 0);
    assert!(world.handle.report().trips.is_empty());
}

#[tokio::test]
async fn a_candidate_is_not_blamed_for_what_breaks_the_baseline_too() {
    let bad = broken().await;
    let world = World::serving([guarded(&bad, &bad, 1)]);
    assert!(candidates(&world, 200).await > 60);
    assert!(world.handle.report().trips.is_empty());
}
