//! Limits of request bodies, and that bodies pass as they are.

use crate::world::World;
use bytes::Bytes;
use http::Request;
use viridian_core::application::Protocol;
use viridian_core::routing::table::RoutingTable;
use viridian_testkit::table::{placement, table};
use viridian_testkit::upstream::{Act, Upstream};

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

#[tokio::test]
async fn an_oversized_body_is_refused_before_the_upstream_sees_it() {
    let upstream = Upstream::start().await;
    let tables = [table("support-chat", placement("v1", &upstream.url()))];
    let world = World::with(tables, |config| config.limits.body = 100);
    let fits = format!(r#"{{"a":"{}"}}"#, "x".repeat(92));
    assert_eq!(fits.len(), 100);
    assert_eq!(world.caller().await.post(CHAT, fits).await.status, 200);
    let answer = world.caller().await.post(CHAT, vec![b' '; 101]).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (413, &"body_too_large".into()));
    assert_eq!(upstream.requests(), 1);
}

#[tokio::test]
async fn a_body_without_a_length_is_held_to_the_same_limit() {
    let upstream = Upstream::start().await;
    let tables = [table("support-chat", placement("v1", &upstream.url()))];
    let world = World::with(tables, |config| config.limits.body = 100);
    let chunked = |body: &str| {
        let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        format!(
            "POST {CHAT} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{chunk}"
        )
    };
    let answer = raw(&world, &chunked(r#"{"a":1}"#)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(upstream.last().body, r#"{"a":1}"#);
    let answer = raw(&world, &chunked(&" ".repeat(101))).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn bodies_beyond_the_budget_are_refused_until_there_is_room() {
    let upstream = Upstream::start().await;
    let tables = [table("support-chat", placement("v1", &upstream.url()))];
    let world = World::with(tables, |config| config.limits.held = 10);
    upstream.next(Act::Silence);
    let mut waiting = world.caller().await;
    let held = waiting.open(viridian_testkit::caller::post(CHAT, r#"{"a":123}"#));
    let mut held = Box::pin(held);
    let arrived = viridian_testkit::wait::until("the first body is held", || upstream.requests() == 1);
    tokio::select! {
        _ = &mut held => panic!("silence is no answer"),
        () = arrived => {}
    }
    let answer = world.caller().await.post(CHAT, r#"{"a":1}"#).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    drop(held);
    drop(waiting);
    viridian_testkit::wait::until("the body is given up", || world.handle.traffic().in_flight() == 0).await;
    assert_eq!(world.caller().await.post(CHAT, r#"{"a":1}"#).await.status, 200);
}

#[tokio::test]
async fn a_large_body_passes_byte_for_byte() {
    let upstream = Upstream::start().await;
    let world = World::serving([table("support-chat", placement("v1", &upstream.url()))]);
    let body = format!(r#" {{ "messages" : [ "{}" ] , "x":1.0e0 }} "#, "å\\n".repeat(500_000));
    assert_eq!(world.caller().await.post(CHAT, body.clone()).await.status, 200);
    assert_eq!(upstream.last().body, body);
    assert_eq!(upstream.last().headers["content-length"], body.len().to_string());
}

#[tokio::test]
async fn tensors_behind_the_json_pass_as_they_are() {
    let upstream = Upstream::start().await;
    let digits = table("digits", placement("v1", &upstream.url()));
    let world = World::serving([RoutingTable { protocol: Protocol::OpenInference, ..digits }]);
    let body = Bytes::from_static(b"{\"inputs\":[]}\x00\xff\x00");
    let request = Request::post("/v2/models/digits/infer")
        .header("content-type", "application/octet-stream")
        .header("inference-header-content-length", "13")
        .body(body.clone())
        .unwrap();
    assert_eq!(world.caller().await.send(request).await.status, 200);
    assert_eq!(upstream.last().body, body);
    assert_eq!(upstream.last().headers["inference-header-content-length"], "13");
    let answer = world.caller().await.post("/v2/models/digits/infer", body.clone()).await;
    assert_eq!(answer.status, 400, "without the header it is JSON");
    for (length, status) in [("0", 200), ("12", 400), ("17", 400), ("-1", 400)] {
        let request =
            Request::post("/v2/models/digits/infer").header("inference-header-content-length", length);
        let answer = world.caller().await.send(request.body(body.clone()).unwrap()).await;
        assert_eq!(answer.status, status, "{length}");
    }
}

/// Sends bytes on a connection of their own and reads until it is closed.
async fn raw(world: &World, text: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(world.gateway.local_addr()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn requests_that_are_framed_twice_are_refused() {
    let upstream = Upstream::start().await;
    let world = World::serving([table("support-chat", placement("v1", &upstream.url()))]);
    let framings = [
        "content-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
        "content-length: x\r\n\r\n{}",
        "transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: gzip\r\n\r\n{}",
    ];
    for framing in framings {
        let answer = raw(&world, &format!("POST {CHAT} HTTP/1.1\r\nhost: gateway\r\n{framing}")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{framing}: {answer}");
    }
    assert_eq!(upstream.requests(), 0);
}
