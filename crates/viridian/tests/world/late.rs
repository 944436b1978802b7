//! A late regression over real sockets: a candidate that was good through every step turns bad in the middle of a long bake,
//! when it serves nine requests in ten, and the baseline comes back without anybody being asked.

use crate::history;
use crate::load::{Load, STEADY};
use crate::manifests;
use crate::viridian::{ANY_PORT, Viridian};
use std::time::Instant;
use tempfile::TempDir;
use viridian_testkit::upstream::{Reply, Upstream};

const APPLICATION: &str = "parcels";
const ROLLOUT: &str = "parcels-v2";
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
const STEPS: [&str; 3] =
    ["weight: 50%", "analysis: {minSamples: 200}", "bake: {for: 24h, holdback: 10%, minSamples: 100}"];
/// What the plan gives the candidate, in per cent, one after the other.
const SHARES: [f64; 3] = [0.0, 50.0, 90.0];
/// So many good answers of the bake come first.
const GOOD: usize = 1_000;
/// So many requests without one on the candidate are no coincidence at any share it ever had.
const MANY: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn what_turns_bad_in_a_long_bake_is_rolled_back() {
    let home = TempDir::new().unwrap();
    let (baseline, candidate) = (Upstream::start().await, Upstream::start().await);
    let manifest = manifests::two_releases(APPLICATION, "request", [&baseline.url(), &candidate.url()]);
    let mut viridian = Viridian::start(home.path(), &manifest, ANY_PORT);
    let load = Load::start(viridian.gateway(), APPLICATION, STEADY);
    viridian.start_rollout(home.path(), &manifests::rollout(ROLLOUT, APPLICATION, &STEPS));
    viridian.until_phase(ROLLOUT, &["Baking"]);
    load.until_more("candidate", GOOD).await;
    let baking = viridian.status(ROLLOUT);
    assert_eq!(baking["phase"], "Baking", "it was good until now: {baking:#}");
    assert_eq!(baking["weight"], 90.0, "{baking:#}");

    candidate.always(Reply::json("{}").status(500));
    let end = viridian.until_phase(ROLLOUT, &ENDS);
    let rolled_back = Instant::now();
    assert_eq!(end["phase"], "RolledBack", "{end:#}");
    assert!(end["reason"].as_str().unwrap().contains("errors"), "{end:#}");
    history::expect_sound(&viridian, ROLLOUT, "RolledBack", &SHARES);

    load.until_more("baseline", MANY).await;
    let late =
        load.served().into_iter().find(|served| served.sent_at > rolled_back && served.release != "v1");
    assert!(late.is_none(), "served by the candidate after the rollback: {late:?}");
    let application = viridian.ask(&["describe", "application", APPLICATION]);
    assert_eq!(application["baseline"], format!("{APPLICATION}-v1"), "{application:#}");
}
