//! Callers who keep a connection waiting are given up, each phase by its own limit. How long each lasts is told by the
//! tests of the pulse; here the limits are as short as can be, or too long to matter.

use crate::world::World;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use viridian_core::outcome::Class;
use viridian_gateway::Limits;
use viridian_testkit::caller::post;
use viridian_testkit::table::{placement, table};
use viridian_testkit::upstream::{Reply, Upstream};
use viridian_testkit::wait;

const CHAT: &str = "/apps/support-chat/v1/chat/completions";
const SHORT: Duration = Duration::from_millis(1);

/// Limits that nothing here reaches.
fn long() -> Limits {
    let long = Duration::from_secs(3_600);
    Limits { head_time: long, caller_idle: long, caller_stall: long, ..Limits::default() }
}

fn world(upstream: &Upstream, limits: Limits) -> World {
    let tables = [table("support-chat", placement("v1", &upstream.url()))];
    World::with(tables, |config| config.limits = limits)
}

/// Sends bytes on a connection of their own and reads until the gateway closes it.
async fn until_closed(world: &World, text: &str) -> String {
    let mut stream = TcpStream::connect(world.gateway.local_addr()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    wait::until("the connection is counted as closed", || world.handle.metrics().connections == 0).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let upstream = Upstream::start().await;
    let world = world(&upstream, Limits { head_time: SHORT, ..long() });
    for beginning in ["", "POST ", &format!("POST {CHAT} HTTP/1.1\r\nhost: gateway\r\n")] {
        assert_eq!(until_closed(&world, beginning).await, "", "{beginning}");
    }
    assert_eq!(upstream.requests(), 0);
}

#[tokio::test]
async fn a_connection_without_a_next_request_is_closed() {
    let upstream = Upstream::start().await;
    let world = world(&upstream, Limits { caller_idle: SHORT, ..long() });
    let request = format!("POST {CHAT} HTTP/1.1\r\nhost: gateway\r\ncontent-length: 2\r\n\r\n{{}}");
    let answer = until_closed(&world, &request.repeat(2)).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    assert!(!answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_request_that_is_being_answered_has_no_limit_here() {
    let upstream = Upstream::start().await;
    let limits = Limits { head_time: SHORT, caller_idle: SHORT, caller_stall: SHORT, ..Limits::default() };
    let world = world(&upstream, limits);
    let (act, live) = Reply::live();
    upstream.next(act);
    let mut caller = world.caller().await;
    let response = caller.open(post(CHAT, r#"{"stream":true}"#)).await;
    // Another connection shows that the limits would have been reached by now.
    for _ in 0..2 {
        assert_eq!(until_closed_but_one(&world).await, "");
    }
    live.send("data: [DONE]\n\n");
    drop(live);
    assert!(viridian_testkit::caller::read(response).await.complete);
    assert_eq!(world.count(Class::Ok).await, 1);
}

/// Says nothing until the gateway hangs up.
async fn until_closed_but_one(world: &World) -> String {
    let mut stream = TcpStream::connect(world.gateway.local_addr()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_caller_who_stops_reading_is_a_caller_who_is_gone() {
    let upstream = Upstream::start().await;
    let world = world(&upstream, Limits { caller_stall: SHORT, ..long() });
    let (act, live) = Reply::live();
    upstream.next(act);
    let mut caller = world.caller().await;
    let response = caller.open(post(CHAT, r#"{"stream":true}"#)).await;
    let event = format!("data: {}\n\n", "x".repeat(64 * 1024));
    for _ in 0..1_000 {
        live.send(event.clone());
    }
    live.given_up().await;
    assert_eq!(world.count(Class::Cancelled).await, 1, "no arm is to blame");
    drop(response);
}
