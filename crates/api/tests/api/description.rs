//! The description of the API is the committed one, and describes what is served.

use crate::world::World;
use axum::http::Method;
use serde_json::Value;

/// The file in the root of the project.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");

#[test]
fn the_committed_description_is_the_generated_one() {
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    let generated = format!("{}\n", viridian_api::openapi());
    assert!(committed == generated, "openapi.json is stale: run viridian openapi > openapi.json");
}

#[tokio::test]
async fn everything_described_is_served() {
    let world = World::furnished().await;
    let description: Value = serde_json::from_str(&viridian_api::openapi()).unwrap();
    for (path, methods) in description["paths"].as_object().unwrap() {
        if path == "/api/v1/events" {
            // It never ends; its own tests follow it.
            continue;
        }
        for (method, operation) in methods.as_object().unwrap() {
            let path = path.replace("{name}", "nobody");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = world.send(method, &path, &[], "").await;
            assert!(!answer.text.contains("noSuchPath"), "{path}");
            assert_ne!(answer.status.as_u16(), 405, "{path}");
            let status = answer.status.as_str();
            let described = operation["responses"].as_object().unwrap().contains_key(status);
            assert!(described || answer.status.is_client_error(), "{path} answers {status} undescribed");
        }
    }
    assert_eq!(world.get("/api/v1/openapi.json").await.json(), description);
}
