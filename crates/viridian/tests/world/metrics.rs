//! What answers say and how they come: each metric that a gateway measures for itself rolls back the candidate that is worse
//! by it, over real sockets, and a candidate that answers as the baseline does is promoted by all of them.
//!
//! One model server stands behind every application. A release's parameter tells it what to do wrong.

use crate::defects;
use crate::viridian::{ANY_PORT, Viridian};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use viridian_testkit::caller::Caller;

/// Callers of each application.
const CALLERS: usize = 2;
/// How long each waits after an answer.
const PACE: Duration = Duration::from_millis(10);
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];

/// A metric, the margin of its guard, and the defect that is bad by it.
const METRICS: [(&str, &str, &str); 23] = [
    ("errors", "10pp", "errors"),
    ("timeouts", "10pp", "timeouts"),
    ("rateLimited", "10pp", "rateLimited"),
    ("callerErrors", "10pp", "callerErrors"),
    ("latency.p50", "100%", "slow"),
    ("latency.p95", "100%", "slow"),
    ("latency.p99", "100%", "sometimesSlow"),
    ("timeToFirstToken.p50", "100%", "slow"),
    ("timeToFirstToken.p95", "100%", "sometimesSlow"),
    ("timeToFirstToken.p99", "100%", "sometimesSlow"),
    ("timePerToken.p50", "100%", "slowTokens"),
    ("timePerToken.p95", "100%", "slowTokens"),
    ("refusals", "10pp", "refusals"),
    ("emptyAnswers", "10pp", "emptyAnswers"),
    ("truncatedAnswers", "10pp", "truncatedAnswers"),
    ("invalidOutput", "10pp", "invalidOutput"),
    ("invalidToolCalls", "10pp", "invalidToolCalls"),
    ("cacheMisses", "10pp", "cacheMisses"),
    ("tokens.input", "50%", "tokens"),
    ("tokens.output", "50%", "tokens"),
    ("cost", "50%", "tokens"),
    ("costPerSuccess", "50%", "useless"),
    ("latency.mean", "100%", "slow"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_metric_rolls_back_what_is_worse_by_it() {
    let home = TempDir::new().unwrap();
    let model = defects::start().await;
    let applications: Vec<String> = (0..METRICS.len()).map(|place| format!("app-{place}")).collect();
    let manifests: Vec<String> = applications
        .iter()
        .zip(METRICS)
        .map(|(name, (metric, margin, defect))| manifest(name, model, &[(metric, margin)], defect))
        .collect();
    let mut viridian = Viridian::start(home.path(), &manifests.join("---"), ANY_PORT);
    let _callers = start_callers(viridian.gateway(), &applications);
    for name in &applications {
        viridian.start_rollout(home.path(), &rollout(name));
    }
    for (name, (metric, ..)) in applications.iter().zip(METRICS) {
        let end = viridian.until_phase(name, &ENDS);
        assert_eq!(end["phase"], "RolledBack", "{metric}: {end:#}");
        let reason = end["reason"].as_str().unwrap();
        assert!(reason.contains(metric), "{metric}: {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_metrics_together_promote_what_is_as_good() {
    let home = TempDir::new().unwrap();
    let model = defects::start().await;
    // How fast this machine is while other tests run says nothing of the candidate: times are left out.
    let of_contents =
        METRICS.iter().filter(|(metric, ..)| !metric.contains(".p") && *metric != "latency.mean");
    let guards: Vec<_> = of_contents.map(|(metric, margin, _)| (*metric, *margin)).collect();
    let applications = ["clean".to_owned()];
    let manifest = manifest("clean", model, &guards, "none");
    let mut viridian = Viridian::start(home.path(), &manifest, ANY_PORT);
    let _callers = start_callers(viridian.gateway(), &applications);
    viridian.start_rollout(home.path(), &rollout("clean"));
    let end = viridian.until_phase("clean", &ENDS);
    assert_eq!(end["phase"], "Promoted", "{end:#}");
}

/// What the applications of the test below measure for themselves: texts that are no objects, of answers that have one, how
/// requests end, and how long they take.
const DECLARED: &str = "
  metrics:
    prose: {bad: \"!answer.text.startsWith('{')\", when: size(answer.functions) == 0 && !answer.refused}
    slack: {bad: 'answer.json.city != \"Bonn\"', when: size(answer.functions) == 0}
    turnedAway: {bad: 'outcome.class in [\"rateLimited\", \"timeout\"]'}
    tardy: {bad: 'outcome.latency > 200.0'}
  guards:";

/// Metrics with the margins of their guards.
type Guards = &'static [(&'static str, &'static str)];

const OF_TEXTS: Guards = &[("prose", "10pp"), ("slack", "10pp"), ("errors", "10pp")];

/// An application, what its candidate does wrong, what is watched, and what it is rolled back for.
const OWN: [(&str, &str, Guards, Option<&str>); 4] = [
    ("sound", "none", OF_TEXTS, None),
    // Of prose it is not known which city it names: that alone would neither act nor pass.
    ("prosaic", "invalidOutput", OF_TEXTS, Some("prose")),
    ("busy", "rateLimited", &[("turnedAway", "10pp"), ("errors", "10pp")], Some("turnedAway")),
    ("late", "sometimesSlow", &[("tardy", "10pp"), ("errors", "10pp")], Some("tardy")),
];

#[tokio::test(flavor = "multi_thread")]
async fn metrics_of_an_application_s_own_roll_back_and_promote() {
    let home = TempDir::new().unwrap();
    let model = defects::start().await;
    let manifests = OWN.map(|(name, defect, guards, _)| {
        manifest(name, model, guards, defect).replace("\n  guards:", DECLARED)
    });
    let mut viridian = Viridian::start(home.path(), &manifests.join("---"), ANY_PORT);
    let names = OWN.map(|(name, ..)| name.to_owned());
    let _callers = start_callers(viridian.gateway(), &names);
    for name in &names {
        viridian.start_rollout(home.path(), &rollout(name));
    }
    for (name, _, _, blamed) in OWN {
        let end = viridian.until_phase(name, &ENDS);
        assert_eq!(end["phase"], if blamed.is_some() { "RolledBack" } else { "Promoted" }, "{end:#}");
        let reason = end["reason"].as_str().unwrap_or_default();
        assert!(reason.contains(blamed.unwrap_or_default()), "{reason}");
    }
}

/// The same name means something else after an edit: every answer would be bad.
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_changes_nothing_of_what_a_rollout_under_way_watches() {
    let home = TempDir::new().unwrap();
    let name = "edited";
    let before =
        manifest(name, defects::start().await, &[("prose", "10pp")], "none").replace("\n  guards:", DECLARED);
    let mut viridian = Viridian::start(home.path(), &before, ANY_PORT);
    let _callers = start_callers(viridian.gateway(), &[name.to_owned()]);
    let plan = rollout(name);
    let (held, _) = plan.split_once(", bake:").unwrap();
    let held = format!("{held}, pause: {{}}, weight: 60%]}}}}\n");
    viridian.start_rollout(home.path(), &held);
    let counted = |status: &Value| {
        let prose = &status["report"]["analysis"]["guards"][0];
        assert_eq!(prose["guard"]["metric"], "prose", "{status:#}");
        [prose["candidate"]["requests"].as_u64().unwrap(), prose["candidate"]["bad"].as_u64().unwrap()]
    };
    let [known, _] = counted(&viridian.until_phase(name, &["Held"]));
    let served = viridian.generation(name);

    viridian.apply(home.path(), &before.replace("!answer.text.startsWith", "answer.text.startsWith"));
    let goes_on = viridian.until(name, |status| counted(status)[0] > known + 200);
    assert_eq!((goes_on["phase"].as_str(), counted(&goes_on)[1]), (Some("Held"), 0), "{goes_on:#}");
    assert!(viridian.generation(name) > served, "it is served by the edited application");
}

/// An application with a guard on each of these metrics, and a candidate whose answers have a defect.
fn manifest(name: &str, model: SocketAddr, guards: &[(&str, &str)], defect: &str) -> String {
    let mut listed = String::new();
    for (metric, margin) in guards {
        write!(listed, "\n  - {{metric: {metric}, margin: {margin}, onFail: rollback}}").unwrap();
    }
    let release = |version: &str, parameters: &str| {
        format!(
            "
apiVersion: viridian.dev/v1
kind: Release
metadata: {{name: {name}-{version}}}
spec: {{application: {name}, version: {version}, environment: main, parameters: {parameters}, prices: {{input: 2.50/1M, output: 10/1M}}}}
"
        )
    };
    format!(
        "
apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: {name}}}
spec:
  protocol: openai
  unit: request
  environments:
    main: {{endpoints: ['http://{model}']}}
  baseline: {name}-v1
  timeouts: {{firstByte: 500ms}}
  guards:{listed}
---{}---{}",
        release("v1", "{}"),
        release("v2", &format!("{{override: true, defect: {defect}}}")),
    )
}

fn rollout(name: &str) -> String {
    format!(
        "
apiVersion: viridian.dev/v1
kind: Rollout
metadata: {{name: {name}}}
spec:
  application: {name}
  candidate: {name}-v2
  strategy: {{canary: {{steps: [weight: 50%, analysis: {{minSamples: 100}}, bake: {{for: 1s, holdback: 50%, minSamples: 100}}]}}}}
  rollback: {{rejectRelease: false}}
"
    )
}

/// Callers that ask each application, every other time for a stream, until this is dropped.
fn start_callers(gateway: SocketAddr, applications: &[String]) -> JoinSet<()> {
    let mut callers = JoinSet::new();
    for name in applications {
        for number in 0..CALLERS {
            callers.spawn(call(gateway, format!("/apps/{name}/v1/chat/completions"), number));
        }
    }
    callers
}

async fn call(gateway: SocketAddr, path: String, number: usize) {
    let mut caller = Caller::connect(gateway).await;
    for turn in number.. {
        let mut request = json!({"model": "any", "messages": [], "stream": turn % 2 == 0, "stream_options": {"include_usage": true}});
        if turn % 4 < 2 {
            request["response_format"] = json!({"type": "json_schema", "json_schema": {"name": "a", "schema": {"required": ["city"]}}});
        } else {
            let function = json!({"name": "find", "parameters": {"type": "object", "required": ["city"]}});
            request["tools"] = json!([{"type": "function", "function": function}]);
        }
        let answer = caller.post(&path, request.to_string()).await;
        if !caller.is_open().await || !answer.complete {
            caller = Caller::connect(gateway).await;
        }
        tokio::time::sleep(PACE).await;
    }
}
