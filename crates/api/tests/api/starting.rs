//! Starting rollouts without a file.

use crate::world::{NOW, World};
use serde_json::json;
use viridian_core::rollout::state::{Cause, Phase};

const REQUEST: &str = r#"{"application": "support-chat", "candidate": "support-chat-v2"}"#;

#[tokio::test]
async fn a_rollout_is_named_after_its_release_and_is_a_canary() {
    let world = World::furnished().await;
    let answer = world.post("/api/v1/rollouts", REQUEST).await;
    let body = answer.json();
    assert_eq!(answer.status.as_u16(), 201, "{body}");
    assert_eq!(answer.headers["location"], "/api/v1/rollouts/support-chat-v2");
    let titles: Vec<_> =
        body["plan"].as_array().unwrap().iter().map(|step| step["title"].as_str().unwrap()).collect();
    assert_eq!((titles[0], titles[2], titles[4], titles.len()), ("weight 5%", "weight 25%", "weight 50%", 7));
}

#[tokio::test]
async fn the_same_again_changes_nothing_and_another_is_refused() {
    let world = World::furnished().await;
    let named = |name: &str, extra: serde_json::Value| {
        let mut request =
            json!({"name": name, "application": "support-chat", "candidate": "support-chat-v2"});
        for (key, value) in extra.as_object().unwrap() {
            request[key] = value.clone();
        }
        request.to_string()
    };
    let none = json!({});
    assert_eq!(world.post("/api/v1/rollouts", &named("r1", none.clone())).await.status.as_u16(), 201);
    assert_eq!(world.post("/api/v1/rollouts", &named("r1", none.clone())).await.status.as_u16(), 200);
    let refused = world.post("/api/v1/rollouts", &named("r2", none)).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "refused"));
    let supersede = named("r2", json!({"takeover": "supersede"}));
    let body = world.post("/api/v1/rollouts", &supersede).await.json();
    assert_eq!(body["waitsFor"], "rollout r1 has to end first");
    let order = &world.get("/api/v1/rollouts/r1").await.json()["pendingOrders"];
    assert_eq!(order, &json!(["give way to rollout r2"]));
}

#[tokio::test]
async fn an_ended_rollout_leaves_its_name_taken() {
    let world = World::furnished().await;
    world.post("/api/v1/rollouts", REQUEST).await;
    let cause = Cause::Aborted { by: "ada".to_owned(), reason: None };
    world.go("support-chat-v2", Phase::RollingBack { cause: cause.clone(), since: NOW }, "back");
    world.go("support-chat-v2", Phase::Aborted { cause }, "stopped");
    let body = world.post("/api/v1/rollouts", REQUEST).await.json();
    assert_eq!(body["name"], "support-chat-v2-2", "{body}");
}

#[tokio::test]
async fn fields_are_read_as_a_manifest() {
    let world = World::furnished().await;
    let check = async |body: serde_json::Value, status: u16, code: &str, says: &str| {
        let answer = world.post("/api/v1/rollouts", &body.to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{answer:?}");
        assert!(answer.text.contains(says), "{says}: {}", answer.text);
    };
    check(json!({}), 422, "invalidManifest", "application").await;
    check(json!({"application": "support-chat", "candidate": "no-such"}), 422, "invalidManifest", "no-such")
        .await;
    let typo = json!({"application": "support-chat", "candidate": "support-chat-v2", "stratgy": {}});
    check(typo, 422, "invalidManifest", "did you mean 'strategy'?").await;
    check(json!({"manifest": "x: y", "application": "a"}), 400, "malformed", "no other field").await;
    let application = json!({"manifest": crate::world::APPLICATION});
    check(application, 400, "malformed", "kind Rollout").await;
}
