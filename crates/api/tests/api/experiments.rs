//! Starting, stopping and releasing experiments.

use crate::world::{NOW, World};
use serde_json::{Value, json};
use viridian_core::analysis::measurement::{ArmCounts, Ending};
use viridian_core::companion::Companions;
use viridian_core::epoch::{Centres, Thresholds};
use viridian_core::experiment::analysis::analyse;
use viridian_core::experiment::definition::Decider;
use viridian_core::experiment::evidence::{Counted, Evidence, Span};
use viridian_core::experiment::report::Report;
use viridian_core::experiment::step::{End, Phase, State};
use viridian_core::id::{EpochId, ExperimentName};
use viridian_core::unit::UnitHash;
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
    let warning = again.json()["warnings"][0].to_string();
    assert!(warning.contains("the aim feedback is judged by what was said so far"), "{warning}");
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

/// What draws units on two arms, such as a gateway with another key, concludes nothing, and whoever asks is told.
#[tokio::test]
async fn units_on_two_arms_are_told() {
    let world = started().await;
    let tone = ExperimentName::parse("tone").unwrap();
    let experiment = world.store.experiment(&tone).unwrap().unwrap().experiment;
    let application = experiment.aim.application.clone();
    let both = || {
        let mut arm = ArmCounts::default();
        (0..500).for_each(|user| {
            arm.groups.units.insert(UnitHash::of(&application, &format!("user-{user}")));
        });
        arm
    };
    let span = Span {
        epoch: EpochId(1),
        started_at: NOW,
        shares: experiment.arms.all().iter().map(|arm| arm.share).collect(),
        thresholds: Thresholds::default(),
        centres: Centres::default(),
        arms: vec![both(), both()],
        companions: Companions::default(),
        ending: Ending::Awaited,
    };
    let counted = Counted { lead_in: Vec::new(), spans: vec![span] };
    let evidence = Evidence { applications: [(application.clone(), counted)].into(), ..Evidence::default() };
    world.store.note_analysis(&tone, analyse(&experiment, &evidence, &[]));
    let body = world.get("/api/v1/experiments/tone").await.json();
    let verdict = body["verdict"].as_str().unwrap();
    assert!(
        verdict.starts_with("nothing is concluded: about ")
            && verdict.contains("units were seen on more than one arm"),
        "{verdict}"
    );
}

/// An edit gives names another meaning: the experiment goes on with the first, whoever is told so, and the same text still asks
/// for the same.
#[tokio::test]
async fn an_experiment_keeps_what_names_meant() {
    let world = World::furnished().await;
    let declares = |least: u32, judge: &str| {
        let own = format!(
            "  metrics: {{curt: {{bad: 'answer.length < {least}'}}}}\n  scores: {{helpful: {{from: 1, to: 5, judge: {judge}}}}}\n"
        );
        crate::world::APPLICATION.replacen("spec:\n", &format!("spec:\n{own}"), 1)
    };
    let apply = async |text: &str| {
        let answer = world
            .post("/api/v1/apply", &json!({"manifests": [{"file": "a", "text": text}]}).to_string())
            .await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
        answer.json()["changes"][0].clone()
    };
    let experiment = EXPERIMENT
        .replace("metric: feedback, minimumEffect: 2pp", "metric: helpful, minimumEffect: 0.2 points")
        .replace("  stop:", "  guards: [{metric: curt, margin: 2pp}]\n  stop:");
    let refused = world.post(PATH, &json!({ "manifest": experiment }).to_string()).await;
    assert_eq!(refused.status.as_u16(), 422, "{}", refused.text);
    apply(&declares(20, "first")).await;
    let answer = world.post(PATH, &json!({ "manifest": experiment }).to_string()).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    assert_eq!(answer.json()["aim"], "helpful of support-chat by 0.2 points");
    let kept =
        || world.store.experiment(&ExperimentName::parse("tone").unwrap()).unwrap().unwrap().experiment;
    let meant = kept();

    let warnings = |change: &Value| change["warnings"].to_string();
    assert!(!warnings(&apply(&declares(20, "first")).await).contains("tone"));
    let told = warnings(&apply(&declares(30, "second")).await);
    assert!(told.contains("experiment 'tone' goes on with what curt, helpful meant when it began"), "{told}");
    let again = world.post(PATH, &json!({ "manifest": experiment }).to_string()).await;
    assert_eq!(again.status.as_u16(), 200, "{}", again.text);
    assert_eq!(kept(), meant);
    assert_eq!(meant.meanings.values().next().unwrap().scores[0].judge.as_deref(), Some("first"));
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
