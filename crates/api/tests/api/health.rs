//! Whether the process is alive and fit, and what it counts.

use crate::world::{NOW, World, progressing};
use serde_json::json;
use viridian_api::GatewayStatus;
use viridian_core::id::{ApplicationName, Generation, NodeName};

#[tokio::test]
async fn ready_means_served() {
    let world = World::new().await;
    assert_eq!(world.get("/healthz").await.text, "ok\n");
    assert_eq!(world.get("/readyz").await.json(), json!({"ready": true, "missing": []}));
    world.apply(crate::world::APPLICATION).await;
    let answer = world.get("/readyz").await;
    assert_eq!(answer.status.as_u16(), 503);
    assert_eq!(answer.json()["missing"], json!(["no gateway serves application 'support-chat'"]));
    let serving = vec![(ApplicationName::parse("support-chat").unwrap(), Generation(1))];
    let node = NodeName::parse("local").unwrap();
    world.gateways.lock().unwrap().push(GatewayStatus {
        node,
        heard_at: NOW,
        live: true,
        serving,
        rejected: Vec::new(),
    });
    assert_eq!(world.get("/readyz").await.status.as_u16(), 200);

    let gateway = world.get("/api/v1/gateways/local").await.json();
    assert_eq!(gateway["serving"], json!([{"application": "support-chat", "generation": 1}]));
    assert_eq!(world.get("/api/v1/gateways").await.json()["items"], json!([gateway]));
    assert_eq!(world.get("/api/v1/gateways/another").await.status.as_u16(), 404);
}

#[tokio::test]
async fn metrics_say_what_goes_on() {
    let world = World::with_rollout().await;
    world.go("r1", progressing(1), "so it goes");
    let answer = world.get("/metrics").await;
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    for line in [
        "viridian_rollouts{phase=\"Progressing\"} 1",
        "viridian_rollout_candidate_share{application=\"support-chat\",rollout=\"r1\"} 0.0",
        "viridian_applications 1",
        "viridian_requests_in_flight 0",
        "viridian_refusals_total{blame=\"upstream\"} 3",
    ] {
        assert!(answer.text.lines().any(|found| found == line), "{line} is not in\n{}", answer.text);
    }
    assert!(answer.text.contains("viridian_build_info{version="), "{}", answer.text);
}
