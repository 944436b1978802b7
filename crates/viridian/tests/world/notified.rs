//! People are called: `serve --notify` posts the notice of an automatic rollback to a real receiver, which takes it once although
//! it was away, and although the process that wrote it down was killed.

use crate::load::{Load, STEADY};
use crate::manifests;
use crate::process::{PATIENCE, PAUSE, free_ports};
use crate::viridian::{Listeners, Viridian};
use bytes::Bytes;
use http::Request;
use serde_json::Value;
use std::path::Path;
use std::time::Instant;
use tempfile::TempDir;
use viridian_testkit::caller::Caller;
use viridian_testkit::upstream::{Reply, Upstream};

const APPLICATION: &str = "parcels";
const STEPS: [&str; 2] = ["weight: 50%", "analysis: {minSamples: 1000000}"];
/// The path of the webhook, which is a secret with many services.
const PATH: &str = "/services/T0/B0/secret";

/// A controller whose people are called at an address.
struct World {
    home: TempDir,
    manifest: String,
    listeners: Listeners,
    webhook: String,
    receiver: Upstream,
    viridian: Viridian,
}

impl World {
    async fn start() -> Self {
        let (home, receiver) = (TempDir::new().unwrap(), Upstream::start().await);
        let (good, bad) = (Upstream::start().await, Upstream::start().await);
        bad.always(Reply::json("{}").status(500));
        let manifest = manifests::two_releases(APPLICATION, "request", [&good.url(), &bad.url()]);
        let [gateway, admin] = free_ports();
        let listeners = Listeners { gateway, admin };
        let webhook = format!("{}{PATH}", receiver.url());
        let viridian = run(home.path(), &manifest, listeners, &webhook);
        Self { home, manifest, listeners, webhook, receiver, viridian }
    }

    fn kill_and_restart(&mut self) {
        self.viridian.kill();
        self.viridian = run(self.home.path(), &self.manifest, self.listeners, &self.webhook);
    }

    /// A rollout to the candidate that fails, until it has come to its end.
    fn roll_back(&mut self, rollout: &str) {
        self.viridian.start_rollout(self.home.path(), &manifests::rollout(rollout, APPLICATION, &STEPS));
        let end = self.viridian.until_phase(rollout, &["Promoted", "RolledBack", "Aborted", "Superseded"]);
        assert_eq!(end["phase"], "RolledBack", "{end:#}");
    }

    /// Waits until the receiver was called so often, and answers with the calls.
    async fn until_called(&mut self, times: usize) -> Vec<Call> {
        let begun = Instant::now();
        while self.receiver.requests() < times {
            self.viridian.process().expect_running("people were called");
            assert!(
                begun.elapsed() < PATIENCE,
                "called {} times instead of {times}",
                self.receiver.requests()
            );
            tokio::time::sleep(PAUSE).await;
        }
        let seen = self.receiver.seen().into_iter();
        let calls = seen.map(|seen| {
            assert_eq!((seen.method.as_str(), seen.uri.path()), ("POST", PATH));
            let notice: Value = serde_json::from_slice(&seen.body).unwrap();
            Call { once: seen.headers["idempotency-key"].to_str().unwrap().to_owned(), notice }
        });
        calls.collect()
    }
}

fn run(home: &Path, manifest: &str, listeners: Listeners, webhook: &str) -> Viridian {
    Viridian::start_in(home, manifest, listeners, &[("VIRIDIAN_NOTIFY", webhook)])
}

/// One attempt to tell people something.
struct Call {
    once: String,
    notice: Value,
}

impl Call {
    fn expect_about(&self, rollout: &str) {
        let Self { once, notice } = self;
        assert_eq!(notice["rollout"], rollout, "{notice:#}");
        assert_eq!(notice["severity"], "critical", "{notice:#}");
        assert_eq!(notice["id"], once.as_str(), "{notice:#}");
        let text = notice["text"].as_str().unwrap();
        assert!(text.starts_with(&format!("rollout {rollout}: ")) && text.contains("errors"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_automatic_rollback_calls_people_once_also_over_a_restart() {
    let mut world = World::start().await;
    let _load = Load::start(world.viridian.gateway(), APPLICATION, STEADY);
    // Whoever is to be called is away when it happens, and comes back after the process was killed.
    world.receiver.always(Reply::json("{}").status(503));
    world.roll_back("first");
    let refused = world.until_called(1).await;
    world.viridian.kill();
    let before = world.receiver.requests();
    world.receiver.always(Reply::json("{}"));
    world.kill_and_restart();
    let called = world.until_called(before + 1).await;
    for call in refused.iter().chain(&called) {
        call.expect_about("first");
        assert_eq!(call.once, called[0].once, "the same notice each time it is tried");
    }

    // What was taken is not told again by the next process: notices are told in order, and the next is another.
    until_nothing_waits(&world.viridian).await;
    let taken = world.receiver.requests();
    world.kill_and_restart();
    world.roll_back("second");
    let called = world.until_called(taken + 1).await;
    assert_eq!(called.len(), taken + 1, "{}", called.len());
    called[taken].expect_about("second");
}

/// Waits until what was taken is crossed out.
async fn until_nothing_waits(viridian: &Viridian) {
    let (begun, admin) = (Instant::now(), viridian.admin());
    loop {
        let request = Request::get("/metrics").header("host", admin.to_string()).body(Bytes::new()).unwrap();
        let answer = Caller::connect(admin).await.send(request).await;
        if answer.text().lines().any(|line| line == "viridian_notices_waiting 0") {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "a notice waits for ever: {}", answer.text());
        tokio::time::sleep(PAUSE).await;
    }
}
