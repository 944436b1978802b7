//! An experiment end to end, over real sockets: three arms are compared by what users say of them. One that fails is stopped
//! alone, the process is killed in between, the one that users like best wins, and a rollout releases it.

use crate::defects;
use crate::viridian::{ANY_PORT, Listeners, Viridian};
use bytes::Bytes;
use http::{HeaderValue, Request};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use viridian_testkit::caller::{Caller, post};

/// Callers at a time, each with users of its own.
const CALLERS: usize = 12;
/// How many users each speaks for.
const USERS: usize = 60;
/// How long each waits after an answer.
const PACE: Duration = Duration::from_millis(10);
/// What users say of arms: one in so many of their answers is bad.
const BAD: [(&str, usize); 2] = [("now", 2), ("terse", 10)];

#[tokio::test(flavor = "multi_thread")]
async fn an_experiment_from_its_start_to_the_rollout_of_its_winner() {
    let home = TempDir::new().unwrap();
    let manifest = application(defects::start().await);
    let mut viridian = Viridian::start(home.path(), &manifest, ANY_PORT);
    let gateway = viridian.gateway();
    let _callers = start_callers(gateway);

    let file = write(home.path(), "experiment.yaml", EXPERIMENT);
    let started = viridian.ask(&["experiment", "start", "--file", &file]);
    assert_eq!(started["phase"], "Running", "{started:#}");
    let rollout = viridian.run(&["rollout", "start", "chat", "chat-v2"]);
    assert_eq!(rollout.code, Some(1), "{}", rollout.stderr);
    assert!(rollout.stderr.contains("takes part in experiment 'tone'"), "{}", rollout.stderr);

    // The arm that fails is stopped, and it alone.
    // What it says may be shown a moment before what follows is written down.
    let stopped =
        until(&viridian, |tone| arm(tone, "broken")["stopped"] == true && tone["because"][0].is_string());
    assert_eq!(stopped["phase"], "Running", "{stopped:#}");
    assert_eq!(
        (&arm(&stopped, "now")["stopped"], &arm(&stopped, "terse")["stopped"]),
        (&json!(false), &json!(false))
    );
    assert!(stopped["because"][0].as_str().unwrap().contains("broken"), "{stopped:#}");

    // Nothing is lost with the process.
    let before = until(&viridian, |tone| requests(tone, "terse") >= 50);
    viridian.kill();
    let mut viridian =
        Viridian::start(home.path(), &manifest, Listeners { gateway: gateway.port(), admin: 0 });
    let after = until(&viridian, |tone| tone["verdict"].is_string());
    assert!(requests(&after, "terse") >= requests(&before, "terse"), "{before:#} {after:#}");
    assert_eq!(arm(&after, "broken")["stopped"], true, "{after:#}");

    let won = until(&viridian, |tone| !["LeadIn", "Running"].contains(&tone["phase"].as_str().unwrap()));
    assert_eq!((&won["phase"], &won["winner"]), (&json!("Won"), &json!("terse")), "{won:#}");
    assert!(arm(&won, "terse")["gain"]["lower"].as_f64().unwrap() > 0.0, "{won:#}");
    assert!(won["because"][0].as_str().unwrap().starts_with("'terse' wins: "), "{won:#}");
    let day = &won["days"][0]["gains"]["terse"];
    let [lower, estimate, upper] = ["lower", "estimate", "upper"].map(|name| day[name].as_f64().unwrap());
    assert!(estimate > 0.0 && lower < estimate && estimate < upper, "{won:#}");
    let told = viridian.run(&["experiment", "status", "tone"]).stdout;
    assert!(told.contains("GAIN AT ONE LOOK (SHOWN ONLY)") && told.contains("terse +"), "{told}");

    let promoted = viridian.ask(&["experiment", "promote", "tone"]);
    assert_eq!(promoted["items"][0]["candidate"], "chat-v2", "{promoted:#}");
    let moved =
        viridian.until("chat-v2", |status| status["weight"].as_f64().is_some_and(|share| share > 0.0));
    assert_eq!(moved["application"], "chat", "{moved:#}");
}

pub(crate) fn write(home: &Path, name: &str, text: &str) -> String {
    let file = home.join(name);
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Waits until the experiment stands so.
pub(crate) fn until(viridian: &Viridian, stands_so: impl Fn(&Value) -> bool) -> Value {
    let begun = std::time::Instant::now();
    loop {
        let tone = viridian.ask(&["experiment", "status", "tone"]);
        if stands_so(&tone) {
            return tone;
        }
        assert!(begun.elapsed() < crate::process::PATIENCE, "it never came so far: {tone:#}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

pub(crate) fn arm<'a>(tone: &'a Value, name: &str) -> &'a Value {
    tone["arms"].as_array().unwrap().iter().find(|arm| arm["name"] == name).unwrap()
}

fn requests(tone: &Value, name: &str) -> u64 {
    arm(tone, name)["counts"]["requests"].as_u64().unwrap_or(0)
}

pub(crate) fn application(model: SocketAddr) -> String {
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
    let releases = [release("v1", "none"), release("v2", "no"), release("v3", "errors")].concat();
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
  - {name: terse, share: 30%, releases: {chat: chat-v2}}
  - {name: broken, share: 30%, releases: {chat: chat-v3}}
  holdout: 5%
  aim: {metric: feedback, minimumEffect: 5pp}
  guards:
  - {metric: errors, margin: 5pp}
  stop: {maxDuration: 24h}
";

pub(crate) fn start_callers(gateway: SocketAddr) -> JoinSet<()> {
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(call(gateway, caller));
    }
    callers
}

/// Asks as one user after the other, and rates what is answered.
async fn call(gateway: SocketAddr, caller: usize) {
    let mut number = 0;
    loop {
        // While the process is away there is nobody to ask.
        let Some(mut open) = Caller::try_connect(gateway).await else {
            tokio::time::sleep(PACE).await;
            continue;
        };
        while open.is_open().await {
            number += 1;
            let mut request =
                post("/apps/chat/v1/chat/completions", json!({"model": "any", "messages": []}).to_string());
            let user = format!("user-{caller}-{}", number % USERS);
            request.headers_mut().insert("x-viridian-user", HeaderValue::try_from(user).unwrap());
            let Some(answer) = answered(&mut open, request).await else { break };
            if let Some((id, good)) = rating(&answer, number) {
                let request = post("/v1/feedback", json!({"id": id, "value": good}).to_string());
                if answered(&mut open, request).await.is_none() {
                    break;
                }
            }
            tokio::time::sleep(PACE).await;
        }
    }
}

pub(crate) async fn answered(
    caller: &mut Caller,
    request: Request<Bytes>,
) -> Option<viridian_testkit::caller::Answer> {
    let response = caller.try_open(request).await?;
    Some(viridian_testkit::caller::read(response).await)
}

/// What a user says of an answer of one of the arms.
fn rating(answer: &viridian_testkit::caller::Answer, number: usize) -> Option<(String, bool)> {
    let name = answer.headers.get("x-viridian-arm")?.to_str().ok()?;
    let (_, one_in) = BAD.iter().find(|(arm, _)| *arm == name)?;
    Some((answer.header("x-request-id").to_owned(), !(number + number / USERS).is_multiple_of(*one_in)))
}
