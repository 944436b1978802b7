//! `kill -9` in the middle of a rollout, under load: after the restart it goes on from its log to the right end.

use crate::chat_model::{ChatModel, Failing};
use crate::load::{Load, STEADY};
use crate::manifests;
use crate::process::free_ports;
use crate::viridian::{Listeners, Viridian};
use serde_json::Value;
use std::time::Instant;
use tempfile::TempDir;

const APPLICATION: &str = "parcels";
const ROLLOUT: &str = "parcels-v2";
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
const STEPS: [&str; 5] = [
    "weight: 10%",
    "analysis: {minSamples: 100}",
    "weight: 50%",
    "analysis: {minSamples: 200}",
    "bake: {for: 4s, holdback: 10%, minSamples: 50}",
];
/// What the plan gives the candidate, in per cent, one after the other.
const SHARES: [f64; 4] = [0.0, 10.0, 50.0, 90.0];
/// Enough candidate requests that it counts and too few for any verdict on it.
const A_FEW: usize = 20;
/// So many requests without one on the candidate are no coincidence at any share it ever had.
const MANY: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_candidate_is_rolled_back_after_the_restart() {
    let mut world = World::start(Failing::OneIn(25)).await;
    world.load.until_more("candidate", A_FEW).await;
    world.kill_and_restart();
    let end = world.viridian.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "RolledBack", "{end:#}");
    assert!(end["reason"].as_str().unwrap().contains("errors"), "{end:#}");
    world.expect_sound_history(&end, "RolledBack");

    let rolled_back_at = Instant::now();
    let received = world.candidate.received();
    world.load.until_more("baseline", MANY).await;
    world.kill_and_restart();
    world.load.until_more("baseline", MANY).await;
    let late = world
        .load
        .served()
        .into_iter()
        .find(|served| served.sent_at > rolled_back_at && served.arm == "candidate");
    assert!(late.is_none(), "served by the candidate after the rollback: {late:?}");
    assert_eq!(world.candidate.received(), received, "the candidate received requests after the rollback");
    assert_eq!(world.viridian.status(ROLLOUT)["sequence"], end["sequence"], "the end is the end");
    world.expect_served_by_releases();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_candidate_is_promoted_after_two_restarts() {
    let mut world = World::start(Failing::Never).await;
    world.load.until_more("candidate", A_FEW).await;
    world.kill_and_restart();
    world.viridian.until_phase(ROLLOUT, &["Baking"]);
    world.kill_and_restart();
    let end = world.viridian.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "Promoted", "{end:#}");
    world.expect_sound_history(&end, "Promoted");

    let promoted_at = Instant::now();
    world.load.until_more("baseline", MANY).await;
    let late =
        world.load.served().into_iter().find(|served| served.sent_at > promoted_at && served.release != "v2");
    assert!(late.is_none(), "served by the old release after the promotion: {late:?}");
    world.expect_served_by_releases();
}

/// A rollout under way, with callers.
struct World {
    home: TempDir,
    viridian: Viridian,
    load: Load,
    listeners: Listeners,
    manifest: String,
    generation: u64,
    candidate: ChatModel,
}

impl World {
    /// Starts everything, with a candidate that fails so often.
    async fn start(failing: Failing) -> Self {
        let home = TempDir::new().unwrap();
        let baseline = ChatModel::start(Failing::Never).await;
        let candidate = ChatModel::start(failing).await;
        let manifest = manifests::two_releases(APPLICATION, "request", [&baseline.url(), &candidate.url()]);
        let [gateway, admin] = free_ports();
        let listeners = Listeners { gateway, admin };
        let viridian = Viridian::start(home.path(), &manifest, listeners);
        let load = Load::start(viridian.gateway(), APPLICATION, STEADY);
        viridian.start_rollout(home.path(), &manifests::rollout(ROLLOUT, APPLICATION, &STEPS));
        let generation = viridian.generation(APPLICATION);
        Self { home, viridian, load, listeners, manifest, generation, candidate }
    }

    /// Ends Viridian without a warning and starts it anew with the same data, on the same ports.
    fn kill_and_restart(&mut self) {
        self.expect_generation_to_rise();
        self.viridian.kill();
        self.viridian = Viridian::start(self.home.path(), &self.manifest, self.listeners);
        self.expect_generation_to_rise();
    }

    fn expect_generation_to_rise(&mut self) {
        let now = self.viridian.generation(APPLICATION);
        assert!(now >= self.generation, "generation {now} after {}", self.generation);
        self.generation = now;
    }

    /// Whoever got an answer got it from a release: after a restart nobody is told that the application is unknown.
    fn expect_served_by_releases(&self) {
        let served = self.load.served();
        let stray = served.iter().find(|served| served.release.is_empty());
        assert!(stray.is_none(), "{stray:?} among {} answers", served.len());
    }

    /// Every transition is in the log once, in order: one entry per transition, each share of the plan reached once and
    /// none left out, and nothing after the end.
    fn expect_sound_history(&mut self, status: &Value, end: &str) {
        self.expect_generation_to_rise();
        let history = self.viridian.ask(&["rollout", "history", ROLLOUT]);
        let entries = history["entries"].as_array().unwrap();
        let numbers: Vec<u64> = entries.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        let started = entries.iter().filter(|entry| entry["kind"] == "started").count();
        assert_eq!(started, 1, "{history:#}");
        let moves: Vec<&Value> = entries.iter().filter(|entry| entry["kind"] == "moved").collect();
        assert_eq!(moves.len() as u64, status["sequence"].as_u64().unwrap(), "{history:#}");
        let ends = moves.iter().filter(|entry| entry["phase"] == end).count();
        assert_eq!((ends, moves.last().unwrap()["phase"].as_str()), (1, Some(end)), "{history:#}");
        let away =
            moves.iter().take_while(|entry| entry["phase"] != "RollingBack" && entry["phase"] != "Promoted");
        let mut shares: Vec<f64> = away.map(|entry| entry["weight"].as_f64().unwrap()).collect();
        shares.dedup();
        assert_eq!(shares, SHARES[..shares.len()], "{history:#}");
        assert!(end != "Promoted" || shares.len() == SHARES.len(), "{history:#}");
    }
}
