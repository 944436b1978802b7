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
    assert_eq!(answer.text, include_str!("../golden/readyz.json").trim_end());
    let serving = vec![(ApplicationName::parse("support-chat").unwrap(), Generation(1))];
    let node = NodeName::parse("local").unwrap();
    world.gateways.lock().unwrap().push(GatewayStatus {
        node,
        heard_at: NOW,
        live: true,
        serving,
        rejected: Vec::new(),
        clock_ahead: Some(90_000),
        lost: 7,
        pinned: Vec::new(),
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
        "viridian_internal_turned_away_total 5",
        "viridian_notices_posted_total 7",
        "viridian_notices_lost_total 1",
        "viridian_notices_waiting 2",
        "viridian_internal_certificate_failures_total 2",
        "viridian_internal_certificate_stale 1",
        "viridian_internal_certificate_expires_in_seconds 86400.0",
    ] {
        assert!(answer.text.lines().any(|found| found == line), "{line} is not in\n{}", answer.text);
    }
    assert!(answer.text.contains("viridian_build_info{version="), "{}", answer.text);
}

/// The names, kinds and labels that dashboards and alerts are built on; values are left out.
#[tokio::test]
async fn metrics_keep_their_names() {
    let world = World::with_rollout().await;
    world.go("r1", progressing(1), "so it goes");
    let serving = vec![(ApplicationName::parse("support-chat").unwrap(), Generation(1))];
    let node = NodeName::parse("local").unwrap();
    let rejected = vec![(serving[0].0.clone(), "too large".to_owned())];
    let pinned = vec![serving[0].0.clone()];
    let clock_ahead = Some(-1_500);
    let gateway =
        GatewayStatus { node, heard_at: NOW, live: true, serving, rejected, clock_ahead, lost: 7, pinned };
    world.gateways.lock().unwrap().push(gateway);
    let text = world.get("/metrics").await.text;
    let mut names: Vec<String> = text.lines().map(without_value).collect();
    names.dedup();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/metrics.txt");
    let found = names.join("\n") + "\n";
    if std::env::var_os("VIRIDIAN_BLESS").is_some() {
        std::fs::write(golden, &found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(golden).unwrap());
}

/// A line about a metric as it is, and the line of a value with the names of its labels alone.
fn without_value(line: &str) -> String {
    if line.starts_with('#') {
        return line.to_owned();
    }
    let name = line.rsplit_once(' ').map_or(line, |(name, _)| name);
    let Some((name, labels)) = name.split_once('{') else { return name.to_owned() };
    let labels: Vec<&str> = labels.split("\",").filter_map(|label| label.split('=').next()).collect();
    format!("{name}{{{}}}", labels.join(","))
}
