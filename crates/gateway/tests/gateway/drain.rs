//! How a gateway stops.

use crate::world::World;
use std::time::Duration;
use viridian_core::outcome::Class;
use viridian_testkit::caller::{Caller, post, read};
use viridian_testkit::table::{placement, table};
use viridian_testkit::upstream::{Reply, Upstream};
use viridian_testkit::wait;

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

async fn world(upstream: &Upstream) -> World {
    World::serving([table("support-chat", placement("v1", &upstream.url()))])
}

#[tokio::test]
async fn requests_under_way_end_and_new_connections_are_refused() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let address = world.gateway.local_addr();
    let mut idle = world.caller().await;
    idle.post(CHAT, "{}").await;
    let (act, live) = Reply::live();
    upstream.next(act);
    let mut busy = world.caller().await;
    let response = busy.open(post(CHAT, r#"{"stream":true}"#)).await;

    let handle = world.handle.clone();
    let draining = tokio::spawn(world.gateway.drain(LONG));
    let mut refused = false;
    while !refused {
        refused = Caller::try_connect(address).await.is_none();
        tokio::task::yield_now().await;
    }
    assert!(idle.try_open(post(CHAT, "{}")).await.is_none(), "idle connections are closed");
    live.send("data: [DONE]\n\n");
    drop(live);
    let answer = read(response).await;
    assert_eq!((answer.text(), answer.complete), ("data: [DONE]\n\n", true));
    assert_eq!(draining.await.unwrap(), 0, "nothing was cut");
    assert_eq!(handle.traffic().in_flight(), 0);
}

#[tokio::test]
async fn streams_that_outlast_the_grace_are_told_and_cut() {
    let upstream = Upstream::start().await;
    let (act, live) = Reply::live();
    upstream.next(act);
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let response = caller.open(post(CHAT, r#"{"stream":true}"#)).await;
    live.send("data: {}\n\n");
    let handle = world.handle.clone();
    let draining = tokio::spawn(world.gateway.drain(Duration::ZERO));
    let answer = read(response).await;
    assert!(answer.text().contains("\"code\":\"stopping\""), "{}", answer.text());
    assert_eq!(draining.await.unwrap(), 1);
    live.given_up().await;
    let requests = handle.metrics().requests;
    assert_eq!((requests.len(), requests[0].class), (1, Class::Cancelled), "no arm is to blame");
}

#[tokio::test]
async fn a_gateway_that_is_dropped_stops() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let address = world.gateway.local_addr();
    let handle = world.handle.clone();
    let (act, live) = Reply::live();
    upstream.next(act);
    let mut caller = world.caller().await;
    let _response = caller.open(post(CHAT, r#"{"stream":true}"#)).await;
    drop(world);
    live.given_up().await;
    wait::until("the request is counted", || handle.traffic().in_flight() == 0).await;
    while Caller::try_connect(address).await.is_some() {
        tokio::task::yield_now().await;
    }
}
