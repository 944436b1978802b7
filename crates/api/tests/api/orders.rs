//! Orders: taken when the rollout can follow them, refused with a reason when it cannot.

use crate::world::{NOW, World, progressing};
use axum::http::Method;
use serde_json::json;
use std::sync::atomic::Ordering;
use viridian_core::rollout::state::{Cause, Phase};

async fn check(world: &World, order: &str, status: u16, code: &str) {
    let answer = world.post(&format!("/api/v1/rollouts/r1/{order}"), "").await;
    assert_eq!(answer.status.as_u16(), status, "{order}: {answer:?}");
    if status >= 400 {
        assert_eq!(answer.code(), code, "{order}");
    }
}

#[tokio::test]
async fn an_order_is_written_down_and_wakes_the_controller() {
    let world = World::with_rollout().await;
    let before = world.nudges.load(Ordering::Relaxed);
    let body = r#"{"by": "ada", "reason": "not today"}"#;
    let answer = world.post("/api/v1/rollouts/r1/rollback", body).await;
    assert_eq!(answer.status.as_u16(), 202, "{answer:?}");
    let receipt = answer.json();
    assert_eq!(receipt["order"], "rollback, ordered by ada: not today");
    assert_eq!((&receipt["rollout"], &receipt["durable"]), (&json!("r1"), &json!(true)));
    assert_eq!(world.nudges.load(Ordering::Relaxed), before + 1);
    let rollout = world.get("/api/v1/rollouts/r1").await.json();
    assert_eq!(rollout["pendingOrders"], json!(["rollback, ordered by ada: not today"]));
}

#[tokio::test]
async fn a_state_refuses_what_it_cannot_follow() {
    let world = World::with_rollout().await;
    check(&world, "resume", 409, "orderRefused").await;
    world.go("r1", progressing(1), "so it goes");
    check(&world, "pause", 202, "").await;
    check(&world, "promote", 202, "").await;
    let cause = Cause::Insufficient;
    world.go("r1", Phase::RollingBack { cause: cause.clone(), since: NOW }, "back");
    check(&world, "promote", 409, "orderRefused").await;
    check(&world, "abort", 202, "").await;
    world.go("r1", Phase::RolledBack { cause }, "the baseline is back");
    check(&world, "rollback", 409, "orderRefused").await;
}

#[tokio::test]
async fn orders_are_read_strictly() {
    let world = World::with_rollout().await;
    let order = async |body: &str| {
        let answer = world.post("/api/v1/rollouts/r1/promote", body).await;
        answer.status.as_u16()
    };
    assert_eq!(order(r#"{"reach": "full"}"#).await, 202);
    assert_eq!(order(r#"{"reach": "moon"}"#).await, 400);
    assert_eq!(order(r#"{"reahc": "full"}"#).await, 400);
    assert_eq!(world.post("/api/v1/rollouts/r9/pause", "").await.status.as_u16(), 404);
}

#[tokio::test]
async fn an_order_can_be_made_conditional_on_what_was_seen() {
    let world = World::with_rollout().await;
    let seen = world.get("/api/v1/rollouts/r1").await.headers["etag"].to_str().unwrap().to_owned();
    let pause = async |tag: &str| {
        let path = "/api/v1/rollouts/r1/pause";
        world.send(Method::POST, path, &[("if-match", tag)], "").await
    };
    world.go("r1", progressing(1), "so it goes");
    let stale = pause(&seen).await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (412, "stale"));
    let fresh = world.get("/api/v1/rollouts/r1").await.headers["etag"].to_str().unwrap().to_owned();
    assert_ne!(seen, fresh);
    assert_eq!(pause(&format!("\"other\", {fresh}")).await.status.as_u16(), 202);
    assert_eq!(pause("*").await.status.as_u16(), 202);
}
