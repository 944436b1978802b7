//! A classifier of handwritten digits behind MLServer: a version that learned from wrong labels is rolled back by the
//! feedback of its callers, and one that learned as well as the first is promoted.

use crate::mlserver::{self, MlServer};
use crate::process::Process;
use crate::python;
use crate::result;
use crate::viridian::{ANY_PORT, Viridian};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use viridian_testkit::caller::Caller;

/// Callers at the same time. MLServer answers some hundreds of requests in a second, however many there are.
const CALLERS: usize = 4;
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
/// The pixels of an image.
const PIXELS: usize = 64;

/// How much the rollouts ask for.
#[derive(Clone, Copy)]
struct Demands {
    min_samples: u32,
    bake: &'static str,
}

#[tokio::test(flavor = "multi_thread")]
async fn feedback_decides_rollouts() {
    feedback_decides(Demands { min_samples: 100, bake: "3s" }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: `cargo xtask interop mlserver` runs it"]
async fn feedback_decides_long_rollouts() {
    feedback_decides(Demands { min_samples: 2_000, bake: "1m" }).await;
}

/// Rolls out the classifier that learned from wrong labels, then the one that learned as well as the first.
async fn feedback_decides(demands: Demands) {
    let home = TempDir::new().unwrap();
    let mlserver = mlserver::start(home.path()).await;
    let mut viridian = Viridian::start(home.path(), &manifest(&mlserver), ANY_PORT);
    let callers = start_callers(&viridian, &mlserver);

    let worse = roll_out(&mut viridian, home.path(), "v2", demands);
    assert_eq!(worse.end["phase"], "RolledBack", "{:#}", worse.end);
    assert!(worse.end["reason"].as_str().unwrap().contains("feedback"), "{:#}", worse.end);
    assert_eq!(viridian.run(&["rollout", "status", "digits-v2"]).code, Some(4));
    assert_eq!(serving_now(&viridian).await, "v1");

    let equal = roll_out(&mut viridian, home.path(), "v3", demands);
    assert_eq!(equal.end["phase"], "Promoted", "{:#}", equal.end);
    assert_eq!(viridian.run(&["rollout", "status", "digits-v3"]).code, Some(0));
    assert_eq!(serving_now(&viridian).await, "v3");

    let seen: Value = serde_json::from_str(&callers.finish()).unwrap();
    assert_eq!(seen["faults"], json!({}), "{seen:#}");
    result::tell(&format!(
        "v2 rolled back after {:.1} s and {} of its answers, v3 promoted after {:.1} s; {} requests with feedback, \
         none lost",
        worse.took.as_secs_f64(),
        seen["served"]["v2"],
        equal.took.as_secs_f64(),
        seen["feedbackAccepted"],
    ));
}

/// A rollout that came to its end.
struct Ended {
    end: Value,
    took: Duration,
}

fn roll_out(viridian: &mut Viridian, home: &Path, version: &str, demands: Demands) -> Ended {
    let begun = Instant::now();
    viridian.start_rollout(home, &rollout(version, demands));
    let end = viridian.until_phase(&format!("digits-{version}"), &ENDS);
    Ended { end, took: begun.elapsed() }
}

fn start_callers(viridian: &Viridian, mlserver: &MlServer) -> Process {
    let mut command = python::script("digits_callers.py");
    command.arg(viridian.gateway().to_string()).arg(mlserver.digits()).arg(CALLERS.to_string());
    Process::start(&mut command)
}

/// The version that answers a new request.
async fn serving_now(viridian: &Viridian) -> String {
    let tensor =
        json!({"name": "image", "shape": [1, PIXELS], "datatype": "FP64", "data": vec![0.0; PIXELS]});
    let mut caller = Caller::connect(viridian.gateway()).await;
    let answer = caller.post("/v2/models/digits/infer", json!({"inputs": [tensor]}).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let release = answer.header("x-viridian-release");
    assert_eq!(answer.json()["model_version"], release, "the header names the model that answered");
    release.to_owned()
}

fn manifest(mlserver: &MlServer) -> String {
    let application = format!(
        "
apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: digits}}
spec:
  protocol: openInference
  unit: request
  environments:
    main: {{endpoints: ['{url}']}}
  baseline: digits-v1
  guards:
  - {{metric: feedback, margin: 3pp, onFail: rollback}}
  - {{metric: errors, margin: 1pp, onFail: rollback}}
",
        url = mlserver.url()
    );
    let releases = ["v1", "v2", "v3"].map(|version| {
        format!(
            "
apiVersion: viridian.dev/v1
kind: Release
metadata: {{name: digits-{version}}}
spec:
  application: digits
  version: {version}
  environment: main
  model: {{name: digits, version: {version}}}
"
        )
    });
    format!("{application}---{}", releases.join("---"))
}

fn rollout(version: &str, demands: Demands) -> String {
    let Demands { min_samples, bake } = demands;
    format!(
        "
apiVersion: viridian.dev/v1
kind: Rollout
metadata: {{name: digits-{version}}}
spec:
  application: digits
  candidate: digits-{version}
  strategy:
    canary:
      steps:
      - smoke: {{requests: [{{method: GET, path: /v2/models/digits/versions/{version}/ready}}]}}
      - weight: 20%
      - analysis: {{minSamples: {min_samples}}}
      - weight: 50%
      - analysis: {{minSamples: {min_samples}}}
      - bake: {{for: {bake}, holdback: 20%, minSamples: {min_samples}}}
"
    )
}
