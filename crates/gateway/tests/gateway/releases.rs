//! What a release changes in the requests of its callers.

use crate::world::World;
use bytes::Bytes;
use http::Request;
use std::collections::BTreeMap;
use viridian_core::application::Protocol;
use viridian_core::environment::SecretReference;
use viridian_core::release::{Model, Parameters, Precedence};
use viridian_core::routing::table::{Placement, RoutingTable};
use viridian_testkit::caller::post;
use viridian_testkit::table::{placement, table};
use viridian_testkit::upstream::{Reply, Upstream};

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

fn release(url: &str, precedence: Precedence) -> Placement {
    let values = BTreeMap::from([("temperature".to_owned(), "0.1".to_owned())]);
    Placement {
        model: Some(Model { name: "gpt-4o".into(), version: None }),
        parameters: Parameters { precedence, values },
        prices: None,
        ..placement("v8", url)
    }
}

async fn check(precedence: Precedence, sent: &str, arrived: &str) {
    let upstream = Upstream::start().await;
    let world = World::serving([table("support-chat", release(&upstream.url(), precedence))]);
    let answer = world.caller().await.post(CHAT, sent.to_owned()).await;
    assert_eq!((answer.status, answer.header("x-viridian-release")), (200, "v8"));
    assert_eq!(upstream.last().body, arrived);
}

#[tokio::test]
async fn the_release_names_the_model_and_gives_defaults() {
    let (sent, arrived) =
        (r#"{"model":"m","user":"u"}"#, r#"{"temperature":0.1,"model":"gpt-4o","user":"u"}"#);
    check(Precedence::Caller, sent, arrived).await;
    check(Precedence::Release, sent, arrived).await;
    let sent = r#"{"temperature":1, "model":"m"}"#;
    check(Precedence::Caller, sent, r#"{"temperature":1, "model":"gpt-4o"}"#).await;
    check(Precedence::Release, sent, r#"{"temperature":0.1, "model":"gpt-4o"}"#).await;
    check(Precedence::Release, "{}", r#"{"model":"gpt-4o","temperature":0.1}"#).await;
}

#[tokio::test]
async fn open_inference_has_a_field_for_parameters() {
    let upstream = Upstream::start().await;
    let baseline = Placement { model: None, ..release(&upstream.url(), Precedence::Caller) };
    let world =
        World::serving([RoutingTable { protocol: Protocol::OpenInference, ..table("digits", baseline) }]);
    let check = async |sent: &str, arrived: &str| {
        let answer = world.caller().await.post("/v2/models/digits/infer", sent.to_owned()).await;
        assert_eq!((answer.status, upstream.last().body.as_ref()), (200, arrived.as_bytes()));
    };
    check(r#"{"inputs":[]}"#, r#"{"parameters":{"temperature":0.1},"inputs":[]}"#).await;
    check(r#"{"parameters":{"temperature":1}}"#, r#"{"parameters":{"temperature":1}}"#).await;
    check(r#"{"parameters":{"top_k":1}}"#, r#"{"parameters":{"temperature":0.1,"top_k":1}}"#).await;
    let twice = r#"{"parameters":{"a":1,"a":2}}"#;
    assert_eq!(world.caller().await.post("/v2/models/digits/infer", twice).await.status, 400);
    assert_eq!(world.handle.traffic().decided, 3, "what is refused comes to no outcome");
}

#[tokio::test]
async fn tensors_stay_behind_parameters() {
    let upstream = Upstream::start().await;
    let baseline = Placement { model: None, ..release(&upstream.url(), Precedence::Release) };
    let world =
        World::serving([RoutingTable { protocol: Protocol::OpenInference, ..table("digits", baseline) }]);
    let request = Request::post("/v2/models/digits/infer").header("inference-header-content-length", "13");
    let sent = Bytes::from_static(b"{\"inputs\":[]}{\xff}");
    assert_eq!(world.caller().await.send(request.body(sent).unwrap()).await.status, 200);
    let seen = upstream.last();
    let json = br#"{"parameters":{"temperature":0.1},"inputs":[]}"#;
    assert_eq!(seen.body.as_ref(), [&json[..], b"{\xff}"].concat());
    assert_eq!(seen.headers["inference-header-content-length"], json.len().to_string());
}

#[tokio::test]
async fn the_environments_key_is_sent_instead_of_the_callers() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    std::fs::write(&file, "sk-ours\n").unwrap();
    let upstream = Upstream::start().await;
    let mut baseline = placement("v1", &upstream.url());
    baseline.bearer = Some(SecretReference::File(file.display().to_string()));
    let world =
        World::serving([table("support-chat", baseline), table("open", placement("v1", &upstream.url()))]);
    for (application, key) in [("support-chat", "Bearer sk-ours"), ("open", "Bearer theirs")] {
        let mut request = post(&format!("/apps/{application}/v1/chat/completions"), "{}");
        request.headers_mut().insert("authorization", "Bearer theirs".parse().unwrap());
        assert_eq!(world.caller().await.send(request).await.status, 200);
        assert_eq!(upstream.last().headers["authorization"], key);
    }
}

#[tokio::test]
async fn headers_pass_both_ways_but_those_between_two_hops() {
    let upstream = Upstream::start().await;
    let reply = Reply::json("{}").header("x-request-id", "theirs").header("set-cookie", "a=1");
    upstream.always(reply.header("set-cookie", "b=2").header("openai-processing-ms", "7"));
    let world = World::serving([table("support-chat", placement("v1", &upstream.url()))]);
    let request = Request::post(CHAT)
        .header("x-viridian-user", "alice")
        .header("openai-beta", "a")
        .header("connection", "keep-alive, x-hop")
        .header("x-hop", "1")
        .body(Bytes::from("{}"))
        .unwrap();
    let answer = world.caller().await.send(request).await;
    let seen = upstream.last().headers;
    assert_eq!(seen["openai-beta"], "a");
    assert_eq!(seen["host"], upstream.url().strip_prefix("http://").unwrap());
    for name in ["x-viridian-user", "x-hop", "connection"] {
        assert!(!seen.contains_key(name), "{name}");
    }
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
    assert_eq!(answer.header("openai-processing-ms"), "7");
    assert_eq!(answer.header("x-upstream-request-id"), "theirs");
    assert!(answer.header("x-request-id").starts_with("vr_"));
    assert_eq!(answer.header("x-viridian-release"), "v1");
    assert_eq!(answer.header("x-viridian-arm"), "baseline");
}
