//! What answers are scored, over real sockets: a judge that reads every other answer of both arms restores the baseline of one
//! application, and lets the candidate of another be promoted. What is no score of the application is refused, and a judge that
//! errs holds a rollout up until it is mended: it blames nobody and lets nobody pass.

use crate::manifests;
use crate::viridian::{ANY_PORT, Viridian};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use viridian_testkit::caller::Caller;
use viridian_testkit::upstream::Upstream;

/// Callers of each application.
const CALLERS: usize = 2;
/// How long each waits after an answer.
const PACE: Duration = Duration::from_millis(10);
const STEPS: [&str; 3] =
    ["weight: 50%", "analysis: {minSamples: 100}", "bake: {for: 1s, holdback: 50%, minSamples: 100}"];
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
const JUDGE: &str = "gpt-4o/rubric-3";
const SCORES: &str = "
  scores:
    helpful: {from: 1, to: 5, judge: gpt-4o/rubric-3}
  guards:
  - {metric: helpful, margin: 0.8 points, onFail: rollback}
";

#[tokio::test(flavor = "multi_thread")]
async fn scores_roll_back_what_is_worse_and_promote_what_is_not() {
    let home = TempDir::new().unwrap();
    let upstream = Upstream::start().await;
    // By how much the candidate's answers are scored lower.
    let applications = [("lower", 2.0, "RolledBack"), ("alike", 0.0, "Promoted")];
    let manifests = applications.map(|(name, ..)| manifest(name, &upstream.url()));
    let mut viridian = Viridian::start(home.path(), &manifests.join("---"), ANY_PORT);
    let mut callers = JoinSet::new();
    for (name, lower, _) in applications {
        for _ in 0..CALLERS {
            callers.spawn(call(viridian.gateway(), format!("/apps/{name}/v1/chat/completions"), lower));
        }
        viridian.start_rollout(home.path(), &manifests::rollout(name, name, &STEPS));
    }
    for (name, lower, expected) in applications {
        let end = viridian.until_phase(name, &ENDS);
        assert_eq!(end["phase"], expected, "{end:#}");
        let reason = end["reason"].as_str().unwrap_or_default();
        assert_eq!(reason.contains("helpful"), lower > 0.0, "{reason}");
    }
    let described = viridian.ask(&["describe", "application", "alike"]);
    assert_eq!(described["scores"], json!([{"name": "helpful", "from": 1, "to": 5, "judge": JUDGE}]));
}

/// What a judge does wrong.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// It never says anything.
    Silent,
    /// It says a little, and then no more.
    Stops,
    /// It reads the baseline's answers alone.
    OneArm,
    /// What it says of the candidate is no number on the scale.
    OffScale,
}

/// An application, what its judge does wrong, and what the rollout waits for then.
const ERRING: [(&str, Fault, &str); 4] = [
    ("silent", Fault::Silent, "helpful: no data"),
    ("stopped", Fault::Stops, "helpful: neither worse nor shown safe yet"),
    ("one-armed", Fault::OneArm, "helpful: no data"),
    ("off-scale", Fault::OffScale, "helpful: no data"),
];
/// A judge that stops does so when each caller has met so many answers of the candidate, of which the first are no evidence.
const FEW: u32 = 15;

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_that_errs_holds_a_rollout_up_until_it_is_mended() {
    let home = TempDir::new().unwrap();
    let upstream = Upstream::start().await;
    let manifests = ERRING.map(|(name, ..)| manifest(name, &upstream.url()));
    let mut viridian = Viridian::start(home.path(), &manifests.join("---"), ANY_PORT);
    let is_mended = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for (name, fault, _) in ERRING {
        for _ in 0..CALLERS {
            callers.spawn(call_erring(viridian.gateway(), name, (fault, Arc::clone(&is_mended))));
        }
        viridian.start_rollout(home.path(), &manifests::rollout(name, name, &STEPS));
    }
    for (name, _, why) in ERRING {
        let waiting = viridian.until(name, |status| {
            let waits = status["waitsFor"].as_str().unwrap_or_default();
            ENDS.contains(&status["phase"].as_str().unwrap()) || waits.contains("helpful")
        });
        assert_eq!(waiting["phase"], "Baking", "{waiting:#}");
        assert!(waiting["waitsFor"].as_str().unwrap().contains(why), "{waiting:#}");
        assert_eq!(waiting["report"]["analysis"]["guards"][0]["verdict"], "wait", "{waiting:#}");
    }
    is_mended.store(true, Ordering::Relaxed);
    for (name, ..) in ERRING {
        let end = viridian.until_phase(name, &ENDS);
        assert_eq!(end["phase"], "Promoted", "{end:#}");
    }
}

