//! Percentiles of the times that answers took, on the page of a rollout.

use crate::world::{APPLICATION, NOW, World};
use serde_json::Value;
use viridian_core::analysis::row::{Origin, TallyRow, slot_of};
use viridian_core::analysis::tally::Tally;
use viridian_core::arm::Arm;
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::id::{ApplicationName, BootId, NodeName, RolloutName};
use viridian_core::weight::Weight;

/// A rollout at a fifth of the traffic, and so many answers of either arm in 100 to 200 milliseconds.
async fn with_answers(application: &str, baseline: u64, candidate: u64) -> Value {
    let world = World::new().await;
    assert_eq!(world.apply(application).await.status, 200);
    let request = r#"{"name": "r1", "application": "support-chat", "candidate": "support-chat-v2"}"#;
    assert_eq!(world.post("/api/v1/rollouts", request).await.status, 201);
    let name = RolloutName::parse("r1").unwrap();
    let epoch = Epoch {
        id: world.store.rollout(&name).unwrap().unwrap().first_epoch,
        weight: Weight::from_basis_points(2_000).unwrap(),
        thresholds: Thresholds::default(),
        centres: Centres::default(),
        started_at: NOW,
        allotment: None,
    };
    world.begin(&epoch);
    let rows = [(Arm::Baseline, baseline), (Arm::Candidate, candidate)].map(|(arm, answers)| {
        let mut tally = Tally::default();
        tally.classes[0] = answers;
        (0..answers).for_each(|answer| tally.latency.record(100_000 + 100_000 * answer / answers));
        let application = ApplicationName::parse("support-chat").unwrap();
        TallyRow { application, epoch: epoch.id, slot: slot_of(NOW), arm, tally }
    });
    let origin = Origin { node: NodeName::parse("gateway-1").unwrap(), boot: BootId(1) };
    world.store.record(&origin, &rows, &[]).unwrap();
    world.get("/api/v1/rollouts/r1").await.json()["percentiles"].clone()
}

#[tokio::test]
async fn a_rollout_tells_percentiles_with_their_ranges() {
    let by_request = APPLICATION.replace("unit: user", "unit: request");
    let told = with_answers(&by_request, 4_000, 90).await;
    let metrics: Vec<&str> =
        told.as_array().unwrap().iter().map(|told| told["metric"].as_str().unwrap()).collect();
    assert_eq!(metrics, ["latency.p50", "latency.p95", "latency.p99"]);
    let (baseline, candidate) = (&told[1]["baseline"], &told[1]["candidate"]);
    let ms = |name: &str| baseline[name].as_f64().unwrap();
    assert!(ms("lowerMs") < 195.0 && 195.0 < ms("upperMs") && ms("upperMs") <= 204.0, "{told:#}");
    assert_eq!(candidate["measured"], 90);
    assert!(candidate["lowerMs"].is_f64() && candidate.get("upperMs").is_none(), "{told:#}");
}

#[tokio::test]
async fn answers_to_sticky_units_are_not_independent_and_have_none() {
    assert_eq!(with_answers(APPLICATION, 4_000, 900).await, Value::Null);
}
