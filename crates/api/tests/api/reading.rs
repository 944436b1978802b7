//! What can be looked at, and what is said when it is not there.

use crate::world::{NOW, World, noted, progressing, report};
use axum::http::StatusCode;
use serde_json::json;
use viridian_core::analysis::row::{Origin, TallyRow, slot_of};
use viridian_core::analysis::tally::Tally;
use viridian_core::arm::Arm;
use viridian_core::id::{ApplicationName, BootId, EpochId, NodeName};
use viridian_core::rollout::state::{Cause, Phase};

async fn check_unknown(world: &World, path: &str, meant: &str) {
    let answer = world.get(path).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "unknown"), "{path}");
    assert!(answer.text.contains(meant), "{path}: {}", answer.text);
}

#[tokio::test]
async fn lists_are_empty_before_anything_is_applied() {
    let world = World::new().await;
    for path in ["/api/v1/applications", "/api/v1/releases", "/api/v1/rollouts"] {
        let answer = world.get(path).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({"items": []})), "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn an_application_says_who_serves_it() {
    let world = World::with_rollout().await;
    let body = world.get("/api/v1/applications/support-chat").await.json();
    assert_eq!(body["baseline"], "support-chat-v1");
    assert_eq!(body["rollout"]["name"], "r1");
    assert_eq!(body["environments"][0]["endpoints"], json!(["http://127.0.0.1:1"]));
    assert_eq!(body["guards"][0]["margin"], "0.5pp");
    let listed = world.get("/api/v1/applications").await.json();
    assert_eq!(listed["items"][0]["name"], "support-chat");
}

#[tokio::test]
async fn an_application_says_what_was_counted_and_is_no_evidence() {
    let world = World::with_rollout().await;
    let application = ApplicationName::parse("support-chat").unwrap();
    let tally = Tally { classes: [7, 0, 0, 5, 0, 0, 0, 0], ..Tally::default() };
    let row = TallyRow { application, epoch: EpochId(9), slot: slot_of(NOW), arm: Arm::Candidate, tally };
    let origin = Origin { node: NodeName::parse("gateway-1").unwrap(), boot: BootId(1) };
    assert_eq!(world.get("/api/v1/applications/support-chat").await.json().get("lostEvidence"), None);
    world.store.record(&origin, &[row], &[]).unwrap();
    assert_eq!(world.get("/api/v1/applications/support-chat").await.json()["lostEvidence"], 12);
}

#[tokio::test]
async fn a_release_says_what_became_of_it() {
    let world = World::furnished().await;
    let body = world.get("/api/v1/releases?application=support-chat").await.json();
    let names: Vec<_> = body["items"].as_array().unwrap().iter().map(|item| &item["name"]).collect();
    assert_eq!(names, ["support-chat-v1", "support-chat-v2"]);
    assert_eq!(body["items"][0]["isBaseline"], true);
    let body = world.get("/api/v1/releases/support-chat-v2").await.json();
    assert_eq!((&body["isBaseline"], &body["parameters"]), (&json!(false), &json!({"temperature": 0.2})));
}

