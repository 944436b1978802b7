//! Forecasts over the API; the numbers themselves are tested in the core.

use crate::world::{NOW, ROLLOUT, World};
use serde_json::{Value, json};
use viridian_core::analysis::row::{Origin, TallyRow, slot_of};
use viridian_core::analysis::tally::{Counts, Tally};
use viridian_core::arm::Arm;
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::id::{ApplicationName, BootId, EpochId, NodeName};
use viridian_core::metric::Metric;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

/// Begins the rollout `r1`, and ten minutes of a baseline that fails one request of a hundred, so many in a second.
fn serve(world: &World, per_second: u64) {
    let application = ApplicationName::parse("support-chat").unwrap();
    let epoch = Epoch {
        id: EpochId(1),
        weight: Weight::ZERO,
        thresholds: Thresholds::default(),
        centres: Centres::default(),
        started_at: Timestamp(NOW.0 - 600_000),
        allotment: None,
    };
    world.begin(&epoch);
    let requests = per_second * 600;
    let mut tally = Tally::default();
    tally.classes[0] = requests;
    tally.metrics[Metric::Errors.index()] = Counts::of_share(requests, requests / 100);
    let slot = slot_of(Timestamp(NOW.0 - 600_000));
    let row = TallyRow { application, epoch: epoch.id, slot, arm: Arm::Baseline, tally };
    let origin = Origin { node: NodeName::parse("gateway-1").unwrap(), boot: BootId(1) };
    world.store.record(&origin, &[row], &[]).unwrap();
}

async fn plan(world: &World) -> Value {
    world.get("/api/v1/applications/support-chat/plan?candidate=support-chat-v2").await.json()
}

#[tokio::test]
async fn a_forecast_is_a_range_at_the_traffic_there_is() {
    let world = World::with_rollout().await;
    serve(&world, 50);
    let told = plan(&world).await;
    let seconds = |name: &str| told[name].as_f64().unwrap_or_else(|| panic!("{name} of {told}"));
    assert!(seconds("soonestSeconds") < seconds("totalSeconds"), "{told}");
    assert!(told["bottleneck"].as_str().unwrap().contains("errors"), "{told}");
    assert!(told.get("warnings").is_none(), "{told}");
}

#[tokio::test]
async fn a_guard_that_can_never_fire_is_warned_of() {
    let world = World::new().await;
    let with_feedback = crate::world::APPLICATION.replace(
        "  - {metric: errors, margin: 0.5pp, onFail: rollback}",
        "  - {metric: errors, margin: 0.5pp, onFail: rollback}\n  - {metric: feedback, margin: 3pp, onFail: pause, maturity: 10m}",
    );
    assert_eq!(world.apply(&with_feedback).await.status, 200);
    let request = r#"{"name": "r1", "application": "support-chat", "candidate": "support-chat-v2"}"#;
    assert_eq!(world.post("/api/v1/rollouts", request).await.status, 201);
    serve(&world, 50);
    let told = plan(&world).await;
    let warnings: Vec<&str> = told["warnings"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("The guard on feedback (margin 3pp) can never fire"), "{warnings:?}");
}

#[tokio::test]
async fn a_guard_that_leaves_callers_no_time_to_speak_is_warned_of() {
    let world = World::new().await;
    let with_feedback = |guard: &str| {
        let errors = "  - {metric: errors, margin: 0.5pp, onFail: rollback}";
        crate::world::APPLICATION
            .replace(errors, &format!("{errors}\n  - {{metric: feedback, margin: 3pp{guard}}}"))
    };
    let check = async |guard: &str, is_warned: bool| {
        let says =
            |told: &Value| told["warnings"].to_string().contains("uard on feedback acts on what was said");
        let applied = world.apply(&with_feedback(guard)).await.json();
        let rollout = world.apply(ROLLOUT).await.json();
        let started = World::new().await;
        started.apply(&with_feedback(guard)).await;
        let request = r#"{"application": "support-chat", "candidate": "support-chat-v2"}"#;
        let started = started.post("/api/v1/rollouts", request).await.json();
        let told = [&applied["changes"][0], &rollout["changes"][0], &plan(&world).await, &started].map(says);
        assert_eq!(told, [is_warned; 4], "{guard}: {applied} {rollout} {started}");
    };
    check("", true).await;
    check(", maturity: 1h", false).await;
    check(", mode: observe", false).await;
}

/// Traffic that is cut by language, with one guard more.
#[tokio::test]
async fn guards_that_no_slice_is_asked_about_are_told() {
    let errors = "  - {metric: errors, margin: 0.5pp, onFail: rollback}";
    let disliked = "  - {metric: feedback, margin: 3pp}";
    let sliced = |guards: &str| {
        let application = crate::world::APPLICATION.replace(errors, guards);
        application.replacen("spec:\n", "spec:\n  slices: [language]\n", 1)
    };
    let check = async |guards: &str, is_noted: bool, is_warned: bool| {
        let world = World::new().await;
        let applied = world.apply(&sliced(guards)).await.json();
        let request = r#"{"name": "r1", "application": "support-chat", "candidate": "support-chat-v2"}"#;
        world.post("/api/v1/rollouts", request).await;
        let told = plan(&world).await;
        let note = "Not every guard is asked of slices: feedback does not say its slice.";
        let noted = told["notes"].as_array().unwrap().iter().any(|told| told == note);
        let warned =
            applied["changes"][0]["warnings"].to_string().contains("none is ever found worse: feedback");
        assert_eq!((noted, warned), (is_noted, is_warned), "{guards}: {told} {applied}");
    };
    check(errors, false, false).await;
    check(&format!("{errors}\n  - {{metric: latency.p95, margin: 20%}}"), false, false).await;
    check(&format!("{errors}\n{disliked}"), true, false).await;
    check(disliked, true, true).await;
}

#[tokio::test]
async fn a_rollout_under_way_says_how_long_it_will_take() {
    let world = World::with_rollout().await;
    assert!(world.get("/api/v1/rollouts/r1").await.json().get("remaining").is_none(), "nothing is known");
    serve(&world, 50);
    let told = world.get("/api/v1/rollouts/r1").await.json();
    let remaining = &told["remaining"];
    let (soonest, latest) = (remaining["soonestSeconds"].as_f64(), remaining["latestSeconds"].as_f64());
    assert!(soonest.unwrap() < latest.unwrap(), "{told}");
}

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
