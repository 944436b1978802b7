//! An experiment over two applications, over real sockets: a prompt here and an index there, each by itself and both together.
//! All arms are served by the control at first, a part of the users by the control throughout, and a user is on the same arm
//! in both applications.

use crate::defects;
use crate::experiment::{answered, arm, until, write};
use crate::viridian::{ANY_PORT, Viridian};
use http::HeaderValue;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use viridian_testkit::caller::{Caller, post};

const CALLERS: usize = 12;
/// How many users each speaks for.
pub(crate) const USERS: usize = 60;
/// How long each waits after a user was answered.
const PACE: Duration = Duration::from_millis(10);
/// The arms, the control first.
const ARMS: [&str; 4] = ["now", "prompt", "index", "both"];

/// What callers were answered.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The arms of a user, whichever application told.
    arms: BTreeMap<String, BTreeSet<String>>,
    /// The releases of each application.
    releases: BTreeMap<&'static str, BTreeSet<String>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn two_choices_are_told_apart_and_together() {
    let home = TempDir::new().unwrap();
    let manifest = applications(defects::start().await);
    let viridian = Viridian::start(home.path(), &manifest, ANY_PORT);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let _callers = start_callers(viridian.gateway(), &seen, is_good);

    let file = write(home.path(), "experiment.yaml", EXPERIMENT);
    let started = viridian.ask(&["experiment", "start", "--file", &file]);
    assert_eq!(started["phase"], "LeadIn", "{started:#}");
    until(&viridian, |_| (seen.lock().unwrap().arms.values().flatten()).any(|arm| arm == "both"));
    let served = seen.lock().unwrap().releases.clone();
    let v1 = || BTreeSet::from(["v1".to_owned()]);
    assert_eq!(served, BTreeMap::from([("chat", v1()), ("search", v1())]), "the control serves all arms");
    let still = viridian.ask(&["experiment", "status", "tone"]);
    assert_eq!(still["phase"], "LeadIn", "{still:#}");

    let is_told =
        |note: &str| note.starts_with("together: ") && note.ends_with("they change each other's effect");
    let told = until(&viridian, |tone| {
        let notes = tone["notes"].as_array().into_iter().flatten().filter_map(|note| note.as_str());
        notes.into_iter().any(|note| is_told(note) && !note.contains("nothing shows"))
    });
    assert_eq!(told["phase"], "Running", "{told:#}");
    let seen = seen.lock().unwrap();
    let unsure: Vec<_> = seen.arms.iter().filter(|(_, arms)| arms.len() > 1).collect();
    assert!(unsure.is_empty(), "on two arms: {unsure:?}");
    // The users of the holdout are served as those of the control are, and are not counted with them.
    let of = |name: &str| seen.arms.values().filter(|arms| arms.contains(name)).count() as f64;
    let counted = |name: &str| arm(&told, name)["units"].as_u64().unwrap() as f64;
    assert!(counted("now") < 0.75 * of("now"), "{} of {}", counted("now"), of("now"));
    for name in &ARMS[1..] {
        assert!((counted(name) / of(name) - 1.0).abs() < 0.1, "{name}: {} of {}", counted(name), of(name));
    }
}

pub(crate) fn applications(model: SocketAddr) -> String {
    let of = |name: &str| {
        format!(
            "---
apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: {name}}}
spec:
  protocol: openai
  unit: user
  environments: {{main: {{endpoints: ['http://{model}']}}}}
  baseline: {name}-v1
---
apiVersion: viridian.dev/v1
kind: Release
metadata: {{name: {name}-v1}}
spec: {{application: {name}, version: v1, parameters: {{override: true, defect: none}}}}
---
apiVersion: viridian.dev/v1
kind: Release
metadata: {{name: {name}-v2}}
spec: {{application: {name}, version: v2, parameters: {{override: true, defect: no}}}}
"
        )
    };
    [of("search"), of("chat")].concat()
}

const EXPERIMENT: &str = "
apiVersion: viridian.dev/v1
kind: Experiment
metadata: {name: tone}
spec:
  unit: user
  leadIn: 10s
  arms:
  - {name: now, share: 20%, releases: {search: search-v1, chat: chat-v1}}
  - {name: prompt, share: 20%, releases: {search: search-v1, chat: chat-v2}}
  - {name: index, share: 20%, releases: {search: search-v2, chat: chat-v1}}
  - {name: both, share: 20%, releases: {search: search-v2, chat: chat-v2}}
  holdout: 20%
  aim: {application: chat, metric: feedback, minimumEffect: 5pp}
  stop: {maxDuration: 24h, winner: byPerson}
";

/// Whether an answer is found good, by the releases of the search and of the chat, and its number.
pub(crate) type IsGood = fn(&[String], usize) -> bool;

pub(crate) fn start_callers(gateway: SocketAddr, seen: &Arc<Mutex<Seen>>, is_good: IsGood) -> JoinSet<()> {
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(call(gateway, caller, Arc::clone(seen), is_good));
    }
    callers
}

/// Searches and then asks, as one user after the other, and rates what came of it.
async fn call(gateway: SocketAddr, caller: usize, seen: Arc<Mutex<Seen>>, is_good: IsGood) {
    let Some(mut open) = Caller::try_connect(gateway).await else { return };
    for number in 0.. {
        let user = format!("user-{caller}-{}", number % USERS);
        let mut releases = Vec::new();
        let mut id = String::new();
        for name in ["search", "chat"] {
            let mut request = post(
                &format!("/apps/{name}/v1/chat/completions"),
                json!({"model": "any", "messages": []}).to_string(),
            );
            request.headers_mut().insert("x-viridian-user", HeaderValue::try_from(&user).unwrap());
            let Some(answer) = answered(&mut open, request).await else { return };
            let mut seen = seen.lock().unwrap();
            let told = answer.header("x-viridian-arm").to_owned();
            if ARMS.contains(&told.as_str()) {
                seen.arms.entry(user.clone()).or_default().insert(told);
            }
            let release = answer.header("x-viridian-release").to_owned();
            seen.releases.entry(name).or_default().insert(release.clone());
            releases.push(release);
            id = answer.header("x-request-id").to_owned();
        }
        let feedback = json!({"id": id, "value": is_good(&releases, number)});
        if answered(&mut open, post("/v1/feedback", feedback.to_string())).await.is_none() {
            return;
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Either choice alone makes fewer answers bad, three of ten instead of five; both together make none better.
fn is_good(releases: &[String], number: usize) -> bool {
    let bad = if releases[0] == releases[1] { 5 } else { 3 };
    (number + number / USERS) % 10 >= bad
}