#[tokio::test]
async fn a_rollout_shows_its_plan_until_after_its_end() {
    let world = World::with_rollout().await;
    let statuses = async || -> Vec<String> {
        let body = world.get("/api/v1/rollouts/r1").await.json();
        let plan = body["plan"].as_array().unwrap();
        plan.iter().take(3).map(|step| step["status"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(statuses().await, ["coming", "coming", "coming"]);
    world.go("r1", progressing(1), "so it goes");
    assert_eq!(statuses().await, ["passed", "current", "coming"]);
    let cause = Cause::Insufficient;
    world.go("r1", Phase::RollingBack { cause: cause.clone(), since: NOW }, "back");
    world.go("r1", Phase::RolledBack { cause }, "the baseline is back");
    assert_eq!(statuses().await, ["passed", "stopped", "coming"]);
    let body = world.get("/api/v1/rollouts?active=false").await.json();
    assert_eq!(body["items"][0]["phase"], "RolledBack");
    assert_eq!(body["items"][0]["reason"], "the evidence never sufficed");
    assert_eq!(world.get("/api/v1/rollouts?active=true").await.json(), json!({"items": []}));
}

#[tokio::test]
async fn the_latest_look_is_shown_and_history_keeps_what_moved() {
    let world = World::with_rollout().await;
    world.go("r1", progressing(1), "so it goes");
    let name = viridian_core::id::RolloutName::parse("r1").unwrap();
    let later = NOW.plus(std::time::Duration::from_secs(1));
    let waits = viridian_core::rollout::report::Report { at: later, ..report("waiting: more requests") };
    world.store.note_report(&name, noted(waits));
    let body = world.get("/api/v1/rollouts/r1").await.json();
    assert_eq!(body["report"]["sentence"], "waiting: more requests");
    let explanation = world.get("/api/v1/rollouts/r1/explain").await.json();
    assert_eq!(explanation["sentence"], "waiting: more requests");
    assert!(!explanation["wouldChange"].as_array().unwrap().is_empty());
    let history = world.get("/api/v1/rollouts/r1/history").await.json();
    let kinds: Vec<_> = history["entries"].as_array().unwrap().iter().map(|entry| &entry["kind"]).collect();
    assert_eq!(kinds, ["started", "moved"]);
    assert_eq!(history["entries"][1]["sentence"], "so it goes");
}

#[tokio::test]
async fn a_slip_in_a_name_is_pointed_out() {
    let world = World::with_rollout().await;
    check_unknown(&world, "/api/v1/applications/suport-chat", "did you mean 'support-chat'?").await;
    check_unknown(&world, "/api/v1/releases/support-chat-v3", "did you mean 'support-chat-v").await;
    check_unknown(&world, "/api/v1/rollouts/nothing-like-it", "no rollout 'nothing-like-it'\"").await;
    check_unknown(&world, "/api/v1/rollouts/Not%20A%20Name", "no rollout 'Not A Name'").await;
    check_unknown(&world, "/api/v1/rollouts/r2/history", "no rollout 'r2'").await;
    check_unknown(&world, "/api/v1/releases?application=nobody", "no application 'nobody'").await;
}

#[tokio::test]
async fn what_is_nowhere_is_told_as_a_problem() {
    let world = World::new().await;
    let answer = world.get("/api/v1/nonsense").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "noSuchPath"));
    let answer = world.post("/api/v1/applications", "{}").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (405, "wrongMethod"));
    let answer = world.get("/api/v1/rollouts?actve=true").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "malformed"));
}

/// What a list holds, read a little at a time; its things are told apart by this field.
async fn check_parts(world: &World, path: &str, items: &str, field: &str) {
    let whole = world.get(path).await.json();
    let expected: Vec<_> = whole[items].as_array().unwrap().iter().map(|item| item[field].clone()).collect();
    assert!(expected.len() > 1 && whole.get("next").is_none(), "{path}: {whole:#}");
    let mark = if path.contains('?') { '&' } else { '?' };
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let part = world.get(&format!("{path}{mark}limit=1{after}")).await.json();
        let held = part[items].as_array().unwrap();
        assert_eq!(held.len(), 1, "{path}: {part:#}");
        found.push(held[0][field].clone());
        let Some(next) = part["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(found, expected, "{path}");
}

#[tokio::test]
async fn lists_come_a_part_at_a_time() {
    let world = World::with_rollout().await;
    let another = crate::world::APPLICATION.replace("support-chat", "fraud-score");
    world.apply(&another).await;
    for sentence in ["one", "two", "three"] {
        world.go("r1", progressing(1), sentence);
    }
    check_parts(&world, "/api/v1/applications", "items", "name").await;
    check_parts(&world, "/api/v1/releases", "items", "name").await;
    check_parts(&world, "/api/v1/releases?application=fraud-score", "items", "name").await;
    check_parts(&world, "/api/v1/rollouts/r1/history", "entries", "sentence").await;
    let started =
        json!({"application": "fraud-score", "candidate": "fraud-score-v2", "name": "r2"}).to_string();
    assert_eq!(world.post("/api/v1/rollouts", &started).await.status, StatusCode::CREATED);
    check_parts(&world, "/api/v1/rollouts", "items", "name").await;
    check_parts(&world, "/api/v1/rollouts?active=true", "items", "name").await;
    for wrong in ["limit=0", "limit=501", "limit=many", "after=nowhere"] {
        let answer = world.get(&format!("/api/v1/rollouts?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}: {}", answer.text);
    }
    assert_eq!(world.get("/api/v1/releases?after=nowhere").await.status, StatusCode::BAD_REQUEST);
}
