//! A guard says for itself how long a rollout may be held for it: nobody says what they think of the answers, and while the
//! rollout would wait for that as long as it takes, the guard does not.

use crate::load::{Load, Who};
use crate::manifests;
use crate::viridian::{ANY_PORT, Viridian};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;
use viridian_testkit::upstream::Upstream;

const APPLICATION: &str = "parcels";
const ROLLOUT: &str = "parcels-v2";
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
const STEPS: [&str; 3] = ["weight: 50%", "analysis: {minSamples: 100}", "bake: {for: 1s, minSamples: 100}"];
/// How long a caller waits after each answer.
const PACE: Duration = Duration::from_millis(8);

/// A rollout that will wait for feedback, of which a guard says this.
async fn started(guard: &str) -> (TempDir, Viridian, Load) {
    let home = TempDir::new().unwrap();
    let (first, second) = (Upstream::start().await, Upstream::start().await);
    let guards = format!("  guards:\n  - {{metric: feedback, margin: 3pp, maturity: 1s{guard}}}");
    let releases = manifests::two_releases(APPLICATION, "request", [&first.url(), &second.url()]);
    let viridian = Viridian::start(home.path(), &releases.replacen("  guards:", &guards, 1), ANY_PORT);
    let load = Load::start_for(Who::Nobody, viridian.gateway(), APPLICATION, PACE);
    let rollout = manifests::rollout(ROLLOUT, APPLICATION, &STEPS);
    let patient = rollout.replacen("spec:", "spec:\n  patience: 1s\n  onInsufficientData: hold", 1);
    viridian.start_rollout(home.path(), &patient);
    (home, viridian, load)
}

fn is_held_for_feedback(status: &Value) -> bool {
    let waits = status["waitsFor"].as_str();
    status["phase"] == "Held" && waits.is_some_and(|waits| waits.contains("feedback"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_ends_the_hold_that_it_is_the_reason_of() {
    let (_home, mut viridian, load) = started(", onInsufficient: rollback, maxHold: 1s").await;
    let end = viridian.until_phase(ROLLOUT, &ENDS);
    assert_eq!(
        (&end["phase"], &end["reason"]),
        (&json!("RolledBack"), &json!("the evidence of feedback never sufficed")),
        "{end:#}"
    );
    assert_eq!(load.lost(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_word_of_the_guard_the_hold_is_the_rollouts() {
    let (_home, mut viridian, load) = started("").await;
    viridian.until(ROLLOUT, is_held_for_feedback);
    std::thread::sleep(Duration::from_secs(3));
    let status = viridian.status(ROLLOUT);
    assert_eq!(status["phase"], "Held", "{status:#}");
    assert_eq!(load.lost(), 0);
}
