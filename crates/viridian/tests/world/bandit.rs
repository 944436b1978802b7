//! A bandit over real sockets: one of three arms fails and is stopped, and in that moment traffic moves to the one that users like best,
//! as people are shown it and as callers are served. The others keep their floor.

use crate::defects;
use crate::experiment::{answered, application, arm, start_callers, until, write};
use crate::viridian::{ANY_PORT, Viridian};
use http::HeaderValue;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tempfile::TempDir;
use viridian_testkit::caller::{Caller, post};

/// What the two arms that are left share, in per cent, and the least that either keeps of it.
const SHARED: f64 = 90.0;
const FLOOR: f64 = 9.0;
/// Requests by which it is seen who is served by what.
const ASKED: usize = 600;

#[tokio::test(flavor = "multi_thread")]
async fn a_bandit_moves_traffic_to_the_better_arm_and_keeps_a_floor() {
    let home = TempDir::new().unwrap();
    let manifest = application(defects::start().await).replace("unit: user", "unit: request");
    let viridian = Viridian::start(home.path(), &manifest, ANY_PORT);
    let gateway = viridian.gateway();
    let _callers = start_callers(gateway);
    let file = write(home.path(), "experiment.yaml", EXPERIMENT);
    let started = viridian.ask(&["experiment", "start", "--file", &file]);
    assert_eq!(arm(&started, "terse")["share"], 30.0, "{started:#}");
    assert_eq!(started["bandit"], json!({"floor": 10.0}), "{started:#}");

    let current = |tone: &Value, name: &str| arm(tone, name)["currentShare"].as_f64();
    let moved = until(&viridian, |tone| current(tone, "terse").is_some_and(|share| share > 60.0));
    let [now, terse, broken] = ["now", "terse", "broken"].map(|name| current(&moved, name).unwrap());
    assert!(now >= FLOOR && broken == 0.0 && (now + terse - SHARED).abs() < 0.1, "{moved:#}");
    assert_eq!(arm(&moved, "terse")["share"], 30.0, "as it was defined: {moved:#}");
    let told = viridian.run(&["experiment", "status", "tone"]).stdout;
    assert!(told.contains(&format!("{terse}%, defined as 30%")), "{told}");
    assert!(told.contains("every arm keeps 10% of what they share"), "{told}");

    let served = served(gateway).await;
    // Five standard deviations.
    let about = |share: f64| {
        let expected = share / 100.0 * ASKED as f64;
        (expected - 5.0 * expected.sqrt())..=(expected + 5.0 * expected.sqrt())
    };
    let of = |name: &str| served.iter().filter(|arm| arm.as_str() == name).count() as f64;
    assert!(about(terse).contains(&of("terse")), "{} of {ASKED}: {moved:#}", of("terse"));
    assert_eq!(of("broken"), 0.0);
}

/// The arms that answer one caller.
async fn served(gateway: SocketAddr) -> Vec<String> {
    let mut caller = Caller::try_connect(gateway).await.unwrap();
    let mut served = Vec::new();
    for number in 0..ASKED {
        let mut request =
            post("/apps/chat/v1/chat/completions", json!({"model": "any", "messages": []}).to_string());
        let user = HeaderValue::try_from(format!("visitor-{number}")).unwrap();
        request.headers_mut().insert("x-viridian-user", user);
        let answer = answered(&mut caller, request).await.unwrap();
        let name = answer.headers.get("x-viridian-arm").map(|name| name.to_str().unwrap().to_owned());
        served.extend(name);
    }
    served
}

/// It moves traffic by the hour, and whenever an arm stops.
const EXPERIMENT: &str = "
apiVersion: viridian.dev/v1
kind: Experiment
metadata: {name: tone}
spec:
  unit: request
  arms:
  - {name: now, share: 30%, releases: {chat: chat-v1}}
  - {name: terse, share: 30%, releases: {chat: chat-v2}}
  - {name: broken, share: 30%, releases: {chat: chat-v3}}
  aim: {metric: feedback, minimumEffect: 5pp}
  bandit: {floor: 10%}
  guards:
  - {metric: errors, margin: 5pp}
  stop: {maxDuration: 24h, winner: byPerson}
";
