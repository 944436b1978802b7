//! `kill -9` in the middle of a rollout, under load: after the restart it goes on from its log to the right end.

use crate::chat_model::{ChatModel, Failing};
use crate::history;
use crate::load::{Load, STEADY};
use crate::manifests;
use crate::process::free_ports;
use crate::viridian::{Listeners, Viridian};
use bytes::Bytes;
use http::Request;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;
use tokio::task::JoinSet;
use viridian_testkit::caller::{self, Caller};

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
/// How often it is killed at whatever it is doing.
const LIVES: u32 = 12;
/// By how much the lengths of its lives differ: the shortest ends at once, the longest after 1,100 ms.
const LIFE_STEP: Duration = Duration::from_millis(100);
/// How long the watch on the generations waits between two looks.
const GLANCE: Duration = Duration::from_millis(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_candidate_is_rolled_back_after_the_restart() {
    let mut world = World::start(Failing::OneIn(25)).await;
    world.load.until_more("candidate", A_FEW).await;
    world.kill_and_restart();
    let end = world.viridian.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "RolledBack", "{end:#}");
    assert!(end["reason"].as_str().unwrap().contains("errors"), "{end:#}");
    world.expect_sound_history("RolledBack");

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
    world.expect_sound_history("Promoted");

    let promoted_at = Instant::now();
    world.load.until_more("baseline", MANY).await;
    let late =
        world.load.served().into_iter().find(|served| served.sent_at > promoted_at && served.release != "v2");
    assert!(late.is_none(), "served by the old release after the promotion: {late:?}");
    world.expect_served_by_releases();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_of_its_life_it_comes_to_the_right_end() {
    let mut world = World::start(Failing::OneIn(25)).await;
    let watch = Generations::watch(world.viridian.admin());
    world.viridian.kill();
    for number in 0..LIVES {
        // Long and short lives in turn: five and twelve have no divisor in common.
        world.live_for(LIFE_STEP * (number * 5 % LIVES)).await;
    }
    world.viridian = Viridian::start(world.home.path(), &world.manifest, world.listeners);
    let end = world.viridian.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "RolledBack", "{end:#}");
    assert!(end["reason"].as_str().unwrap().contains("errors"), "{end:#}");
    world.expect_sound_history("RolledBack");
    world.load.until_more("baseline", MANY).await;
    world.expect_nobody_on_the_candidate_since(&end);
    world.expect_served_by_releases();
    let generations = watch.seen();
    assert!(generations.is_sorted(), "{generations:?}");
    assert!(generations.first() < generations.last(), "{generations:?}");
}

/// The generations the control plane told of while it was alive, in the order in which it did.
struct Generations {
    seen: Arc<Mutex<Vec<u64>>>,
    _watch: JoinSet<()>,
}

impl Generations {
    fn watch(admin: SocketAddr) -> Self {
        let seen = Arc::<Mutex<Vec<u64>>>::default();
        let mut watch = JoinSet::new();
        let told = Arc::clone(&seen);
        watch.spawn(async move {
            loop {
                if let Some(generation) = generation(admin).await {
                    told.lock().unwrap().push(generation);
                }
                tokio::time::sleep(GLANCE).await;
            }
        });
        Self { seen, _watch: watch }
    }

    fn seen(&self) -> Vec<u64> {
        self.seen.lock().unwrap().clone()
    }
}

/// The generation the application is served by; nothing while there is nobody to ask.
async fn generation(admin: SocketAddr) -> Option<u64> {
    let mut caller = Caller::try_connect(admin).await?;
    let request = Request::get(format!("/api/v1/applications/{APPLICATION}"));
    let request = request.header("host", admin.to_string()).body(Bytes::new()).unwrap();
    let answer = caller::read(caller.try_open(request).await?).await;
    (answer.complete && answer.status == 200).then(|| answer.json()["table"]["generation"].as_u64())?
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

    /// Starts it with the same data and kills it so much later, whatever it has come to by then.
    async fn live_for(&self, life: Duration) {
        let mut process = Viridian::launch(self.home.path(), &self.manifest, self.listeners);
        tokio::time::sleep(life).await;
        process.kill();
    }

    /// Nothing was sent to the candidate once it was written down that the baseline serves alone.
    fn expect_nobody_on_the_candidate_since(&self, end: &Value) {
        let ended_at: SystemTime =
            end["endedAt"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().into();
        let elapsed = ended_at.elapsed().unwrap();
        let ended_at = Instant::now().checked_sub(elapsed).unwrap();
        let served = self.load.served();
        let late = served.iter().find(|served| served.arm == "candidate" && served.sent_at > ended_at);
        assert!(late.is_none(), "served by the candidate after the rollback: {late:?}");
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

    /// The log tells the whole story, and generations only rose.
    fn expect_sound_history(&mut self, end: &str) {
        self.expect_generation_to_rise();
        history::expect_sound(&self.viridian, ROLLOUT, end, &SHARES);
    }
}
