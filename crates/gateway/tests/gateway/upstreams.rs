//! Connections to upstreams: kept, taken in turn, given up, passed over when they cannot be opened, and tried again once
//! when they turn out to be closed.

use crate::world::World;
use std::time::Duration;
use viridian_core::environment::Endpoint;
use viridian_core::outcome::Class;
use viridian_platform::tls::trusting;
use viridian_testkit::table::{placement, table};
use viridian_testkit::upstream::{Act, Reply, Upstream, nowhere};
use viridian_testkit::wait;

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

async fn world(upstream: &Upstream) -> World {
    World::serving([table("support-chat", placement("v1", &upstream.url()))])
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    for _ in 0..20 {
        assert_eq!(caller.post(CHAT, "{}").await.status, 200);
    }
    assert_eq!((upstream.requests(), upstream.connections()), (20, 1));
    assert_eq!(world.handle.metrics().upstream_connects, 1);
}

#[tokio::test]
async fn a_connection_that_turns_out_to_be_closed_is_replaced_once() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    caller.post(CHAT, r#"{"n":1}"#).await;
    // The upstream closes the connection just as the next request arrives on it.
    upstream.next(Act::HangUp);
    let answer = caller.post(CHAT, r#"{"n":2}"#).await;
    assert_eq!((answer.status, upstream.last().body.as_ref()), (200, &br#"{"n":2}"#[..]));
    assert_eq!((upstream.connections(), world.handle.metrics().upstream_retries), (2, 1));
    assert_eq!(world.count(Class::Ok).await, 2);
    // Once: an upstream that hangs up on fresh connections as well is at fault.
    upstream.next(Act::HangUp);
    upstream.next(Act::HangUp);
    assert_eq!(caller.post(CHAT, r#"{"n":3}"#).await.status, 502);
    assert_eq!(upstream.requests(), 5);
    assert_eq!(world.count(Class::Unreachable).await, 1);
}

#[tokio::test]
async fn a_connection_with_half_an_answer_on_it_is_not_used_again() {
    let upstream = Upstream::start().await;
    let (act, live) = Reply::live();
    upstream.next(act);
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let response = caller.open(viridian_testkit::caller::post(CHAT, r#"{"stream":true}"#)).await;
    drop(response);
    drop(caller);
    live.given_up().await;
    for _ in 0..4 {
        assert_eq!(world.caller().await.post(CHAT, "{}").await.text(), "{}");
    }
}

#[tokio::test]
async fn an_upstream_that_closes_after_each_answer_gets_a_connection_for_each() {
    let upstream = Upstream::start().await;
    upstream.always(Reply::json("{}").header("connection", "close"));
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    for _ in 0..3 {
        let answer = caller.post(CHAT, "{}").await;
        assert_eq!((answer.status, answer.header("connection")), (200, ""));
    }
    assert_eq!(upstream.connections(), 3);
    assert_eq!(world.handle.metrics().upstream_retries, 0);
}

#[tokio::test]
async fn idle_connections_are_given_up() {
    let upstream = Upstream::start().await;
    let tables = [table("support-chat", placement("v1", &upstream.url()))];
    let world = World::with(tables, |config| config.limits.upstream_idle = Duration::from_millis(1));
    let mut caller = world.caller().await;
    caller.post(CHAT, "{}").await;
    wait::until("the connection is closed", || upstream.open_connections() == 0).await;
    assert_eq!(caller.post(CHAT, "{}").await.status, 200);
    assert_eq!(world.handle.metrics().upstream_retries, 0);
}

/// A world of one application whose environment has these endpoints.
fn spread(urls: &[String]) -> World {
    let mut baseline = placement("v1", &urls[0]);
    baseline.endpoints = urls.iter().cloned().map(Endpoint).collect();
    World::serving([table("support-chat", baseline)])
}

#[tokio::test]
async fn an_endpoint_that_refuses_connections_costs_no_request() {
    let upstream = Upstream::start().await;
    let world = spread(&[nowhere().await, upstream.url()]);
    for _ in 0..20 {
        assert_eq!(world.caller().await.post(CHAT, "{}").await.status, 200);
    }
    assert_eq!((upstream.requests(), world.count(Class::Ok).await), (20, 20));
    assert_eq!((world.handle.traffic().recorded, world.handle.metrics().upstream_retries), (20, 0));
    let failovers = world.handle.metrics().upstream_failovers;
    assert!(
        (1..20).contains(&failovers),
        "it is left alone for a while, not tried by each request: {failovers}"
    );
}

#[tokio::test]
async fn when_no_endpoint_can_be_connected_to_the_environment_is_named() {
    let world = spread(&[nowhere().await, nowhere().await, nowhere().await, nowhere().await]);
    let answer = world.caller().await.post(CHAT, "{}").await;
    let error = &answer.json()["error"];
    assert_eq!((answer.status, &error["code"]), (502, &"upstream_unreachable".into()));
    assert_eq!(error["message"], "no endpoint of environment 'blue' could be connected to");
    assert_eq!(world.count(Class::Unreachable).await, 1);
    assert_eq!(world.handle.traffic().recorded, 1, "one outcome, however many endpoints were tried");
    assert_eq!(world.handle.metrics().upstream_connects, 3, "a request does not try them all");
}

#[tokio::test]
async fn a_request_that_was_sent_does_not_go_on_to_another_endpoint() {
    let (one, two) = (Upstream::start().await, Upstream::start().await);
    one.next(Act::HangUp);
    two.next(Act::HangUp);
    let world = spread(&[one.url(), two.url()]);
    assert_eq!(world.caller().await.post(CHAT, "{}").await.status, 502);
    assert_eq!((one.requests() + two.requests(), world.handle.metrics().upstream_failovers), (1, 0));
}

#[tokio::test]
async fn an_endpoint_that_keeps_silent_leaves_time_for_the_next() {
    // It accepts in the kernel and never answers the TLS handshake.
    let (listener, well) =
        (tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(), Upstream::start().await);
    let silent = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let mut baseline = placement("v1", &silent);
    baseline.endpoints.push(Endpoint(well.url()));
    let mut table = table("support-chat", baseline);
    table.timeouts.connect = Duration::from_millis(400);
    let world = World::with([table], |config| config.trust = Some(trusting([]).unwrap()));
    assert_eq!(world.caller().await.post(CHAT, "{}").await.status, 200);
    assert_eq!(world.handle.metrics().upstream_failovers, 1);
}

#[tokio::test]
async fn endpoints_take_turns() {
    let (one, two) = (Upstream::start().await, Upstream::start().await);
    let mut baseline = placement("v1", &one.url());
    baseline.endpoints.push(Endpoint(format!("{}/base", two.url())));
    let world = World::serving([table("support-chat", baseline)]);
    let mut caller = world.caller().await;
    for _ in 0..10 {
        caller.post(CHAT, "{}").await;
    }
    assert_eq!((one.requests(), two.requests()), (5, 5));
    assert_eq!(two.last().uri, "/base/v1/chat/completions");
}
