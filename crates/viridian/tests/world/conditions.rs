//! Conditions that change during a rollout, over real sockets: when most callers come to ask in another language, people are
//! told so once, the rollout goes on by what people order, and they are told once that it is over.

use crate::defects;
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

/// One caller each: what it asks in at first and at last, and in between.
const LANGUAGES: [(&str, &str); 6] = [
    ("en-GB", "de-DE,de;q=0.9"),
    ("en-US,en", "de-AT"),
    ("en", "de-CH"),
    ("fr", "de"),
    ("de-DE", "de-DE"),
    ("es-ES", "es-ES"),
];
/// How long each waits after an answer.
const PACE: Duration = Duration::from_millis(10);
/// Requests of each arm that an epoch is given before the next.
const ENOUGH: u64 = 600;

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_languages_is_told_once_and_its_end_once() {
    let home = TempDir::new().unwrap();
    let model = defects::start().await;
    let mut viridian = Viridian::start(home.path(), &manifest(model), ANY_PORT);
    let is_changed = Arc::new(AtomicBool::new(false));
    let _callers = start_callers(viridian.gateway(), &is_changed);
    viridian.start_rollout(home.path(), ROLLOUT);

    go_on_after_an_epoch(&mut viridian, 40.0);
    is_changed.store(true, Ordering::Relaxed);
    go_on_after_an_epoch(&mut viridian, 50.0);
    is_changed.store(false, Ordering::Relaxed);

    let warned = viridian.until("chat", |status| !warnings(status).is_empty());
    let [warning] = &warnings(&warned)[..] else { panic!("{warned:#}") };
    assert!(warning.starts_with("requests by language: de "), "{warning}");
    assert!(warning.contains("(a large shift: PSI "), "{warning}");
    assert_eq!((&warned["phase"], &warned["weight"]), (&json!("Progressing"), &json!(60.0)), "{warned:#}");
    let stands = said(&viridian, &["rollout", "status", "chat"]);
    assert!(stands.contains("requests by language: de "), "{stands}");
    let explained = said(&viridian, &["explain", "chat"]);
    let (_, changed) =
        explained.split_once("What changed since it began, of which nothing follows: ").unwrap();
    assert!(changed.contains("- requests by language: de "), "{explained}");

    go_on_after_an_epoch(&mut viridian, 60.0);
    let over = viridian.until("chat", |status| warnings(status).is_empty());
    assert_eq!((&over["phase"], &over["weight"]), (&json!("Progressing"), &json!(70.0)), "{over:#}");
    let history = said(&viridian, &["rollout", "history", "chat"]);
    let told = |text: &str| history.matches(text).count();
    assert_eq!(told("requests by language: de "), 1, "{history}");
    assert_eq!(told("requests by language, after "), 1, "{history}");
}

/// What people are warned of the languages. How long answers take changes as well where other work shares the machine, and
/// they are warned of that too.
fn warnings(status: &Value) -> Vec<String> {
    let all: Vec<String> = serde_json::from_value(status["report"]["warnings"].clone()).unwrap_or_default();
    all.into_iter().filter(|warning| warning.starts_with("requests by language: ")).collect()
}

/// What a command says, in one line.
fn said(viridian: &Viridian, arguments: &[&str]) -> String {
    viridian.run(arguments).stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Orders the next share once enough came by this one.
fn go_on_after_an_epoch(viridian: &mut Viridian, share: f64) {
    let outcomes = |status: &Value| {
        let of = |arm: &str| status["report"]["analysis"][arm].as_u64().unwrap_or_default();
        [of("baselineOutcomes"), of("candidateOutcomes")]
    };
    let began = viridian.until("chat", |status| status["weight"] == json!(share));
    let [baseline, candidate] = outcomes(&began).map(|before| before + ENOUGH);
    viridian.until("chat", |status| {
        let now = outcomes(status);
        now[0] >= baseline && now[1] >= candidate
    });
    let ordered = viridian.run(&["rollout", "promote", "chat"]);
    assert_eq!(ordered.code, Some(0), "{}{}", ordered.stdout, ordered.stderr);
}

fn manifest(model: SocketAddr) -> String {
    format!(
        "
apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: chat}}
spec:
  protocol: openai
  unit: request
  slices: [language]
  environments:
    main: {{endpoints: ['http://{model}']}}
  baseline: chat-v1
  guards:
  - {{metric: latency.p95, margin: 500%, onFail: notify}}
---
apiVersion: viridian.dev/v1
kind: Release
metadata: {{name: chat-v1}}
spec: {{application: chat, version: v1, environment: main}}
---
apiVersion: viridian.dev/v1
kind: Release
metadata: {{name: chat-v2}}
spec: {{application: chat, version: v2, environment: main, parameters: {{override: true, defect: none}}}}
"
    )
}

/// Every step asks for more than comes: only orders lead on.
const ROLLOUT: &str = "
apiVersion: viridian.dev/v1
kind: Rollout
metadata: {name: chat}
spec:
  application: chat
  candidate: chat-v2
  riskBudget: 100%
  strategy:
    canary:
      steps:
      - weight: 40%
      - analysis: {minSamples: 1000000}
      - weight: 50%
      - analysis: {minSamples: 1000000}
      - weight: 60%
      - analysis: {minSamples: 1000000}
      - weight: 70%
      - analysis: {minSamples: 1000000}
";

/// Callers that ask until this is dropped.
fn start_callers(gateway: SocketAddr, is_changed: &Arc<AtomicBool>) -> JoinSet<()> {
    let mut callers = JoinSet::new();
    for languages in LANGUAGES {
        callers.spawn(call(gateway, languages, Arc::clone(is_changed)));
    }
    callers
}

async fn call(
    gateway: SocketAddr,
    (usual, between): (&'static str, &'static str),
    is_changed: Arc<AtomicBool>,
) {
    let mut caller = Caller::connect(gateway).await;
    loop {
        let language = if is_changed.load(Ordering::Relaxed) { between } else { usual };
        let mut request = post("/apps/chat/v1/chat/completions", r#"{"model":"any","messages":[]}"#);
        request.headers_mut().insert("accept-language", HeaderValue::from_static(language));
        caller.send(request).await;
        if !caller.is_open().await {
            caller = Caller::connect(gateway).await;
        }
        tokio::time::sleep(PACE).await;
    }
}
