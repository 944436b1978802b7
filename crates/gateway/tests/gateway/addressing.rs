//! Which application a request reaches, and under which path its upstream sees it.

use crate::world::World;
use bytes::Bytes;
use http::Request;
use viridian_core::application::Protocol;
use viridian_core::release::Model;
use viridian_core::routing::table::RoutingTable;
use viridian_testkit::table::{placement, table};
use viridian_testkit::upstream::Upstream;

const CHAT: &str = r#"{"model":"support-chat","messages":[]}"#;

fn digits(url: &str, version: Option<&str>) -> RoutingTable {
    let model = Model { name: "mnist 28".into(), version: version.map(Into::into) };
    let mut baseline = placement("v1", url);
    baseline.model = Some(model);
    RoutingTable { protocol: Protocol::OpenInference, ..table("digits", baseline) }
}

/// One application of each protocol, all on one upstream.
fn tables(url: &str) -> [RoutingTable; 5] {
    let allow_paths = vec!["/predict".to_owned(), "/files/*".to_owned()];
    let plain = RoutingTable {
        protocol: Protocol::Http,
        allow_paths,
        ..table("scores", placement("v1", &format!("{url}/prefix")))
    };
    let mut unversioned = digits(url, None);
    unversioned.application = viridian_testkit::table::application("letters");
    let mut open = table("open", placement("v1", url));
    open.protocol = Protocol::OpenInference;
    [table("support-chat", placement("v1", url)), digits(url, Some("v3")), unversioned, open, plain]
}

/// Sends `METHOD path` with headers; `seen` is what the upstream sees, or the status and code of the refusal.
async fn check(world: &World, upstream: &Upstream, request: &str, body: &str, expected: &str) {
    let mut parts = request.split(' ');
    let (method, path) = (parts.next().unwrap(), parts.next().unwrap());
    let mut builder = Request::builder().method(method).uri(path);
    for header in parts {
        let (name, value) = header.split_once('=').unwrap();
        builder = builder.header(name, value);
    }
    let before = upstream.requests();
    let answer =
        world.caller().await.send(builder.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()).await;
    let found = if upstream.requests() > before {
        let seen = upstream.last();
        format!("{} {}", seen.method, seen.uri)
    } else {
        format!("{} {}", answer.status, answer.text())
    };
    assert!(found.starts_with(expected), "{request}: {found}, not {expected}");
}

#[tokio::test]
async fn an_application_is_named_by_path_header_or_model() {
    let upstream = Upstream::start().await;
    let world = World::serving(tables(&upstream.url()));
    let check = async |request, expected| check(&world, &upstream, request, CHAT, expected).await;
    check("POST /apps/support-chat/v1/chat/completions", "POST /v1/chat/completions").await;
    check("POST /apps/support-chat/v1/chat/completions?a=b", "POST /v1/chat/completions?a=b").await;
    check("POST /v1/chat/completions x-viridian-application=support-chat", "POST /v1/chat/completions").await;
    check("POST /v1/chat/completions", "POST /v1/chat/completions").await;
    check("POST /predict x-viridian-application=scores", "POST /prefix/predict").await;
    check("POST /apps/scores/files/a/b%20c?d", "POST /prefix/files/a/b%20c?d").await;
    check("GET /apps/scores/predict", "GET /prefix/predict").await;
    check("HEAD /apps/scores/predict", "HEAD /prefix/predict").await;
    check("POST /v2/models/digits/infer", "POST /v2/models/mnist%2028/versions/v3/infer").await;
    check("POST /v2/models/digits/versions/9/infer", "POST /v2/models/mnist%2028/versions/v3/infer").await;
    check("POST /apps/digits/v2/models/any/infer?a", "POST /v2/models/mnist%2028/versions/v3/infer?a").await;
    check("POST /v2/models/letters/versions/9/infer", "POST /v2/models/mnist%2028/infer").await;
    check("POST /v2/models/open/versions/9/infer", "POST /v2/models/open/versions/9/infer").await;
    check("GET /v2/models/digits", "GET /v2/models/mnist%2028/versions/v3").await;
    check("GET /v2/models/digits/ready", "GET /v2/models/mnist%2028/versions/v3/ready").await;
    check("GET /apps/digits/v2/health/live", "GET /v2/health/live").await;
    check("GET /apps/digits/v2", "GET /v2").await;
    check("GET /v2/health/ready x-viridian-application=digits", "GET /v2/health/ready").await;
}

