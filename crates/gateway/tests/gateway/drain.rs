//! How a gateway stops.

use crate::world::World;
use std::time::Duration;
use viridian_core::outcome::Class;
use viridian_testkit::caller::{Caller, post, read};
use viridian_testkit::table::{placement, table};
use viridian_testkit::upstream::{Reply, Upstream};
use viridian_testkit::wait;

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

/// More than a worker comes to in one turn.
const CALLERS: usize = 100;
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
    // Each worker closes its own, some a moment after nobody listens any more.
    while idle.try_open(post(CHAT, "{}")).await.is_some() {
        tokio::task::yield_now().await;
    }
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

/// Connections the kernel has accepted are connections their callers believe in, whether or not a worker has come to
/// them yet.
#[tokio::test]
async fn connections_that_wait_in_the_kernel_are_served() {
    use std::io::{Read, Write};
    let upstream = Upstream::start().await;
    let world = World::with([table("support-chat", placement("v1", &upstream.url()))], |config| {
        config.workers = std::num::NonZeroUsize::MIN;
    });
    let address = world.gateway.local_addr();
    let request = format!("POST {CHAT} HTTP/1.1\r\nhost: gateway\r\ncontent-length: 2\r\n\r\n{{}}");
    let connect = |_| {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    // More than a worker can have come to when the last of them is connected.
    let streams: Vec<_> = (0..300).map(connect).collect();
    let draining = tokio::spawn(world.gateway.drain(LONG));
    let reading = tokio::task::spawn_blocking(move || {
        for mut stream in streams {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        }
    });
    reading.await.unwrap();
    assert_eq!(draining.await.unwrap(), 0);
    assert_eq!(upstream.requests(), 300);
}

/// Whether all that was sent to a port of this machine has come there. The kernel mostly brings it at once, and a moment later
/// when it is busy.
fn has_come(port: u16) -> bool {
    let port = format!(":{port:04X}");
    let connections = std::fs::read_to_string("/proc/net/tcp").unwrap();
    connections.lines().skip(1).all(|line| {
        let mut columns = line.split_whitespace().skip(2);
        let (remote, queues) = (columns.next().unwrap(), columns.nth(1).unwrap());
        !remote.ends_with(&port) || queues.starts_with("00000000:")
    })
}

/// A connection that lay idle is not closed under a request that had come before anybody said that the gateway ends.
#[tokio::test]
async fn requests_that_came_before_the_order_to_drain_are_answered() {
    use std::io::{Read, Write};
    let upstream = Upstream::start().await;
    let world = World::with([table("support-chat", placement("v1", &upstream.url()))], |config| {
        config.workers = std::num::NonZeroUsize::MIN;
    });
    let address = world.gateway.local_addr();
    let request = format!("POST {CHAT} HTTP/1.1\r\nhost: gateway\r\ncontent-length: 2\r\n\r\n{{}}");
    let (first, again) = (request.clone(), request);
    let connect = move || -> Vec<_> {
        (0..CALLERS)
            .map(|_| {
                let mut stream = std::net::TcpStream::connect(address).unwrap();
                stream.write_all(first.as_bytes()).unwrap();
                let mut answer = [0; 4_096];
                let length = stream.read(&mut answer).unwrap();
                assert!(answer[..length].starts_with(b"HTTP/1.1 200 OK"));
                stream
            })
            .collect()
    };
    let mut streams = tokio::task::spawn_blocking(connect).await.unwrap();
    for stream in &mut streams {
        stream.write_all(again.as_bytes()).unwrap();
    }
    while !has_come(address.port()) {
        std::thread::yield_now();
    }
    let draining = tokio::spawn(world.gateway.drain(LONG));
    let reading = tokio::task::spawn_blocking(move || {
        for (number, mut stream) in streams.into_iter().enumerate() {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "caller {number}: {answer}");
        }
    });
    reading.await.unwrap();
    assert_eq!(draining.await.unwrap(), 0);
    assert_eq!(upstream.requests(), 2 * CALLERS);
}

/// A gateway that waits so long for the first requests of connections while it drains.
fn calling(upstream: &Upstream, last_call: Duration) -> World {
    let tables = [table("support-chat", placement("v1", &upstream.url()))];
    World::with(tables, |config| {
        config.limits.head_time = LONG;
        config.limits.last_call = last_call;
    })
}

/// A caller connects just before the drain and sends its request just after.
#[tokio::test]
async fn the_first_request_of_a_connection_is_waited_for() {
    let upstream = Upstream::start().await;
    let world = calling(&upstream, LONG);
    let (address, handle) = (world.gateway.local_addr(), world.handle.clone());
    let mut caller = world.caller().await;
    wait::until("it is accepted", || handle.metrics().connections == 1).await;
    let draining = tokio::spawn(world.gateway.drain(LONG));
    while Caller::try_connect(address).await.is_some() {
        tokio::task::yield_now().await;
    }
    let answer = caller.post(CHAT, "{}").await;
    assert_eq!((answer.status, answer.header("connection")), (200, "close"));
    assert_eq!(draining.await.unwrap(), 0);
}

#[tokio::test]
async fn a_connection_without_a_request_does_not_hold_up_the_end() {
    let upstream = Upstream::start().await;
    let world = calling(&upstream, Duration::from_millis(1));
    let handle = world.handle.clone();
    let mut silent = world.caller().await;
    wait::until("it is accepted", || handle.metrics().connections == 1).await;
    assert_eq!(world.gateway.drain(Duration::from_secs(3_600)).await, 0);
    assert!(silent.try_open(post(CHAT, "{}")).await.is_none());
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
