//! Starting, stopping and releasing experiments.

use crate::world::{NOW, World};
use serde_json::{Value, json};
use viridian_core::experiment::analysis::analyse;
use viridian_core::experiment::definition::Decider;
use viridian_core::experiment::evidence::Evidence;
use viridian_core::experiment::report::Report;
use viridian_core::experiment::step::{End, Phase, State};
use viridian_core::id::ExperimentName;
use viridian_store::ExperimentCommit;

const EXPERIMENT: &str = "
apiVersion: viridian.dev/v1
kind: Experiment
metadata: {name: tone}
spec:
  unit: user
  arms:
  - {name: now, share: 45%, releases: {support-chat: support-chat-v1}}
  - {name: cool, share: 45%, releases: {support-chat: support-chat-v2}}
  aim: {metric: feedback, minimumEffect: 2pp}
  stop: {maxDuration: 48h}
";

const PATH: &str = "/api/v1/experiments";

async fn started() -> World {
    let world = World::furnished().await;
    let answer = world.post(PATH, &json!({ "manifest": EXPERIMENT }).to_string()).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    assert_eq!(answer.headers["location"], "/api/v1/experiments/tone");
    world
}

/// Moves it as a controller would.
fn go(world: &World, phase: Phase) {
    let name = ExperimentName::parse("tone").unwrap();
    let stored = world.store.experiment(&name).unwrap().unwrap();
    let next = State { sequence: stored.state.sequence + 1, phase, ..stored.state };
    let analysis = analyse(&stored.experiment, &Evidence::default(), &[]);
    let report = Report { at: NOW, sentences: vec!["so it goes".to_owned()], analysis };
    world
        .store
        .commit_experiment(&ExperimentCommit {
            experiment: &name,
            application: &stored.experiment.aim.application,
            expected_sequence: stored.state.sequence,
            next: &next,
            report: &report,
            table: None,
            epoch: None,
            answered: None,
            at: NOW,
        })
        .unwrap();
}

#[tokio::test]
async fn an_experiment_is_started_once_and_shown() {
    let world = started().await;
    let again = world.post(PATH, &json!({ "manifest": EXPERIMENT }).to_string()).await;
    assert_eq!(again.status.as_u16(), 200, "{}", again.text);
    let other = EXPERIMENT.replace("45%", "40%");
    let refused = world.post(PATH, &json!({ "manifest": other }).to_string()).await;
    assert_eq!(refused.status.as_u16(), 409, "{}", refused.text);
    let body = world.get("/api/v1/experiments/tone").await.json();
    assert_eq!((&body["phase"], &body["arms"][1]["name"]), (&json!("Running"), &json!("cool")));
    let names = async |query: &str| -> Vec<Value> {
        let list = world.get(&format!("{PATH}{query}")).await.json();
        list["items"].as_array().unwrap().iter().map(|item| item["name"].clone()).collect()
    };
    assert_eq!(names("").await, ["tone"]);
    assert_eq!(names("?active=true&application=support-chat").await, ["tone"]);
    assert_eq!(names("?active=false").await, [] as [Value; 0]);
    let unknown = world.get("/api/v1/experiments/tune").await;
    assert!(unknown.text.contains("did you mean 'tone'?"), "{}", unknown.text);
}

#[tokio::test]
async fn what_is_no_experiment_is_refused_with_its_faults() {
    let world = World::furnished().await;
    let check = async |manifest: &str, status: u16, says: &str| {
        let answer = world.post(PATH, &json!({ "manifest": manifest }).to_string()).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        assert!(answer.text.contains(says), "{says}: {}", answer.text);
    };
    check(crate::world::APPLICATION, 400, "kind Experiment").await;
    check(&EXPERIMENT.replace("support-chat-v2", "no-such"), 422, "no-such").await;
    check(&EXPERIMENT.replace("45%", "60%"), 422, "20% more than the whole").await;
    let turned = EXPERIMENT.replace("  aim:", "  control: cool\n  aim:");
    check(&turned, 409, "has to be what serves 'support-chat' now").await;
}

#[tokio::test]
async fn an_experiment_is_stopped_by_arm_by_winner_or_whole() {
    let world = started().await;
    let path = "/api/v1/experiments/tone/stop";
    let check = async |body: Value, status: u16, says: &str| {
        let answer = world.post(path, &body.to_string()).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        assert!(answer.text.contains(says), "{says}: {}", answer.text);
    };
    check(json!({"arm": "cool", "by": "ann"}), 202, "stop 'cool', ordered by ann").await;
    check(json!({"winner": "cool"}), 202, "end with the winner 'cool', ordered by api").await;
    check(json!({}), 202, "stop, ordered by api").await;
    check(json!({"arm": "now"}), 409, "is the control").await;
    check(json!({"arm": "warm"}), 404, "there is no arm 'warm'").await;
    check(json!({"arm": "cool", "winner": "cool"}), 400, "either").await;
    go(&world, Phase::Ended(End::Stopped));
    check(json!({}), 409, "has ended").await;
}

#[tokio::test]
async fn only_a_winner_is_released() {
    let world = started().await;
    let promote = "/api/v1/experiments/tone/promote";
    let early = world.post(promote, "").await;
    assert_eq!(early.status.as_u16(), 409, "{}", early.text);
    assert!(early.text.contains("has not ended"), "{}", early.text);
    go(&world, Phase::Ended(End::Winner { arm: 1, by: Decider::ByRule }));
    let body = world.get("/api/v1/experiments/tone").await.json();
    assert_eq!((&body["phase"], &body["winner"]), (&json!("Won"), &json!("cool")));
    let answer = world.post(promote, "").await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    assert_eq!(answer.json()["items"][0]["candidate"], "support-chat-v2");
    assert_eq!(world.get("/api/v1/rollouts/support-chat-v2").await.status.as_u16(), 200);
}

#[tokio::test]
async fn an_experiment_without_a_winner_releases_nothing() {
    let world = started().await;
    go(&world, Phase::Ended(End::NoDifference));
    let answer = world.post("/api/v1/experiments/tone/promote", "").await;
    assert_eq!(answer.status.as_u16(), 409, "{}", answer.text);
    assert!(answer.text.contains("ended without a winner"), "{}", answer.text);
}
