//! A real Prometheus that reads from Viridian and is asked by it: what a candidate's servers say of themselves there
//! decides over the candidate, and what Viridian says of itself can be read there.

use crate::load::{Load, Who};
use crate::manifests;
use crate::process::{PATIENCE, PAUSE, Process, free_ports};
use crate::result;
use crate::viridian::{ANY_PORT, Viridian};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use viridian_testkit::caller::Caller;
use viridian_testkit::upstream::{Reply, Upstream};

const APPLICATION: &str = "parcels";
/// The rollout whose candidate's servers are not well, and the one after they were mended.
const ILL: &str = "parcels-ill";
const WELL: &str = "parcels-well";
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
const STEPS: [&str; 3] = ["weight: 50%", "analysis: {minSamples: 100}", "bake: {for: 1s, minSamples: 100}"];
/// How long a caller waits after each answer.
const PACE: Duration = Duration::from_millis(8);
/// As many outcomes of the baseline as a comparison asks for before it begins.
const CALIBRATED: usize = 550;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Prometheus: `cargo xtask interop prometheus` installs it"]
async fn asked_during_rollouts_and_reading() {
    let mut world = World::start().await;
    let rolled_back = world.what_is_ill_is_rolled_back();
    let promoted = world.what_is_well_is_promoted();
    let requests = world.what_viridian_says_is_read().await;
    assert_eq!(world.load.lost(), 0);
    result::tell(&format!(
        "no sample and NaN held the rollout up, 12.5 rolled it back within {:.1} s, and 0 let it be promoted after \
         {:.1} s; {requests} requests read from /metrics, none lost",
        rolled_back.as_secs_f64(),
        promoted.as_secs_f64()
    ));
}

/// Two releases that callers cannot tell from each other, their servers' own metrics, and Prometheus between.
struct World {
    home: TempDir,
    viridian: Viridian,
    servers: Upstream,
    load: Load,
    prometheus: Prometheus,
}

impl World {
    async fn start() -> Self {
        let home = TempDir::new().unwrap();
        let (first, second, servers) =
            (Upstream::start().await, Upstream::start().await, Upstream::start().await);
        servers.always(Reply::json("").status(503));
        let [port] = free_ports();
        let asked = format!(
            "  sources: {{monitoring: {{prometheus: {{url: 'http://127.0.0.1:{port}', timeout: 2s}}}}}}
  gauges:
  - name: gpu-faults
    source: monitoring
    query: 'max(gpu_faults{{release=\"{{{{release}}}}\"}})'
    atMost: 5
    every: 1s
    times: 2
  guards:"
        );
        let releases = manifests::two_releases(APPLICATION, "request", [&first.url(), &second.url()]);
        let viridian = Viridian::start(home.path(), &releases.replacen("  guards:", &asked, 1), ANY_PORT);
        let scraped = [servers.url().replace("http://", ""), viridian.admin().to_string()];
        let prometheus = Prometheus::start(home.path(), port, &scraped).await;
        let load = Load::start_for(Who::Nobody, viridian.gateway(), APPLICATION, PACE);
        load.until_more("baseline", CALIBRATED).await;
        Self { home, viridian, servers, load, prometheus }
    }

    /// What the candidate's servers tell Prometheus.
    fn servers_say(&self, faults: &str) {
        let text = format!("# TYPE gpu_faults gauge\ngpu_faults{{release=\"parcels-v2\"}} {faults}\n");
        // Prometheus takes its own text format for granted, whatever the type says.
        self.servers.always(Reply::json(text));
    }

    fn what_is_ill_is_rolled_back(&mut self) -> Duration {
        self.start_rollout(ILL);
        self.until_it_waits();
        self.servers_say("NaN");
        self.until_it_waits();
        let begun = Instant::now();
        self.servers_say("12.5");
        let end = self.viridian.until_phase(ILL, &ENDS);
        assert_eq!(end["phase"], "RolledBack", "{end:#}");
        assert_eq!(end["reason"], "gpu-faults is 12.5, and should be at most 5, 2 times in a row", "{end:#}");
        begun.elapsed()
    }

    fn until_it_waits(&mut self) {
        self.viridian.until(ILL, |status| {
            status["waitsFor"].as_str().is_some_and(|waits| waits.contains("gpu-faults is unknown"))
        });
    }

    fn what_is_well_is_promoted(&mut self) -> Duration {
        self.servers_say("0");
        let begun = Instant::now();
        self.start_rollout(WELL);
        let end = self.viridian.until_phase(WELL, &ENDS);
        assert_eq!(end["phase"], "Promoted", "{end:#}");
        begun.elapsed()
    }

    fn start_rollout(&self, name: &str) {
        self.viridian.start_rollout(self.home.path(), &manifests::rollout(name, APPLICATION, &STEPS));
    }

    /// How many requests Prometheus has read that the gateway served.
    async fn what_viridian_says_is_read(&self) -> u64 {
        let begun = Instant::now();
        loop {
            let read = self.prometheus.ask("sum(viridian_requests_total)").await;
            if let Some(requests) = read.filter(|requests| *requests >= CALIBRATED as f64) {
                return requests as u64;
            }
            assert!(begun.elapsed() < PATIENCE, "Prometheus never read from Viridian: {read:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// A Prometheus with a database of its own.
struct Prometheus {
    port: u16,
    _process: Process,
}

impl Prometheus {
    async fn start(home: &Path, port: u16, scraped: &[String]) -> Self {
        let file = home.join("prometheus.yml");
        let configuration = format!(
            "global: {{scrape_interval: 500ms, scrape_timeout: 400ms}}
scrape_configs:
- job_name: test
  static_configs: [{{targets: {scraped:?}}}]
"
        );
        std::fs::write(&file, configuration).unwrap();
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", home.join("prometheus").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let mut process = Process::start(&mut command);
        let begun = Instant::now();
        while Caller::try_connect(([127, 0, 0, 1], port).into()).await.is_none() {
            process.expect_running("it listened");
            assert!(begun.elapsed() < PATIENCE, "Prometheus never listened");
            tokio::time::sleep(PAUSE).await;
        }
        Self { port, _process: process }
    }

    /// The value of a query; nothing while there is none.
    async fn ask(&self, query: &str) -> Option<f64> {
        let mut caller = Caller::connect(([127, 0, 0, 1], self.port).into()).await;
        let answer = caller.get(&format!("/api/v1/query?query={query}")).await;
        let told: Value = serde_json::from_str(answer.text()).unwrap();
        told["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    }
}
