//! An experiment whose split is broken, over real sockets: whoever one arm serves asks again at once. Nothing is concluded, and it says
//! so. A person who knows better names a winner all the same, and a rollout releases it.

use crate::defects;
use crate::experiment::{answered, application, until, write};
use crate::viridian::{ANY_PORT, Viridian};
use http::HeaderValue;
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use viridian_testkit::caller::{Caller, post};

const CALLERS: usize = 12;
/// How many users each speaks for.
const USERS: usize = 60;
const PACE: Duration = Duration::from_millis(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_split_concludes_nothing_and_a_person_may() {
    let home = TempDir::new().unwrap();
    let manifest = application(defects::start().await);
    let mut viridian = Viridian::start(home.path(), &manifest, ANY_PORT);
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(call(viridian.gateway(), caller));
    }
    let file = write(home.path(), "experiment.yaml", EXPERIMENT);
    viridian.ask(&["experiment", "start", "--file", &file]);

    let broken = until(&viridian, |tone| {
        tone["verdict"]
            .as_str()
            .is_some_and(|verdict| verdict.contains("so something loses or adds requests"))
    });
    let verdict = broken["verdict"].as_str().unwrap();
    assert!(verdict.starts_with("nothing is concluded: '"), "{broken:#}");
    assert_eq!(broken["phase"], "Running", "{broken:#}");

    // The rule names no winner, however good an arm looks; a person does.
    viridian.ask(&["experiment", "stop", "tone", "--winner", "terse"]);
    let won = until(&viridian, |tone| tone["phase"] != "Running");
    assert_eq!((&won["phase"], &won["winner"]), (&json!("Won"), &json!("terse")), "{won:#}");
    let because = won["because"][0].as_str().unwrap();
    assert!(because.starts_with("a person named 'terse' the winner; nothing is concluded: "), "{won:#}");
    let promoted = viridian.ask(&["experiment", "promote", "tone"]);
    assert_eq!(promoted["items"][0]["candidate"], "chat-v2", "{promoted:#}");
    let moved =
        viridian.until("chat-v2", |status| status["weight"].as_f64().is_some_and(|share| share > 0.0));
    assert_eq!(moved["application"], "chat", "{moved:#}");
}

const EXPERIMENT: &str = "
apiVersion: viridian.dev/v1
kind: Experiment
metadata: {name: tone}
spec:
  unit: user
  arms:
  - {name: now, share: 50%, releases: {chat: chat-v1}}
  - {name: terse, share: 50%, releases: {chat: chat-v2}}
  aim: {metric: errors, minimumEffect: 5pp}
  stop: {maxDuration: 24h}
";

/// Asks as one user after the other, and twice more when the arm is `terse`.
async fn call(gateway: SocketAddr, caller: usize) {
    let Some(mut open) = Caller::try_connect(gateway).await else { return };
    for number in 0.. {
        let user = HeaderValue::try_from(format!("user-{caller}-{}", number % USERS)).unwrap();
        let mut left = 1;
        let mut asked = 0;
        while asked < left {
            let mut request =
                post("/apps/chat/v1/chat/completions", json!({"model": "any", "messages": []}).to_string());
            request.headers_mut().insert("x-viridian-user", user.clone());
            let Some(answer) = answered(&mut open, request).await else { return };
            asked += 1;
            if answer.headers.get("x-viridian-arm").is_some_and(|arm| arm == "terse") {
                left = 3;
            }
        }
        tokio::time::sleep(PACE).await;
    }
}
