//! What callers say, over real sockets: ratings on a scale of the application's own, words of its own, a plain yes or no, and
//! what they say of an answer only later, each restore the baseline when callers say worse of the candidate; what is not
//! mature says nothing, and what it does not understand is refused.

use crate::manifests;
use crate::viridian::{ANY_PORT, Viridian};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use viridian_testkit::caller::Caller;
use viridian_testkit::upstream::Upstream;

/// Callers of each application.
const CALLERS: usize = 2;
/// How long each waits after an answer.
const PACE: Duration = Duration::from_millis(10);
/// So many answers later a caller says the last of one.
const LATER: usize = 20;
/// More outcomes of the candidate than a guard on feedback needs to act.
const PLENTY: u64 = 200;
const STEPS: [&str; 2] = ["weight: 50%", "analysis: {minSamples: 1000000}"];
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];

/// An application whose callers say something of each answer.
#[derive(Clone)]
struct Application {
    name: &'static str,
    /// What is said of the baseline's answers, and of the candidate's.
    said: [Value; 2],
    /// What is said of both at first, when callers change their minds.
    at_first: Option<Value>,
    maturity: &'static str,
}

fn applications() -> [Application; 5] {
    let at_once = |name, said| Application { name, said, at_first: None, maturity: "0s" };
    let yes_or_no = [json!(true), json!(false)];
    let later =
        |name, maturity| Application { name, said: yes_or_no.clone(), at_first: Some(json!(true)), maturity };
    [
        at_once("stars", [json!(4.5), json!(2)]),
        at_once("words", [json!("helpful"), json!("wrong")]),
        at_once("thumbs", yes_or_no.clone()),
        later("late", "3s"),
        later("unripe", "1h"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_callers_say_restores_the_baseline_once_it_is_mature() {
    let home = TempDir::new().unwrap();
    let upstream = Upstream::start().await;
    let manifests = applications().map(|application| manifest(&application, &upstream.url()));
    let mut viridian = Viridian::start(home.path(), &manifests.join("---"), ANY_PORT);
    let mut callers = JoinSet::new();
    for application in applications() {
        for _ in 0..CALLERS {
            callers.spawn(call(viridian.gateway(), application.clone()));
        }
        let name = application.name;
        viridian.start_rollout(home.path(), &manifests::rollout(name, name, &STEPS));
    }
    for name in ["stars", "words", "thumbs", "late"] {
        let end = viridian.until_phase(name, &ENDS);
        assert_eq!(end["phase"], "RolledBack", "{end:#}");
        assert!(end["reason"].as_str().unwrap().contains("feedback"), "{end:#}");
    }
    let unripe = viridian.until("unripe", |status| {
        let outcomes = status["report"]["analysis"]["candidateOutcomes"].as_u64();
        ENDS.contains(&status["phase"].as_str().unwrap()) || outcomes.unwrap() >= PLENTY
    });
    let judged = &unripe["report"]["analysis"]["guards"][0];
    assert_eq!(unripe["phase"], "Progressing", "{unripe:#}");
    assert_eq!((&judged["guard"]["metric"], &judged["verdict"]), (&json!("feedback"), &json!("wait")));
    assert_eq!((&judged["baseline"]["requests"], &judged["candidate"]["requests"]), (&json!(0), &json!(0)));
}

fn manifest(application: &Application, upstream: &str) -> String {
    let Application { name, maturity, .. } = application;
    let manifest = manifests::two_releases(name, "request", [upstream, upstream]);
    let (head, rest) = manifest.split_once("\n  guards:").unwrap();
    let (_, releases) = rest.split_once("---").unwrap();
    format!(
        "{head}
  feedback:
    rating: {{from: 1, to: 5, bad: 2}}
    categories: {{wrong: bad, helpful: good}}
  guards:
  - {{metric: feedback, margin: 10pp, onFail: rollback, maturity: {maturity}}}
---{releases}"
    )
}

/// Asks, and says one thing of the baseline's answers and another of the candidate's.
async fn call(gateway: SocketAddr, application: Application) {
    let path = format!("/apps/{}/v1/chat/completions", application.name);
    let mut caller = Caller::connect(gateway).await;
    let mut unsaid = VecDeque::new();
    let later = if application.at_first.is_some() { LATER } else { 0 };
    loop {
        let answer = caller.post(&path, json!({"model": "any", "messages": []}).to_string()).await;
        let id = answer.header("x-request-id").to_owned();
        let place = usize::from(answer.header("x-viridian-arm") == "candidate");
        if let Some(value) = &application.at_first {
            say(&mut caller, &id, value).await;
        }
        unsaid.push_back((id, place));
        if unsaid.len() > later {
            let (id, place) = unsaid.pop_front().unwrap();
            say(&mut caller, &id, &application.said[place]).await;
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Says something of an answer, and twice what nobody understands.
async fn say(caller: &mut Caller, id: &str, value: &Value) {
    let pieces = json!([{"id": id, "value": value}, {"id": id, "value": "dear"}, {"id": id, "value": 7}]);
    let taken = caller.post("/v1/feedback", pieces.to_string()).await;
    assert_eq!(taken.json()["accepted"], 1, "{}", taken.text());
    let codes = [0, 1].map(|place| taken.json()["refused"][place]["code"].clone());
    assert_eq!(codes, [json!("unknown_category"), json!("out_of_range")]);
}
