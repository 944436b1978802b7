//! What callers say, over real sockets: ratings on a scale of the application's own, and words of its own, each restore the
//! baseline when callers say worse of the candidate; what it does not understand is refused.

use crate::manifests;
use crate::viridian::{ANY_PORT, Viridian};
use serde_json::{Value, json};
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
const STEPS: [&str; 2] = ["weight: 50%", "analysis: {minSamples: 1000000}"];
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
const FEEDBACK: &str = "
  feedback:
    rating: {from: 1, to: 5, bad: 2}
    categories: {wrong: bad, helpful: good}
  guards:
  - {metric: feedback, margin: 10pp, onFail: rollback}
";

#[tokio::test(flavor = "multi_thread")]
async fn ratings_and_words_restore_the_baseline() {
    let home = TempDir::new().unwrap();
    let upstream = Upstream::start().await;
    let applications = [("stars", [json!(4.5), json!(2)]), ("words", [json!("helpful"), json!("wrong")])];
    let manifests = applications.each_ref().map(|(name, _)| {
        let manifest = manifests::two_releases(name, "request", [&upstream.url(), &upstream.url()]);
        let (head, rest) = manifest.split_once("\n  guards:").unwrap();
        let (_, releases) = rest.split_once("---").unwrap();
        format!("{head}{FEEDBACK}---{releases}")
    });
    let mut viridian = Viridian::start(home.path(), &manifests.join("---"), ANY_PORT);
    let mut callers = JoinSet::new();
    for (name, said) in applications.clone() {
        for _ in 0..CALLERS {
            callers.spawn(call(
                viridian.gateway(),
                format!("/apps/{name}/v1/chat/completions"),
                said.clone(),
            ));
        }
        viridian.start_rollout(home.path(), &manifests::rollout(name, name, &STEPS));
    }
    for (name, _) in applications {
        let end = viridian.until_phase(name, &ENDS);
        assert_eq!(end["phase"], "RolledBack", "{end:#}");
        assert!(end["reason"].as_str().unwrap().contains("feedback"), "{end:#}");
    }
}

/// Asks, and says one thing of the baseline's answers and another of the candidate's.
async fn call(gateway: SocketAddr, path: String, [of_baseline, of_candidate]: [Value; 2]) {
    let mut caller = Caller::connect(gateway).await;
    loop {
        let answer = caller.post(&path, json!({"model": "any", "messages": []}).to_string()).await;
        let id = answer.header("x-request-id");
        let value = if answer.header("x-viridian-arm") == "candidate" { &of_candidate } else { &of_baseline };
        let pieces = json!([{"id": id, "value": value}, {"id": id, "value": "dear"}, {"id": id, "value": 7}]);
        let taken = caller.post("/v1/feedback", pieces.to_string()).await;
        assert_eq!(taken.json()["accepted"], 1, "{}", taken.text());
        let codes = [0, 1].map(|place| taken.json()["refused"][place]["code"].clone());
        assert_eq!(codes, [json!("unknown_category"), json!("out_of_range")]);
        tokio::time::sleep(PACE).await;
    }
}
