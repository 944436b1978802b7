//! Applying manifests: all or nothing, with every fault at once.

use crate::world::{APPLICATION, ROLLOUT, World};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

fn actions(body: &Value) -> Vec<&str> {
    body["changes"].as_array().unwrap().iter().map(|change| change["action"].as_str().unwrap()).collect()
}

/// Refused with a code, and nothing has changed.
async fn check_refused(world: &World, manifest: &str, status: u16, code: &str, says: &str) {
    let before = world.store.latest_event().unwrap();
    let answer = world.apply(manifest).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{answer:?}");
    assert!(answer.text.contains(says), "{says}: {}", answer.text);
    assert_eq!(world.store.latest_event().unwrap(), before);
}

#[tokio::test]
async fn everything_is_created_once() {
    let world = World::new().await;
    let all = format!("{APPLICATION}---{ROLLOUT}");
    let answer = world.apply(&all).await;
    assert_eq!(actions(&answer.json()), ["created"; 4]);
    assert!(world.nudges.load(Ordering::Relaxed) > 0, "the controller was not woken");
    assert_eq!(actions(&world.apply(&all).await.json()), ["unchanged"; 4]);
    let labelled = APPLICATION.replace("{name: support-chat}", "{name: support-chat, labels: {team: cx}}");
    assert_eq!(actions(&world.apply(&labelled).await.json()), ["configured", "unchanged", "unchanged"]);
    assert_eq!(world.get("/api/v1/rollouts/r1").await.json()["phase"], "Pending");
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_does_nothing() {
    let world = World::new().await;
    let headers = [("content-type", "application/yaml")];
    let path = "/api/v1/apply?dryRun=true";
    let answer = world.send(Method::POST, path, &headers, &format!("{APPLICATION}---{ROLLOUT}")).await;
    let body = answer.json();
    assert_eq!((&body["dryRun"], actions(&body)), (&json!(true), vec!["created"; 4]));
    assert_eq!(world.store.latest_event().unwrap(), 0);
}

#[tokio::test]
async fn several_files_are_one_request() {
    let world = World::new().await;
    let request = json!({"manifests": [
        {"file": "rollout.yaml", "text": ROLLOUT},
        {"file": "application.yaml", "text": APPLICATION},
    ]});
    let answer = world.post("/api/v1/apply", &request.to_string()).await;
    assert_eq!(actions(&answer.json()), ["created"; 4], "{answer:?}");
    let wrong = json!({"manifests": [{"file": "a.yaml", "text": "kind: Nonsense"}, {"file": "b.yaml", "text": "x: ["}]});
    let answer = world.post("/api/v1/apply", &wrong.to_string()).await;
    let body = answer.json();
    let files: Vec<_> = body["errors"].as_array().unwrap().iter().map(|fault| &fault["file"]).collect();
    assert!(files.contains(&&json!("a.yaml")) && files.contains(&&json!("b.yaml")), "{body}");
}

#[tokio::test]
async fn every_fault_is_told_with_its_place() {
    let world = World::new().await;
    let wrong = APPLICATION.replace("unit: user", "unit: nonsense").replace("0.5pp", "half");
    check_refused(&world, &wrong, 422, "invalidManifest", "spec.unit").await;
    let body = world.apply(&wrong).await.json();
    let places: Vec<_> =
        body["errors"].as_array().unwrap().iter().map(|fault| (&fault["line"], &fault["path"])).collect();
    assert_eq!(
        places,
        [(&json!(7), &json!("spec.unit")), (&json!(12), &json!("spec.guards[0].margin"))],
        "{body}"
    );
    // What other files say of it is looked at in the same pass.
    let missing = ROLLOUT.replace("candidate: support-chat-v2", "candidate: support-chat-v9");
    let request = json!({"manifests": [
        {"file": "wrong.yaml", "text": wrong},
        {"file": "rollout.yaml", "text": missing},
    ]});
    let body = world.post("/api/v1/apply", &request.to_string()).await.json();
    let last = &body["errors"].as_array().unwrap()[2..];
    assert_eq!(last.len(), 1, "{body}");
    assert_eq!((&last[0]["file"], &last[0]["path"]), (&json!("rollout.yaml"), &json!("spec.candidate")));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_as_a_whole() {
    let world = World::furnished().await;
    let other = APPLICATION.replace("temperature: 0.2", "temperature: 0.9");
    check_refused(&world, &other, 409, "immutable", "releases never change").await;
    let missing = ROLLOUT.replace("candidate: support-chat-v2", "candidate: support-chat-v9");
    check_refused(&world, &missing, 422, "invalidManifest", "there is no release 'support-chat-v9'").await;
    world.apply(ROLLOUT).await;
    let second = ROLLOUT.replace("name: r1", "name: r2");
    check_refused(&world, &second, 409, "refused", "rollout 'r1' has not ended").await;
    let changed = ROLLOUT.replace("5%", "7%");
    check_refused(&world, &changed, 409, "exists", "there is a rollout 'r1' already").await;
}

#[tokio::test]
async fn a_missing_secret_is_named_where_it_is_asked_for() {
    let world = World::new().await;
    let secret = APPLICATION.replace(
        "['http://127.0.0.1:1']}",
        "['http://127.0.0.1:1'], auth: {bearer: 'env:NO_SUCH_KEY_4711'}}",
    );
    check_refused(&world, &secret, 422, "invalidManifest", "env:NO_SUCH_KEY_4711 is not set").await;
    let body = world.apply(&secret).await.json();
    assert_eq!(body["errors"][0]["line"], 10, "{body}");
    let present = secret.replace("NO_SUCH_KEY_4711", "CARGO_PKG_NAME");
    assert_eq!(world.apply(&present).await.status, StatusCode::OK);
}

#[tokio::test]
async fn surprises_are_warned_of() {
    let world = World::furnished().await;
    let second_first = APPLICATION.replace("baseline: support-chat-v1", "baseline: support-chat-v2");
    let body = world.apply(&second_first).await.json();
    let warning = body["changes"][0]["warnings"][0].as_str().unwrap();
    assert!(warning.contains("'support-chat-v1' goes on serving"), "{warning}");
    let outside = "spec:
  sources: {metrics: {prometheus: {url: 'http://127.0.0.1:1'}}}
  gauges: [{name: queue, source: metrics, query: queue_length, atMost: 5, unit: requests}]
";
    let body = world.apply(&APPLICATION.replacen("spec:\n", outside, 1)).await.json();
    let warning = body["changes"][0]["warnings"][0].as_str().unwrap();
    assert!(
        warning.starts_with("the unit requests of the gauge queue is shown and never checked"),
        "{warning}"
    );
}

#[tokio::test]
async fn whoever_starts_a_rollout_that_compares_nothing_is_told() {
    let world = World::furnished().await;
    let manifest = "
apiVersion: viridian.dev/v1
kind: Rollout
metadata: {name: switch}
spec:
  application: support-chat
  candidate: support-chat-v2
  strategy: {canary: {steps: [{bake: {holdback: 0%}}]}}
";
    let request = serde_json::json!({"manifest": manifest}).to_string();
    let body = world.post("/api/v1/plan", &request).await.json();
    let notes = body["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note.as_str().unwrap().starts_with("Not compared: ")), "{body}");

    let body = world.apply(manifest).await.json();
    let warning = body["changes"][0]["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("not compared: "), "{warning}");
    let body = world.get("/api/v1/rollouts/switch").await.json();
    assert!(body["plan"][0]["title"].as_str().unwrap().ends_with("not compared"), "{body}");
}

#[tokio::test]
async fn bodies_of_other_kinds_are_refused() {
    let world = World::new().await;
    let check = async |kind: &str, body: &str, status: u16, code: &str| {
        let answer = world.send(Method::POST, "/api/v1/apply", &[("content-type", kind)], body).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{kind} {body:.40}");
    };
    check("text/plain", APPLICATION, 415, "mediaType").await;
    check("application/json", "{", 400, "malformed").await;
    check("application/json", r#"{"manifest": "x"}"#, 400, "malformed").await;
    check("application/yaml", &"a".repeat(2 << 20), 413, "tooLarge").await;
}
