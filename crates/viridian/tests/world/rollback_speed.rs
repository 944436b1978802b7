//! How long a rollback takes: from the moment the order is sent until the last request starts on the candidate.

use crate::apart::{self, Apart};
use crate::chat_model::{ChatModel, Failing};
use crate::load::{Load, RELENTLESS, Served};
use crate::manifests;
use crate::result;
use crate::viridian::{ANY_PORT, Viridian};
use serde_json::json;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use viridian_testkit::caller::{self, Caller};

const APPLICATION: &str = "parcels";
const SAMPLES: usize = 20;
/// Says how many gateways there are.
const GATEWAYS: &str = "VIRIDIAN_GATEWAYS";
/// So many requests on the candidate before each order.
const WARM: usize = 50;
/// How many requests the baseline serves after a rollback before the last one on the candidate is taken to be known.
const SETTLED: usize = 150;

/// Sends the order to roll back in the middle of the traffic, again and again, and writes down the milliseconds as
/// JSON.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: `cargo xtask bench rollback` runs it on the release build"]
async fn from_the_order_to_the_last_request_on_the_candidate() {
    let home = TempDir::new().unwrap();
    let baseline = ChatModel::start(Failing::Never).await;
    let candidate = ChatModel::start(Failing::Never).await;
    let manifest = manifests::two_releases(APPLICATION, "request", [&baseline.url(), &candidate.url()]);
    let mut viridian = Viridian::start(home.path(), &manifest, ANY_PORT);
    let load = Load::start(viridian.gateway(), APPLICATION, RELENTLESS);
    let mut admin = Caller::connect(viridian.admin()).await;
    let mut samples = Vec::new();
    for number in 0..SAMPLES {
        let name = format!("parcels-{number}");
        viridian.start_rollout(
            home.path(),
            &manifests::rollout(&name, APPLICATION, &["weight: 50%", "pause: {}"]),
        );
        viridian.until_phase(&name, &["Held"]);
        load.until_more("candidate", WARM).await;

        let mut order = caller::post(&format!("/api/v1/rollouts/{name}/rollback"), "{}");
        order.headers_mut().insert("host", viridian.admin().to_string().parse().unwrap());
        let ordered_at = Instant::now();
        let answer = admin.send(order).await;
        assert!(answer.status < 300, "{}", answer.text());
        let end = viridian.until_phase(&name, &["RolledBack"]);
        assert_eq!(end["weight"], 0.0, "{end:#}");
        load.until_more("baseline", SETTLED).await;

        let sent =
            load.served().into_iter().filter(|served| served.arm == "candidate").map(|served| served.sent_at);
        let last = sent.max().max(candidate.last_received()).unwrap();
        samples.push(last.saturating_duration_since(ordered_at));
    }
    result::tell(&in_milliseconds(&samples).to_string());
}

/// The same with a controller and gateways in processes of their own, as many as [`GATEWAYS`] says.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: `cargo xtask bench rollback --gateways 2` runs it on the release build"]
async fn from_the_order_to_the_last_request_on_the_candidate_anywhere() {
    let count: usize = std::env::var(GATEWAYS).unwrap().parse().unwrap();
    let mut world = Apart::start(count, Failing::Never, RELENTLESS).await;
    let mut admin = Caller::connect(world.controller.admin()).await;
    let mut samples = Vec::new();
    for number in 0..SAMPLES {
        let name = format!("parcels-{number}");
        let steps = ["weight: 50%", "pause: {}"];
        let manifest = manifests::rollout(&name, apart::APPLICATION, &steps);
        world.controller.start_rollout(world.home.path(), &manifest);
        world.controller.until_phase(&name, &["Held"]);
        for load in &world.loads {
            load.until_more("candidate", WARM).await;
        }

        let mut order = caller::post(&format!("/api/v1/rollouts/{name}/rollback"), "{}");
        order.headers_mut().insert("host", world.controller.admin().to_string().parse().unwrap());
        let ordered_at = Instant::now();
        let answer = admin.send(order).await;
        assert!(answer.status < 300, "{}", answer.text());
        world.controller.until_phase(&name, &["RolledBack"]);
        for load in &world.loads {
            load.until_more("baseline", SETTLED).await;
        }

        let served: Vec<Served> = world.loads.iter().flat_map(Load::served).collect();
        let sent = served.iter().filter(|served| served.arm == "candidate").map(|served| served.sent_at);
        let last = sent.max().max(world.candidate.last_received()).unwrap();
        samples.push(last.saturating_duration_since(ordered_at));
    }
    result::tell(&in_milliseconds(&samples).to_string());
}

fn in_milliseconds(samples: &[Duration]) -> serde_json::Value {
    let millis =
        samples.iter().map(|sample| (sample.as_secs_f64() * 1e5).round() / 100.0).collect::<Vec<_>>();
    json!(millis)
}
