//! What callers are told when there is no answer, and that upstreams are not bothered with what cannot be answered.

use crate::world::World;
use bytes::Bytes;
use http::Request;
use std::time::Duration;
use viridian_core::application::Protocol;
use viridian_core::outcome::Class;
use viridian_core::routing::table::RoutingTable;
use viridian_testkit::caller::{Answer, post};
use viridian_testkit::table::{placement, table};
use viridian_testkit::upstream::{Act, Reply, Upstream, nowhere};

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

fn impatient(url: &str) -> RoutingTable {
    let mut table = table("support-chat", placement("v1", url));
    table.timeouts.connect = Duration::from_millis(200);
    table.timeouts.first_byte = Duration::from_millis(50);
    table
}

/// The error in the shape of the OpenAI API, with these words.
fn check(answer: &Answer, status: u16, code: &str, param: Option<&str>) {
    let error = &answer.json()["error"];
    assert_eq!(answer.status, status, "{error}");
    assert_eq!(error["code"], code);
    assert_eq!(error["param"].as_str(), param);
    assert_eq!(error["type"], if status < 500 { "invalid_request_error" } else { "server_error" });
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn bodies_that_parsers_read_differently_leave_the_upstream_untouched() {
    let upstream = Upstream::start().await;
    let world = World::serving([table("support-chat", placement("v1", &upstream.url()))]);
    let mut caller = world.caller().await;
    for body in ["", "{", "[]", r#"{"model":"a","model":"b"}"#, r#"{"model":"a"}{"#] {
        check(&caller.post(CHAT, body).await, 400, "malformed_json", None);
    }
    let encoded = Request::post(CHAT).header("content-encoding", "gzip").body(Bytes::from("{}")).unwrap();
    check(&caller.send(encoded).await, 415, "body_encoded", None);
    check(&caller.post("/v1/chat/completions", "{}").await, 400, "model_missing", Some("model"));
    check(
        &caller.post("/v1/chat/completions", r#"{"model":"x"}"#).await,
        404,
        "unknown_application",
        Some("model"),
    );
    assert_eq!(upstream.requests(), 0);
    assert_eq!(world.handle.traffic().decided, 0);
    assert_eq!(world.handle.metrics().refused, 8);
}

#[tokio::test]
async fn an_upstream_that_refuses_connections_is_a_502() {
    let world = World::serving([table("support-chat", placement("v1", &nowhere().await))]);
    let answer = world.caller().await.post(CHAT, "{}").await;
    check(&answer, 502, "upstream_unreachable", None);
    assert_eq!(answer.header("x-viridian-arm"), "baseline");
    assert!(answer.header("x-request-id").starts_with("vr_"));
    assert_eq!(world.count(Class::Unreachable).await, 1);
}

#[tokio::test]
async fn an_upstream_that_hangs_up_is_a_502() {
    let upstream = Upstream::start().await;
    upstream.next(Act::HangUp);
    let world = World::serving([table("support-chat", placement("v1", &upstream.url()))]);
    check(&world.caller().await.post(CHAT, "{}").await, 502, "upstream_broke_off", None);
    assert_eq!(upstream.requests(), 1, "a fresh connection is not tried again");
    assert_eq!(world.count(Class::Unreachable).await, 1);
}

#[tokio::test]
async fn an_upstream_that_does_not_answer_is_a_504() {
    let upstream = Upstream::start().await;
    upstream.next(Act::Silence);
    let world = World::serving([impatient(&upstream.url())]);
    check(&world.caller().await.post(CHAT, "{}").await, 504, "upstream_timeout", None);
    assert_eq!(world.count(Class::Timeout).await, 1);
    viridian_testkit::wait::until("the upstream is told", || upstream.abandoned() == 1).await;
}

#[tokio::test]
async fn what_the_upstream_says_passes_with_its_status() {
    let upstream = Upstream::start().await;
    let world = World::serving([table("support-chat", placement("v1", &upstream.url()))]);
    let mut caller = world.caller().await;
    for (status, class) in [(400, Class::CallerError), (429, Class::RateLimited), (503, Class::UpstreamError)]
    {
        let reply = Reply::json(r#"{"theirs":1}"#).status(status).header("x-should-retry", "true");
        upstream.next(reply.header("retry-after", "7"));
        let answer = caller.post(CHAT, "{}").await;
        assert_eq!((answer.status, answer.text()), (status, r#"{"theirs":1}"#));
        assert_eq!((answer.header("retry-after"), answer.header("x-should-retry")), ("7", "true"));
        assert_eq!(world.count(class).await, 1);
    }
}

#[tokio::test]
async fn every_protocol_is_told_in_its_own_shape() {
    let url = nowhere().await;
    let inference =
        RoutingTable { protocol: Protocol::OpenInference, ..table("digits", placement("v1", &url)) };
    let allow_paths = vec!["/predict".to_owned()];
    let plain =
        RoutingTable { protocol: Protocol::Http, allow_paths, ..table("scores", placement("v1", &url)) };
    let world = World::serving([inference, plain]);
    let mut caller = world.caller().await;
    let answer = caller.post("/v2/models/digits/infer", "{}").await;
    assert_eq!(answer.text(), r#"{"error":"the upstream could not be connected to"}"#);
    let answer = caller.send(post("/apps/scores/predict", "not json")).await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["code"], "upstream_unreachable");
}
