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

/// How many requests were refused by the caller's, the gateway's and the upstream's fault.
fn refused(world: &World) -> Vec<u64> {
    world.handle.metrics().refused.iter().map(|refusals| refusals.count).collect()
}

/// Every refusal that can be brought about without waiting, as `status code x-should-retry` and whether its id is that
/// of a request an arm was decided for.
#[tokio::test]
async fn every_refusal_has_an_id_and_says_whether_to_try_again() {
    let upstream = Upstream::start().await;
    let inference = RoutingTable {
        protocol: Protocol::OpenInference,
        ..table("digits", placement("v1", &upstream.url()))
    };
    let tables = [impatient(&upstream.url()), table("down", placement("v1", &nowhere().await)), inference];
    let world = World::with(tables, |config| {
        config.limits.body = 100;
        config.limits.held = 90;
    });
    let check = async |request: &str, body: &str, expected: &str| {
        let (method, path) = request.split_once(' ').unwrap();
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        let answer = world.caller().await.send(request).await;
        let id = answer.header("x-request-id");
        let json = answer.json();
        let code = json["error"]["code"].as_str().or_else(|| json["code"].as_str()).unwrap_or("-");
        let kind = &id[..3];
        let found = format!("{} {code} {} {kind}", answer.status, answer.header("x-should-retry"));
        assert_eq!(found, expected, "{method} {path}");
        assert_eq!(id.len(), if kind == "vr_" { 62 } else { 19 }, "{id}");
        id.to_owned()
    };
    let mut ids = vec![
        check("POST /v1/chat/completions", r#"{"model":"x"}"#, "404 unknown_application false vu_").await,
        check("POST /v1/chat/completions", "{}", "400 model_missing false vu_").await,
        check("POST /apps/x/v1/chat/completions", "{}", "404 unknown_application false vu_").await,
        check("GET /", "", "404 not_addressed false vu_").await,
        check("GET /a/../b", "", "400 unsafe_path false vu_").await,
        check("POST /apps/support-chat/admin", "", "404 path_not_allowed false vu_").await,
        check(&format!("GET {CHAT}"), "", "405 method_not_allowed false vu_").await,
        check(&format!("POST {CHAT}"), "{", "400 malformed_json false vu_").await,
        check(&format!("POST {CHAT}"), &" ".repeat(101), "413 body_too_large false vu_").await,
        check(&format!("POST {CHAT}"), &" ".repeat(95), "503 overloaded true vu_").await,
        check("POST /v2/models/digits/load", "", "404 - false vu_").await,
        check("POST /v1/feedback", "{}", "400 malformed_feedback false vu_").await,
        check("POST /apps/down/v1/chat/completions", "{}", "502 upstream_unreachable false vr_").await,
    ];
    upstream.next(Act::HangUp);
    ids.push(check(&format!("POST {CHAT}"), "{}", "502 upstream_broke_off false vr_").await);
    upstream.next(Act::Silence);
    ids.push(check(&format!("POST {CHAT}"), "{}", "504 upstream_timeout false vr_").await);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 15, "every id is another");
    assert_eq!(refused(&world), [11, 1, 3]);
}

#[tokio::test]
async fn a_body_that_stops_coming_may_be_sent_again() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let upstream = Upstream::start().await;
    let tables = [table("support-chat", placement("v1", &upstream.url()))];
    let world = World::with(tables, |config| config.limits.body_pause = Duration::from_millis(20));
    let mut stream = tokio::net::TcpStream::connect(world.gateway.local_addr()).await.unwrap();
    let head = format!("POST {CHAT} HTTP/1.1\r\nhost: gateway\r\ncontent-length: 9\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\r\nx-should-retry: true\r\n"), "{answer}");
    assert!(answer.contains("\r\nx-request-id: vu_"), "{answer}");
    assert_eq!((upstream.requests(), refused(&world)), (0, vec![1, 0, 0]));
}

/// The parser answers what never becomes a request, so there is no id and nothing is counted.
#[tokio::test]
async fn what_is_no_http_is_answered_by_the_parser_and_hung_up_on() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let upstream = Upstream::start().await;
    let world = World::serving([table("support-chat", placement("v1", &upstream.url()))]);
    let check = async |said: String, status: &str| {
        let mut stream = tokio::net::TcpStream::connect(world.gateway.local_addr()).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Whoever hangs up on unread bytes may reset the connection after its answer.
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert!(!answer.contains("x-request-id") && answer.contains("content-length: 0"), "{answer}");
    };
    check("what is this\r\n\r\n".to_owned(), "400").await;
    check(format!("POST {CHAT} HTTP/1.1\r\nhost gateway\r\n\r\n"), "400").await;
    let endless = "x".repeat(1 << 20);
    check(format!("POST {CHAT} HTTP/1.1\r\nhost: gateway\r\nx-long: {endless}\r\n\r\n"), "431").await;
    assert_eq!((upstream.requests(), refused(&world)), (0, vec![0, 0, 0]));
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
    assert_eq!(refused(&world), [8, 0, 0]);
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
    assert_eq!(answer.text(), r#"{"error":"no endpoint of environment 'blue' could be connected to"}"#);
    let answer = caller.send(post("/apps/scores/predict", "not json")).await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["code"], "upstream_unreachable");
}
