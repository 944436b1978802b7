//! Forecasts over the API; the numbers themselves are tested in the core.

use crate::world::World;
use serde_json::json;

#[tokio::test]
async fn a_forecast_starts_nothing() {
    let world = World::furnished().await;
    let before = world.store.latest_event().unwrap();
    let request = json!({"application": "support-chat", "candidate": "support-chat-v2"});
    let posted = world.post("/api/v1/plan", &request.to_string()).await.json();
    let asked = world.get("/api/v1/applications/support-chat/plan?candidate=support-chat-v2").await.json();
    assert_eq!(posted, asked);
    assert_eq!(posted["steps"].as_array().unwrap().len(), 7, "{posted}");
    assert_eq!(posted["traffic"]["perSecond"], 0.0);
    assert!(posted.get("totalSeconds").is_none(), "without traffic it never ends");
    assert_eq!(world.store.latest_event().unwrap(), before);
}

#[tokio::test]
async fn a_forecast_is_of_something_that_is_there() {
    let world = World::furnished().await;
    let check = async |path: &str, status: u16| {
        assert_eq!(world.get(path).await.status.as_u16(), status, "{path}");
    };
    check("/api/v1/applications/support-chat/plan?candidate=nobody", 404).await;
    check("/api/v1/applications/nobody/plan?candidate=support-chat-v2", 404).await;
    check("/api/v1/applications/support-chat/plan", 400).await;
    let manifest = json!({"manifest": crate::world::APPLICATION});
    assert_eq!(world.post("/api/v1/plan", &manifest.to_string()).await.code(), "malformed");
}
