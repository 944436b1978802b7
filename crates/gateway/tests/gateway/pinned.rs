//! An operator sends everything to the baseline on one gateway.

use crate::world::{World, config};
use bytes::Bytes;
use http::Request;
use std::fs;
use std::path::Path;
use std::time::Duration;
use viridian_core::application::Pin;
use viridian_core::arm::Arm;
use viridian_core::id::{ApplicationName, Generation};
use viridian_core::routing::decide::Exempt;
use viridian_core::routing::table::RoutingTable;
use viridian_gateway::{Gateway, PinError, State, StateKey};
use viridian_testkit::caller::Caller;
use viridian_testkit::table::{application, comparison, placement, snapshot, table};
use viridian_testkit::upstream::Upstream;

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

/// Everybody gets the candidate, and one caller by name.
fn switched(upstream: &Upstream) -> RoutingTable {
    let mut table = table("support-chat", placement("v1", &upstream.url()));
    table.comparison = Some(comparison(placement("v2", &upstream.url()), 10_000));
    table.pins = vec![Pin { unit: "tester".into(), arm: Arm::Candidate }];
    table
}

async fn arm(gateway: &Gateway) -> String {
    let request = Request::post(CHAT).header("x-viridian-user", "tester").body(Bytes::from("{}")).unwrap();
    Caller::connect(gateway.local_addr()).await.send(request).await.header("x-viridian-arm").to_owned()
}

fn start(directory: &Path, upstream: &Upstream) -> Gateway {
    let mut config = config();
    config.state = Some(State { directory: directory.to_owned(), key: StateKey([7; 32]) });
    let gateway = Gateway::start(config).unwrap();
    gateway.handle().offer(&snapshot([switched(upstream)]));
    gateway
}

fn chat() -> ApplicationName {
    application("support-chat")
}

#[tokio::test]
async fn a_pin_wins_over_tables_and_callers_until_it_is_taken_back() {
    let upstream = Upstream::start().await;
    let world = World::serving([switched(&upstream)]);
    assert_eq!(arm(&world.gateway).await, "candidate");
    assert!(
        matches!(world.handle.pin_baseline(&chat()), Err(PinError::Nowhere)),
        "it is told how long it holds"
    );
    assert_eq!((arm(&world.gateway).await.as_str(), world.handle.pinned()), ("baseline", vec![chat()]));
    let mut next = switched(&upstream);
    next.generation = Generation(2);
    world.offer([next]);
    assert_eq!(arm(&world.gateway).await, "baseline");
    let report = world.settled().await;
    let exempt = report.tallies.iter().map(|row| row.tally.exempt[Exempt::PinnedByOperator as usize]);
    assert_eq!(exempt.sum::<u64>(), 2);
    world.handle.unpin(&chat()).unwrap();
    assert_eq!(arm(&world.gateway).await, "candidate");
    assert!(world.handle.pinned().is_empty());
}

#[tokio::test]
async fn a_pin_of_nothing_is_a_mistake() {
    let world = World::serving([]);
    assert!(matches!(world.handle.pin_baseline(&application("suport-chat")), Err(PinError::Unknown(_))));
    assert!(world.handle.pinned().is_empty());
}

#[tokio::test]
async fn a_pin_outlives_the_gateway() {
    let upstream = Upstream::start().await;
    let directory = tempfile::tempdir().unwrap();
    let gateway = start(directory.path(), &upstream);
    gateway.handle().pin_baseline(&chat()).unwrap();
    gateway.drain(Duration::ZERO).await;
    let gateway = start(directory.path(), &upstream);
    assert_eq!(arm(&gateway).await, "baseline");
    gateway.handle().unpin(&chat()).unwrap();
    gateway.drain(Duration::ZERO).await;
    assert_eq!(arm(&start(directory.path(), &upstream)).await, "candidate");
}

#[tokio::test]
async fn pins_that_cannot_be_read_pin_everything() {
    let upstream = Upstream::start().await;
    let directory = tempfile::tempdir().unwrap();
    let gateway = start(directory.path(), &upstream);
    gateway.handle().pin_baseline(&application("support-chat")).unwrap();
    gateway.drain(Duration::ZERO).await;
    fs::write(directory.path().join("pins"), b"[]").unwrap();
    let gateway = start(directory.path(), &upstream);
    assert_eq!((arm(&gateway).await.as_str(), gateway.handle().pinned()), ("baseline", vec![chat()]));
    gateway.handle().unpin(&chat()).unwrap();
    assert_eq!(arm(&gateway).await, "candidate");
}

#[tokio::test]
async fn a_pin_that_cannot_be_written_holds_and_is_not_taken_back() {
    let upstream = Upstream::start().await;
    let directory = tempfile::tempdir().unwrap();
    let gateway = start(directory.path(), &upstream);
    // A directory in its place cannot be replaced by a file.
    fs::create_dir(directory.path().join("pins")).unwrap();
    assert!(matches!(gateway.handle().pin_baseline(&chat()), Err(PinError::Write(_))));
    assert_eq!(arm(&gateway).await, "baseline");
    assert!(gateway.handle().unpin(&chat()).is_err());
    assert_eq!(arm(&gateway).await, "baseline");
}