fn manifest(name: &str, upstream: &str) -> String {
    let manifest = manifests::two_releases(name, "request", [upstream, upstream]);
    let (head, rest) = manifest.split_once("\n  guards:").unwrap();
    let (_, releases) = rest.split_once("---").unwrap();
    format!("{head}{SCORES}---{releases}")
}

/// Asks, and has every answer scored by a judge that errs until it is mended.
async fn call_erring(gateway: SocketAddr, name: &str, (fault, is_mended): (Fault, Arc<AtomicBool>)) {
    let path = format!("/apps/{name}/v1/chat/completions");
    let mut caller = Caller::connect(gateway).await;
    let mut met = 0;
    for turn in 0.. {
        let answer = caller.post(&path, json!({"model": "any", "messages": []}).to_string()).await;
        let id = answer.header("x-request-id").to_owned();
        let is_candidate = answer.header("x-viridian-arm") == "candidate";
        met += u32::from(is_candidate);
        let sound = json!(4 + turn % 2);
        let number = match fault {
            _ if is_mended.load(Ordering::Relaxed) => Some(sound),
            Fault::Silent => None,
            Fault::Stops => (met <= FEW).then_some(sound),
            Fault::OneArm => (!is_candidate).then_some(sound),
            Fault::OffScale if is_candidate => {
                Some(if turn % 4 < 2 { json!(60) } else { json!("60 of 100") })
            }
            Fault::OffScale => Some(sound),
        };
        if let Some(number) = number {
            let is_on_scale = number.as_f64().is_some_and(|number| number <= 5.0);
            let piece = json!([{"id": id, "scores": {"helpful": number}, "judge": JUDGE}]);
            let taken = caller.post("/v1/feedback", piece.to_string()).await;
            assert_eq!(taken.json()["accepted"], u8::from(is_on_scale), "{}", taken.text());
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Asks, and has every other answer scored.
async fn call(gateway: SocketAddr, path: String, lower: f64) {
    let mut caller = Caller::connect(gateway).await;
    for turn in 0.. {
        let answer = caller.post(&path, json!({"model": "any", "messages": []}).to_string()).await;
        let id = answer.header("x-request-id").to_owned();
        let is_candidate = answer.header("x-viridian-arm") == "candidate";
        if turn % 2 == 0 {
            let number = 4.0 + f64::from(turn / 2 % 3 - 1) - if is_candidate { lower } else { 0.0 };
            let scored = |name: &str, number: Value, judge: &str| json!({"id": id, "scores": {name: number}, "judge": judge});
            let pieces = json!([
                scored("helpful", json!(number), JUDGE),
                scored("helpful", json!(1), "gpt-4o/rubric-2"),
                scored("helpful", json!(0.5), JUDGE),
                scored("harmless", json!(1), JUDGE),
            ]);
            let taken = caller.post("/v1/feedback", pieces.to_string()).await;
            assert_eq!(taken.json()["accepted"], 1, "{}", taken.text());
            let codes = [0, 1, 2].map(|place| taken.json()["refused"][place]["code"].clone());
            assert_eq!(codes, [json!("other_judge"), json!("score_out_of_range"), json!("unknown_score")]);
        }
        tokio::time::sleep(PACE).await;
    }
}