#[tokio::test]
async fn what_is_not_listed_does_not_reach_an_upstream() {
    let upstream = Upstream::start().await;
    let world = World::serving(tables(&upstream.url()));
    let check = async |request, expected| check(&world, &upstream, request, CHAT, expected).await;
    let no_application = r#"404 {"error":{"message":"there is no application 'x' here""#;
    check("POST /apps/x/v1/chat/completions", no_application).await;
    check("POST /v1/chat/completions x-viridian-application=x", no_application).await;
    check("POST /v2/models/x/infer", r#"404 {"error":"there is no application 'x' here"}"#).await;
    check("POST /apps/x/predict", r#"404 {"type":"about:blank","title":"Not Found","status":404"#).await;
    check("POST /v2/models/support-chat/infer", r#"404 {"error":"there is no application"#).await;
    check("POST /v1/completions", "404").await;
    check("POST /predict", "404").await;
    check("GET /", "404").await;
    check("GET /apps/support-chat", "404").await;
    check("GET /apps/support-chat/", "404").await;
    check("POST /apps/support-chat/v1/completions", "404").await;
    check("POST /apps/support-chat/v1/chat/completions/", "404").await;
    check("POST /apps/support-chat/v2/models/m/infer", "404").await;
    check("GET /apps/support-chat/v1/chat/completions", "405").await;
    check("POST /apps/support-chat/v1/models", "405").await;
    check("POST /apps/digits/v2/health/live", "405").await;
    check("POST /v2/health/live", "405").await;
    check("GET /v2/health", "404").await;
    check("GET /v2/models/digits/infer", "405").await;
    check("POST /v2/models/digits/ready", "405").await;
    check("POST /v2/repository/models/digits/load", "404").await;
    check("POST /v2/models/digits/load", "404").await;
    check("POST /apps/digits/v2/repository/index", "404").await;
    check("POST /apps/scores/admin", "404").await;
    check("DELETE /apps/scores/predict", "405").await;
    check("GET /apps/digits/v2/health/../../admin", "400").await;
    check("GET /apps/scores/files/%2e%2e/admin", "400").await;
    check("GET /apps/scores/files/..%2fadmin", "400").await;
    check("GET /apps/scores//predict", "400").await;
}

#[tokio::test]
async fn a_refused_method_says_which_is_allowed() {
    let upstream = Upstream::start().await;
    let world = World::serving(tables(&upstream.url()));
    let answer = world.caller().await.get("/apps/support-chat/v1/chat/completions").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn applications_are_listed_as_models() {
    let upstream = Upstream::start().await;
    let world = World::serving(tables(&upstream.url()));
    let answer = world.caller().await.get("/v1/models").await;
    assert_eq!(answer.json()["data"].as_array().unwrap().len(), 1);
    assert_eq!(answer.json()["data"][0]["id"], "support-chat");
    let answer = world.caller().await.get("/apps/support-chat/v1/models").await;
    assert_eq!(answer.json()["data"][0]["id"], "support-chat");
    assert_eq!(upstream.requests(), 0);
}

/// Clients of the Open Inference Protocol ask the server before they ask for a model.
#[tokio::test]
async fn the_gateway_answers_for_itself() {
    let upstream = Upstream::start().await;
    let world = World::serving(tables(&upstream.url()));
    let check = async |path: &str, status: u16, body: &str| {
        let answer = world.caller().await.get(path).await;
        assert_eq!((answer.status, answer.text()), (status, body), "{path}");
        assert_eq!(answer.header("content-type"), "application/json");
    };
    check("/v2/health/live", 200, r#"{"live":true}"#).await;
    check("/v2/health/ready", 200, r#"{"ready":true}"#).await;
    let answer = world.caller().await.get("/v2").await;
    assert_eq!((answer.status, &answer.json()["name"]), (200, &"viridian".into()));
    world.offer([]);
    check("/v2/health/ready", 503, r#"{"ready":false}"#).await;
    check("/v2/health/live", 200, r#"{"live":true}"#).await;
    assert_eq!(upstream.requests(), 0);
}

#[tokio::test]
async fn questions_about_the_server_go_to_the_baseline_and_are_not_counted() {
    let upstream = Upstream::start().await;
    let world = World::serving(tables(&upstream.url()));
    let answer = world.caller().await.get("/v2/models/digits/ready").await;
    assert_eq!((answer.status, answer.header("x-viridian-arm")), (200, "baseline"));
    assert!(answer.header("x-request-id").starts_with("vu_"), "no arm was decided");
    assert_eq!(world.handle.traffic().decided, 0);
}
