//! Slices, over real sockets: a candidate that is worse for German callers alone is found out by name while the whole is within
//! its margin, a guard that says so restores the baseline for it, also where users stay on one arm, and a candidate that is
//! worse for nobody is promoted without a name.

use crate::defects;
use crate::viridian::{ANY_PORT, Viridian};
use http::HeaderValue;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use viridian_testkit::caller::{Caller, post};

/// One caller each. One in eight requests is German, and of these half fail: six points of all, within the margin.
const LANGUAGES: [&str; 8] =
    ["de-DE,de;q=0.9,en;q=0.1", "en-GB", "en-US,en", "fr", "es-ES", "it;q=1.0", "nl", "pl,en;q=0.5"];
/// How long each waits after an answer.
const PACE: Duration = Duration::from_millis(15);
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
/// How many users speak each language, where users stay on one arm: enough for nearly all groups to have some on either.
const USERS: u32 = 600;
const ERRORS: &str = "metric: errors, margin: 15pp";
/// One in eight answers that is slow moves the median of all by little.
const TIMES: &str = "metric: latency.p50, margin: 200%";
/// A name, its unit, what its candidate does wrong, its guard and what that does for a slice, and how many outcomes its plan asks
/// for.
const APPLICATIONS: [(&str, &str, &str, [&str; 2], u64); 5] = [
    ("told", "request", "german", [ERRORS, "notify"], 1_000_000),
    ("restored", "request", "german", [ERRORS, "rollback"], 1_000_000),
    ("restored-users", "user", "german", [ERRORS, "rollback"], 1_000_000),
    ("restored-slow", "request", "slowInGerman", [TIMES, "rollback"], 1_000_000),
    ("clean", "request", "none", [ERRORS, "rollback"], 500),
];

#[tokio::test(flavor = "multi_thread")]
async fn worse_only_for_german_callers_is_found_and_named() {
    let home = TempDir::new().unwrap();
    let model = defects::start().await;
    let manifests =
        APPLICATIONS.map(|(name, unit, defect, guard, _)| manifest((name, unit), model, (defect, guard)));
    let mut viridian = Viridian::start(home.path(), &manifests.join("---"), ANY_PORT);
    let _callers = start_callers(viridian.gateway());
    for (name, .., samples) in APPLICATIONS {
        viridian.start_rollout(home.path(), &rollout(name, samples));
    }

    let told = viridian.until("told", |status| !slices(status).is_empty());
    assert_eq!(told["phase"], "Progressing", "{told:#}");
    let found = slices(&told);
    assert_eq!(
        (found.len(), &found[0]["attribute"], &found[0]["value"]),
        (1, &json!("language"), &json!("de"))
    );
    assert!(found[0]["effect"]["estimate"].as_f64().unwrap() > 0.2, "{told:#}");
    assert!(found[0]["effect"]["lower"].as_f64().unwrap() > 0.0, "{told:#}");
    let sentence = found[0]["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("errors where language is de: "), "{sentence}");
    let explained = viridian.run(&["explain", "told"]).stdout;
    let explained = explained.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(explained.contains("errors where language is de: "), "{explained}");
    let described = viridian.run(&["describe", "rollout", "told"]).stdout;
    assert!(described.lines().any(|line| line.starts_with("language de ")), "{described}");
    let stands = viridian.run(&["rollout", "status", "told"]).stdout;
    assert!(stands.contains("worse where language is de: errors"), "{stands}");
    let history = viridian.run(&["rollout", "history", "told"]).stdout;
    let history = history.split_whitespace().collect::<Vec<_>>().join(" ");
    let calls = history.matches("this is told and nothing follows: errors where language is de: ").count();
    assert_eq!(calls, 1, "{history}");

    for (name, metric) in
        [("restored", "errors"), ("restored-users", "errors"), ("restored-slow", "latency.p50")]
    {
        let restored = viridian.until_phase(name, &ENDS);
        assert_eq!(restored["phase"], "RolledBack", "{restored:#}");
        let reason = format!("{metric} got worse where language is de");
        assert_eq!(restored["reason"], reason, "{restored:#}");
    }

    let clean = viridian.until_phase("clean", &ENDS);
    assert_eq!(clean["phase"], "Promoted", "{clean:#}");
    assert!(slices(&clean).is_empty(), "{clean:#}");
}

/// The slices that are named in a status.
fn slices(status: &Value) -> Vec<Value> {
    status["report"]["analysis"]["slices"].as_array().cloned().unwrap_or_default()
}

fn manifest(
    (name, unit): (&str, &str),
    model: SocketAddr,
    (defect, [guard, slices]): (&str, [&str; 2]),
) -> String {
    format!(
        "
apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: {name}}}
spec:
  protocol: openai
  unit: {unit}
  slices: [language, route]
  environments:
    main: {{endpoints: ['http://{model}']}}
  baseline: {name}-v1
  guards:
  - {{{guard}, slices: {slices}}}
---
apiVersion: viridian.dev/v1
kind: Release
metadata: {{name: {name}-v1}}
spec: {{application: {name}, version: v1, environment: main}}
---
apiVersion: viridian.dev/v1
kind: Release
metadata: {{name: {name}-v2}}
spec: {{application: {name}, version: v2, environment: main, parameters: {{override: true, defect: {defect}}}}}
"
    )
}

fn rollout(name: &str, samples: u64) -> String {
    format!(
        "
apiVersion: viridian.dev/v1
kind: Rollout
metadata: {{name: {name}}}
spec:
  application: {name}
  candidate: {name}-v2
  riskBudget: 100%
  strategy: {{canary: {{steps: [weight: 50%, analysis: {{minSamples: {samples}}}, bake: {{for: 1s, holdback: 50%, minSamples: 100}}]}}}}
"
    )
}

/// Callers that ask each application in each language until this is dropped.
fn start_callers(gateway: SocketAddr) -> JoinSet<()> {
    let mut callers = JoinSet::new();
    for (name, ..) in APPLICATIONS {
        for language in LANGUAGES {
            callers.spawn(call(gateway, format!("/apps/{name}/v1/chat/completions"), language));
        }
    }
    callers
}

async fn call(gateway: SocketAddr, path: String, language: &'static str) {
    let mut caller = Caller::connect(gateway).await;
    for request in 0_u32.. {
        let user = format!("{language}-{}", request % USERS);
        let mut request = post(&path, json!({"model": "any", "messages": []}).to_string());
        request.headers_mut().insert("accept-language", HeaderValue::from_static(language));
        request.headers_mut().insert("x-viridian-user", HeaderValue::try_from(user).unwrap());
        caller.send(request).await;
        if !caller.is_open().await {
            caller = Caller::connect(gateway).await;
        }
        tokio::time::sleep(PACE).await;
    }
}
