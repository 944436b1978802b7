//! Running totals: what they count, and when they are dropped.

use crate::world::World;
use std::time::Duration;
use viridian_core::analysis::row::SLOT;
use viridian_core::analysis::tally::Counts;
use viridian_core::application::Unit;
use viridian_core::environment::Endpoint;
use viridian_core::id::{EpochId, Generation};
use viridian_core::metric::Metric;
use viridian_core::outcome::Class;
use viridian_core::routing::table::RoutingTable;
use viridian_testkit::table::{comparison, placement, table};
use viridian_testkit::upstream::{Act, Reply, Upstream, nowhere};
use viridian_wire::tally::TallyReport;

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

fn compared(upstream: &Upstream, epoch: u32) -> RoutingTable {
    let mut table = table("support-chat", placement("v1", &upstream.url()));
    table.comparison = Some(comparison(placement("v2", &upstream.url()), 5_000));
    table.epoch = EpochId(epoch);
    table.generation = Generation(u64::from(epoch));
    table
}

async fn send(world: &World, requests: u32) -> TallyReport {
    for user in 0..requests {
        // Each on a connection of its own, so that both workers serve.
        world.caller().await.post(CHAT, format!(r#"{{"user":"user-{user}"}}"#)).await;
    }
    world.settled().await
}

fn outcomes(report: &TallyReport) -> u64 {
    report.tallies.iter().map(|row| row.tally.outcomes()).sum()
}

#[tokio::test]
async fn reports_are_running_totals_over_all_workers() {
    let upstream = Upstream::start().await;
    let world = World::serving([compared(&upstream, 1)]);
    let report = send(&world, 40).await;
    assert_eq!((outcomes(&report), report.tallies.len(), report.groups.len()), (40, 2, 2));
    let units: u64 = report.groups.iter().map(|row| row.groups.units.count()).sum();
    assert!((38..=41).contains(&units), "{units}");
    assert_eq!(outcomes(&send(&world, 10).await), 50);
    assert_eq!(world.handle.report(), world.handle.report());
}

/// Errors over both arms, as the judge counts them: of all of the traffic, and of that of units.
fn errors(report: &TallyReport) -> [Counts; 2] {
    let (mut all, mut of_units) = (Counts::default(), Counts::default());
    report.tallies.iter().for_each(|row| all.add(row.tally.counts(Metric::Errors)));
    let groups = report.groups.iter().flat_map(|row| row.groups.counts(Metric::Errors));
    groups.for_each(|counts| of_units.add(*counts));
    [all, of_units]
}

#[tokio::test]
async fn a_request_that_is_sent_again_counts_once() {
    let upstream = Upstream::start().await;
    let mut table = compared(&upstream, 1);
    let dead = Endpoint(nowhere().await);
    table.baseline.endpoints.insert(0, dead.clone());
    table.comparison.as_mut().unwrap().candidate.endpoints.insert(0, dead);
    let world = World::serving([table]);
    let report = send(&world, 40).await;
    assert!(world.handle.metrics().upstream_failovers > 0, "some went on to the next endpoint");
    assert_eq!(errors(&report), [Counts::of_share(40, 0); 2]);
    assert_eq!(outcomes(&report), 40);

    // A connection that lay idle turns out to be closed, and the request goes out on another.
    let mut caller = world.caller().await;
    caller.post(CHAT, r#"{"user":"alice"}"#).await;
    upstream.next(Act::HangUp);
    assert_eq!(caller.post(CHAT, r#"{"user":"alice"}"#).await.status, 200);
    assert_eq!(world.handle.metrics().upstream_retries, 1);
    assert_eq!(errors(&world.settled().await), [Counts::of_share(42, 0); 2]);
}

#[tokio::test]
async fn a_slot_is_forgotten_when_it_is_over_and_durable() {
    let upstream = Upstream::start().await;
    let world = World::serving([compared(&upstream, 1)]);
    let early = send(&world, 10).await;
    world.handle.forget(&early);
    assert_eq!(outcomes(&world.handle.report()), 10, "the slot is not over");

    world.clock.catch_up_with(world.clock.now().plus(SLOT));
    let late = send(&world, 5).await;
    assert_eq!(
        (
            outcomes(&late),
            late.tallies.iter().map(|row| row.slot).max() > early.tallies.iter().map(|row| row.slot).max()
        ),
        (15, true)
    );
    world.handle.forget(&TallyReport { tallies: Vec::new(), ..early.clone() });
    assert_eq!(outcomes(&world.handle.report()), 15, "nothing is durable");
    world.handle.forget(&early);
    let rest = world.handle.report();
    assert_eq!(outcomes(&rest), 5);
    assert_eq!(rest.groups, late.groups, "groups are kept for the whole epoch");
    assert_eq!(world.count(Class::Ok).await, 15, "what operators see never falls");
}

#[tokio::test]
async fn a_slot_that_was_counted_in_since_is_kept() {
    let upstream = Upstream::start().await;
    let world = World::serving([compared(&upstream, 1)]);
    let early = send(&world, 3).await;
    send(&world, 3).await;
    world.clock.catch_up_with(world.clock.now().plus(SLOT));
    world.handle.forget(&early);
    assert_eq!(outcomes(&world.handle.report()), 6);
}

#[tokio::test]
async fn an_epoch_is_forgotten_when_its_last_request_has_ended() {
    let upstream = Upstream::start().await;
    let world = World::serving([compared(&upstream, 1)]);
    let (act, live) = Reply::live();
    upstream.next(act);
    let mut caller = world.caller().await;
    let response =
        caller.open(viridian_testkit::caller::post(CHAT, r#"{"user":"alice","stream":true}"#)).await;

    world.offer([compared(&upstream, 2)]);
    world.clock.catch_up_with(world.clock.now().plus(SLOT));
    let report = world.handle.report();
    world.handle.forget(&report);
    drop(live);
    viridian_testkit::caller::read(response).await;
    let report = world.settled().await;
    assert_eq!(
        (outcomes(&report), report.tallies[0].epoch),
        (1, EpochId(1)),
        "it counts in the epoch it was decided in"
    );

    world.clock.catch_up_with(world.clock.now().plus(SLOT + Duration::from_secs(1)));
    world.handle.forget(&report);
    let report = world.handle.report();
    assert!(report.tallies.is_empty() && report.groups.is_empty());
    assert_eq!(world.count(Class::Ok).await, 1);
}

/// Requests under way are known, so that the arm of which more are does not look as if some were lost.
#[tokio::test]
async fn a_request_is_counted_when_it_is_drawn_and_once_when_it_has_ended() {
    let upstream = Upstream::start().await;
    let mut table = compared(&upstream, 1);
    table.unit = Unit::User;
    let world = World::serving([table.clone()]);
    let (act, live) = Reply::live();
    upstream.next(act);
    let mut caller = world.caller().await;
    let response =
        caller.open(viridian_testkit::caller::post(CHAT, r#"{"user":"alice","stream":true}"#)).await;
    let drawn = |report: &TallyReport| {
        let of_units: u64 = report.groups.iter().map(|row| row.groups.drawn.all()).sum();
        (report.tallies.iter().map(|row| row.tally.drawn).sum::<u64>(), of_units)
    };
    let before = world.handle.report();
    assert_eq!((drawn(&before), outcomes(&before)), ((1, 1), 0));

    // The epoch is over, what was counted of it is durable, and a slot later the request ends.
    world.offer([RoutingTable { epoch: EpochId(2), generation: Generation(2), ..table }]);
    world.clock.catch_up_with(world.clock.now().plus(SLOT + Duration::from_secs(1)));
    drop(live);
    viridian_testkit::caller::read(response).await;
    let report = world.settled().await;
    assert_eq!((drawn(&report), outcomes(&report)), ((1, 1), 1));
    assert_eq!(errors(&report), [Counts::of_share(1, 0); 2]);
    assert!(report.tallies.iter().all(|row| row.epoch == EpochId(1)), "{:?}", report.tallies);
    assert_eq!(report.tallies.len(), 2, "drawn in one slot, ended in the next");

    // What no draw decided is not drawn.
    let world = World::serving([RoutingTable { comparison: None, ..compared(&upstream, 1) }]);
    let report = send(&world, 3).await;
    assert_eq!((drawn(&report), outcomes(&report)), ((0, 0), 3));
}
