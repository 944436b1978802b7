//! The same request twice is followed once.

use crate::world::{Answer, World};
use axum::http::Method;

async fn order(world: &World, key: &str, body: &str) -> Answer {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    world.send(Method::POST, "/api/v1/rollouts/r1/pause", &headers, body).await
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer() {
    let world = World::with_rollout().await;
    let first = order(&world, "k1", r#"{"by": "ada"}"#).await;
    let again = order(&world, "k1", r#"{"by": "ada"}"#).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (202, 202));
    assert_eq!(first.text, again.text);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let another = order(&world, "k2", r#"{"by": "ada"}"#).await;
    assert_ne!(another.text, first.text, "another key is another order");
}

#[tokio::test]
async fn a_key_belongs_to_one_request() {
    let world = World::with_rollout().await;
    order(&world, "k1", r#"{"by": "ada"}"#).await;
    let other = order(&world, "k1", r#"{"by": "bob"}"#).await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (422, "keyReused"));
    let long = order(&world, &"k".repeat(300), "{}").await;
    assert_eq!((long.status.as_u16(), long.code().as_str()), (400, "malformed"));
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let world = World::furnished().await;
    assert_eq!(order(&world, "k1", "{}").await.status.as_u16(), 404);
    let request = r#"{"name": "r1", "application": "support-chat", "candidate": "support-chat-v2"}"#;
    world.post("/api/v1/rollouts", request).await;
    assert_eq!(order(&world, "k1", "{}").await.status.as_u16(), 202);
}

#[tokio::test]
async fn requests_with_one_key_at_once_are_followed_once() {
    let world = World::with_rollout().await;
    let orders = (0..8).map(|_| order(&world, "k1", "{}"));
    let answers = futures_util::future::join_all(orders).await;
    let (followed, busy): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status.as_u16() == 202);
    assert!(!followed.is_empty());
    assert!(busy.iter().all(|answer| answer.code() == "underWay"), "{busy:?}");
    let rollout = world.get("/api/v1/rollouts/r1").await.json();
    assert_eq!(rollout["pendingOrders"].as_array().unwrap().len(), 1);
}
