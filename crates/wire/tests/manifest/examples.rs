//! Files people can start from: they read, fit together, mean what their golden file says, and survive being
//! written back. `VIRIDIAN_BLESS=1` rewrites the golden files.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;
use viridian_core::application::Application;
use viridian_core::experiment::definition::Experiment;
use viridian_core::id::ReleaseName;
use viridian_core::release::Release;
use viridian_core::rollout::plan::Proposal;
use viridian_wire::manifest::{Known, Manifest, read, render, starting_file, to_yaml};

const CANARY: &str = include_str!("../../../../examples/chat-canary.yaml");
const BLUE_GREEN: &str = include_str!("../../../../examples/digits-blue-green.yaml");
const GAUGES: &str = include_str!("../../../../examples/gauges.yaml");
const CLOUD_WATCH_AND_SQL: &str = include_str!("../../../../examples/gauges-cloudwatch-sql.yaml");
const OWN_METRICS: &str = include_str!("../../../../examples/own-metrics.yaml");
const SCORES: &str = include_str!("../../../../examples/scores.yaml");
const HTTP: &str = include_str!("../../../../examples/search-http.json");

/// An environment that says itself when it is ready.
const ASKED: &str = "
apiVersion: viridian.dev/v1
kind: Application
metadata: {name: digits}
spec:
  protocol: openInference
  unit: request
  environments:
    blue: {endpoints: ['http://10.0.0.5:8000'], readiness: {path: /v2/health/ready}}
";

/// Guards that say themselves what follows when their evidence does not suffice.
const UNPROVEN: &str = "
apiVersion: viridian.dev/v1
kind: Application
metadata: {name: digits}
spec:
  protocol: openInference
  unit: request
  environments:
    blue: {endpoints: ['http://10.0.0.5:8000']}
  guards:
  - {metric: errors, margin: 0.5pp, maxHold: 2h}
  - {metric: latency.p95, margin: 20%, onFail: pause, onInsufficient: rollback}
  - {metric: feedback, margin: 3pp, onInsufficient: hold}
";

/// Traffic that is cut by what callers are, and a guard that rolls back for a part of it.
const SLICED: &str = "
apiVersion: viridian.dev/v1
kind: Application
metadata: {name: digits}
spec:
  protocol: openInference
  unit: request
  environments:
    blue: {endpoints: ['http://10.0.0.5:8000']}
  slices: [language, tenant, route, 'header:X-Plan']
  guards:
  - {metric: errors, margin: 0.5pp, slices: rollback}
  - {metric: timeouts, margin: 0.5pp}
";

/// Callers who rate from one to five, and who say in a word what was wrong.
const OPINIONS: &str = "
apiVersion: viridian.dev/v1
kind: Application
metadata: {name: digits}
spec:
  protocol: openInference
  unit: request
  environments:
    blue: {endpoints: ['http://10.0.0.5:8000']}
  feedback:
    rating: {from: 1, to: 5, bad: 2}
    categories: {wrong: bad, 'not safe': bad, helpful: good}
  guards:
  - {metric: feedback, margin: 3pp, maturity: 1h}
";

/// A prompt here crossed with an index there, in one experiment.
const EXPERIMENT: &str = "
apiVersion: viridian.dev/v1
kind: Application
metadata: {name: chat}
spec: {protocol: openai, unit: user, environments: {blue: {endpoints: ['http://10.0.0.5:8000']}}}
---
apiVersion: viridian.dev/v1
kind: Application
metadata: {name: search}
spec: {protocol: http, unit: user, allowPaths: [/search], environments: {blue: {endpoints: ['http://10.0.0.6:8000']}}}
---
{apiVersion: viridian.dev/v1, kind: Release, metadata: {name: p1}, spec: {application: chat, version: v1}}
---
{apiVersion: viridian.dev/v1, kind: Release, metadata: {name: p2}, spec: {application: chat, version: v2}}
---
{apiVersion: viridian.dev/v1, kind: Release, metadata: {name: i1}, spec: {application: search, version: v1}}
---
{apiVersion: viridian.dev/v1, kind: Release, metadata: {name: i2}, spec: {application: search, version: v2}}
---
apiVersion: viridian.dev/v1
kind: Experiment
metadata: {name: prompt-and-index}
spec:
  unit: user
  layer: answers
  traffic: 50%
  arms:
  - {name: both, share: 22.5%, releases: {chat: p2, search: i2}}
  - {name: now, share: 22.5%, releases: {chat: p1, search: i1}}
  - {name: prompt, share: 22.5%, releases: {chat: p2, search: i1}}
  - {name: index, share: 22.5%, releases: {chat: p1, search: i2}}
  control: now
  holdout: 10%
  aim: {application: chat, metric: feedback, minimumEffect: 2pp}
  guards:
  - {metric: errors, margin: 0.5pp}
  leadIn: 24h
  stop: {maxDuration: 336h, winner: byPerson}
