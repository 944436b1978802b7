//! An experiment on what an application declares, over real sockets: the arm whose answers a judge scores higher wins, and the one
//! that is worse by a metric of the application's own is stopped by its guard. In between the application is edited, so that both
//! names mean something else: the experiment goes on with what they meant.

use crate::defects;
use crate::experiment::{answered, arm, until, write};
use crate::viridian::{ANY_PORT, Viridian};
use http::HeaderValue;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use viridian_testkit::caller::{Caller, post};

const CALLERS: usize = 12;
/// How many users each speaks for.
const USERS: usize = 60;
/// How long each waits after an answer.
const PACE: Duration = Duration::from_millis(10);
const JUDGE: &str = "gpt-4o/rubric-3";

#[tokio::test(flavor = "multi_thread")]
async fn the_arm_with_better_scores_wins_and_a_worse_one_is_stopped() {
    let home = TempDir::new().unwrap();
    let manifest = application(defects::start().await);
    let viridian = Viridian::start(home.path(), &manifest, ANY_PORT);
    let judges = Arc::new(AtomicBool::new(false));
    let _callers = start_callers(viridian.gateway(), &judges);

    let file = write(home.path(), "experiment.yaml", EXPERIMENT);
    let started = viridian.ask(&["experiment", "start", "--file", &file]);
    assert_eq!(started["aim"], "helpful of chat by 0.4 points", "{started:#}");

    let stopped =
        until(&viridian, |tone| arm(tone, "wordy")["stopped"] == true && tone["because"][0].is_string());
    assert_eq!((&stopped["phase"], &arm(&stopped, "kind")["stopped"]), (&json!("Running"), &json!(false)));
    let because = stopped["because"][0].as_str().unwrap();
    assert!(because.starts_with("'wordy' does worse than 'now' in chat, prose: "), "{because}");
    let waits = until(&viridian, |tone| {
        tone["verdict"].as_str().is_some_and(|verdict| verdict.contains("were given scores"))
    });
    assert_eq!(arm(&waits, "kind")["gain"], Value::Null, "{waits:#}");

    // By what the name means from now on every answer is bad, and another judge is asked.
    let edited = manifest
        .replace("!answer.text.startsWith", "answer.text.startsWith")
        .replace(JUDGE, "gpt-4o/rubric-4");
    let file = write(home.path(), "edited.yaml", &edited);
    let applied = viridian.ask(&["apply", "--file", &file]);
    let warnings = applied["changes"][0]["warnings"].to_string();
    assert!(
        warnings.contains("experiment 'tone' goes on with what prose, helpful meant when it began"),
        "{applied:#}"
    );
    // The same file asks for the same, whatever it means by now.
    let file = home.path().join("experiment.yaml");
    let again = viridian.ask(&["apply", "--file", file.to_str().unwrap()]);
    assert_eq!(again["changes"][0]["action"], "unchanged", "{again:#}");
    judges.store(true, Ordering::Relaxed);

    let won = until(&viridian, |tone| !["LeadIn", "Running"].contains(&tone["phase"].as_str().unwrap()));
    assert_eq!((&won["phase"], &won["winner"]), (&json!("Won"), &json!("kind")), "{won:#}");
    let (now, kind) = (arm(&won, "now"), arm(&won, "kind"));
    let mean = |arm: &Value| arm["counts"]["mean"].as_f64().unwrap();
    assert!((mean(now) - 3.0).abs() < 0.3 && (mean(kind) - 4.0).abs() < 0.3, "{won:#}");
    assert_eq!(kind["gain"]["scale"], "score", "{won:#}");
    assert!(kind["gain"]["lower"].as_f64().unwrap() > 0.0, "{won:#}");
    let because = won["because"][0].as_str().unwrap();
    assert!(because.starts_with("'kind' wins: helpful ") && because.contains(" points better "), "{because}");
    let shown = viridian.run(&["experiment", "status", "tone"]).stdout;
    assert!(shown.contains(") points"), "{shown}");
}

fn application(model: SocketAddr) -> String {
    let release = |version: &str, defect: &str| {
        format!(
            "---
apiVersion: viridian.dev/v1
kind: Release
metadata: {{name: chat-{version}}}
spec: {{application: chat, version: {version}, parameters: {{override: true, defect: {defect}}}}}
"
        )
    };
    let releases = [release("v1", "none"), release("v2", "no"), release("v3", "invalidOutput")].concat();
    format!(
        "
apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: chat}}
spec:
  protocol: openai
  unit: user
  environments: {{main: {{endpoints: ['http://{model}']}}}}
  baseline: chat-v1
  metrics: {{prose: {{bad: \"!answer.text.startsWith('{{')\"}}}}
  scores: {{helpful: {{from: 1, to: 5, judge: {JUDGE}}}}}
{releases}"
    )
}

const EXPERIMENT: &str = "
apiVersion: viridian.dev/v1
kind: Experiment
metadata: {name: tone}
spec:
  unit: user
  arms:
  - {name: now, share: 30%, releases: {chat: chat-v1}}
  - {name: kind, share: 30%, releases: {chat: chat-v2}}
  - {name: wordy, share: 30%, releases: {chat: chat-v3}}
  aim: {metric: helpful, minimumEffect: 0.4 points}
  guards:
  - {metric: prose, margin: 5pp}
  stop: {maxDuration: 24h}
";

fn start_callers(gateway: SocketAddr, judges: &Arc<AtomicBool>) -> JoinSet<()> {
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(call(gateway, caller, Arc::clone(judges)));
    }
    callers
}

/// Asks as one user after the other. Both judges read the answers, as soon as any does; the new one likes what the old one does not.
async fn call(gateway: SocketAddr, caller: usize, judges: Arc<AtomicBool>) {
    let Some(mut open) = Caller::try_connect(gateway).await else { return };
    for number in 0.. {
        let mut request =
            post("/apps/chat/v1/chat/completions", json!({"model": "any", "messages": []}).to_string());
        let user = format!("user-{caller}-{}", number % USERS);
        request.headers_mut().insert("x-viridian-user", HeaderValue::try_from(user).unwrap());
        let Some(answer) = answered(&mut open, request).await else { return };
        if judges.load(Ordering::Relaxed) {
            let liked = [2, 3, 4][(number + number / USERS) % 3];
            let is_kind = answer.headers.get("x-viridian-arm").is_some_and(|arm| arm == "kind");
            let scored = |number: i32, judge: &str| json!({"id": answer.header("x-request-id"), "scores": {"helpful": number}, "judge": judge});
            let [old, new] = if is_kind { [liked + 1, 1] } else { [liked, 5] };
            let pieces = json!([scored(old, JUDGE), scored(new, "gpt-4o/rubric-4")]);
            let Some(taken) = answered(&mut open, post("/v1/feedback", pieces.to_string())).await else {
                return;
            };
            // The new one is known as soon as the gateway has the table of the edited application.
            assert!(taken.json()["accepted"].as_u64() >= Some(1), "{}", taken.text());
        }
        tokio::time::sleep(PACE).await;
    }
}