---
apiVersion: viridian.dev/v1
kind: Experiment
metadata: {name: cheaper}
spec:
  unit: request
  arms:
  - {name: now, share: 50%, releases: {chat: p1}}
  - {name: terse, share: 50%, releases: {chat: p2}}
  aim: {metric: truncatedAnswers, better: higher, minimumEffect: 10%}
  bandit: {floor: 10%}
  stop: {maxDuration: 48h}
";

/// Reads a text that has no faults.
fn manifests(text: &str) -> Vec<Manifest> {
    let mut reading = read("example", text);
    reading.resolve(Some(&Known::default()));
    reading.finish().unwrap().into_iter().map(|document| document.manifest).collect()
}

/// What a manifest means, as the core serializes it.
fn meaning(manifest: &Manifest) -> Value {
    match manifest {
        Manifest::Application(manifest) => {
            json!({"application": manifest.application, "baseline": manifest.baseline})
        }
        Manifest::Release(release) => json!({"release": release}),
        Manifest::Rollout(proposal) => json!({"rollout": proposal}),
        Manifest::Experiment(experiment) => json!({"experiment": experiment}),
    }
}

/// The same, from what was serialized, whichever version did.
fn reread(written: &str) -> Vec<Value> {
    fn through<T: Serialize + DeserializeOwned>(meaning: &Value) -> Value {
        json!(serde_json::from_value::<T>(meaning.clone()).unwrap())
    }
    let again = |meaning: &Value| match meaning.as_object().unwrap().keys().next().unwrap().as_str() {
        "application" => json!({
            "application": through::<Application>(&meaning["application"]),
            "baseline": through::<Option<ReleaseName>>(&meaning["baseline"]),
        }),
        "release" => json!({"release": through::<Release>(&meaning["release"])}),
        "experiment" => json!({"experiment": through::<Experiment>(&meaning["experiment"])}),
        _ => json!({"rollout": through::<Proposal>(&meaning["rollout"])}),
    };
    serde_json::from_str::<Vec<Value>>(written).unwrap().iter().map(again).collect()
}

/// Checks a text against its golden files: the last is what this version writes, the others were written before.
fn check(text: &str, golden: &[&str]) {
    let manifests = manifests(text);
    let meant: Vec<Value> = manifests.iter().map(meaning).collect();
    let written = serde_json::to_string_pretty(&meant).unwrap() + "\n";
    let path =
        |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/manifest/{name}.json"));
    let last = path(golden.last().unwrap());
    if std::env::var_os("VIRIDIAN_BLESS").is_some() {
        std::fs::write(&last, &written).unwrap();
    }
    assert_eq!(written, std::fs::read_to_string(&last).unwrap(), "{}", last.display());
    for name in golden {
        assert_eq!(reread(&std::fs::read_to_string(path(name)).unwrap()), meant, "{name}");
    }

    let rendered: Vec<String> = manifests.iter().map(|manifest| to_yaml(&render(manifest))).collect();
    assert_eq!(self::manifests(&rendered.join("---\n")), manifests);
}

#[test]
fn examples_mean_what_their_golden_files_say() {
    // The first of two spells a step's `minSamples` as `min_samples`.
    check(starting_file(), &["starting_file", "starting_file_2"]);
    check(CANARY, &["chat_canary", "chat_canary_2"]);
    check(BLUE_GREEN, &["digits_blue_green"]);
    check(HTTP, &["search_http"]);
    check(ASKED, &["asked_for_readiness"]);
    check(GAUGES, &["gauges"]);
    check(CLOUD_WATCH_AND_SQL, &["cloud_watch_and_sql"]);
    check(UNPROVEN, &["unproven_guards"]);
    check(SLICED, &["slices"]);
    check(OPINIONS, &["opinions"]);
    check(OWN_METRICS, &["own_metrics"]);
    check(SCORES, &["scores"]);
    check(EXPERIMENT, &["experiments"]);
    let patient = EXPERIMENT.replace("minimumEffect: 2pp}", "minimumEffect: 2pp, maturity: 1h30m}");
    check(&patient, &["experiments_that_wait"]);
}

#[test]
fn a_release_is_known_by_what_it_is() {
    let digest = |text: &str| match &manifests(text)[..] {
        [.., Manifest::Release(release), _] => release.digest.clone(),
        other => unreachable!("{other:?}"),
    };
    let before = digest(CANARY);
    let renamed = digest(&CANARY.replace("support-chat-v8", "another-name"));
    let reordered = digest(
        &CANARY
            .replace("    temperature: 0.1\n", "")
            .replace("    override", "    temperature: 0.10\n    override"),
    );
    let changed = digest(&CANARY.replace("temperature: 0.1", "temperature: 0.2"));
    assert_eq!(before, renamed);
    assert_eq!(before, reordered);
    assert_ne!(before, changed);
}
