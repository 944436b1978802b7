//! Processes of two versions beside each other.

use crate::apart::{self, APPLICATION, Apart};
use crate::chat_model::Failing;
use crate::ledger;
use crate::load::STEADY;
use crate::viridian::Viridian;
use crate::{manifests, result};
use serde_json::Value;
use std::path::PathBuf;
use std::time::Instant;
use tempfile::TempDir;
use viridian_core::arm::Arm;

/// Names the binary of the version before.
const FORMER: &str = "VIRIDIAN_FORMER";
const ROLLOUT: &str = "parcels-v2";
const STEPS: [&str; 6] = [
    "weight: 10%",
    "pause: {}",
    "weight: 50%",
    "pause: {}",
    "analysis: {minSamples: 100}",
    "bake: {for: 2s, holdback: 10%, minSamples: 50}",
];
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];

/// One gateway, then the controller, then the other gateway are replaced while a rollout goes on, and at the end the
/// gateways are put back: nobody notices and every request is counted.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the version before: `cargo xtask interop former` builds it"]
async fn processes_of_two_versions_lose_nothing() {
    let former = PathBuf::from(std::env::var_os(FORMER).unwrap());
    let home = TempDir::new().unwrap();
    let mut world = Apart::of_version(&former, home, (2, Failing::Never, STEADY), apart::plain).await;
    more_of(&world, "baseline").await;
    let began = Instant::now();
    world.controller.start_rollout(world.home.path(), &manifests::rollout(ROLLOUT, APPLICATION, &STEPS));
    world.controller.until_phase(ROLLOUT, &["Held"]);

    world.gateways[0].end();
    world.gateways[0] = world.gateway("gw-0").0;
    world.until_all_serve(2).await;
    go_on(&mut world, 50.0).await;

    world.controller.kill();
    world.restart_controller();
    world.until_all_serve(2).await;
    more_of(&world, "candidate").await;
    assert_eq!(world.controller.run(&["rollout", "resume", ROLLOUT]).code, Some(0));
    let end = world.controller.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "Promoted", "{end:#}");
    world.gateways[1].end();
    world.gateways[1] = world.gateway("gw-1").0;
    world.until_all_serve(2).await;

    // And back: a gateway of the version before starts with what the newer one left on its disk.
    world.gateways[1].end();
    world.gateways[1] = world.gateway_of(&former, "gw-1");
    world.until_all_serve(2).await;
    let ended = Instant::now();
    more_of(&world, "baseline").await;
    let back = controller_put_back(&mut world, &former);
    let totals = world.audit().await;
    ledger::expect_load_around(&world.ledgers(), began, ended);
    assert!(totals.refused.is_empty() && totals.lost == 0, "{totals:?}");
    for arm in [Arm::Baseline, Arm::Candidate] {
        assert_eq!(world.counted(arm), totals.by_arm[arm.as_str()], "{arm:?}: counted; answered");
    }
    result::tell(&format!("{} requests over both versions, none lost, all counted; {back}", totals.sent));
}

/// The controller of the version before works with the newer database or says why not; either way callers are served.
fn controller_put_back(world: &mut Apart, former: &std::path::Path) -> &'static str {
    world.controller.kill();
    let process = world.launch_controller_of(former);
    let back = match Viridian::if_it_listens(process) {
        Some(_works) => "the controller before works with the database after",
        None => "the controller before refuses the database after",
    };
    world.restart_controller();
    back
}

async fn go_on(world: &mut Apart, weight: f64) {
    assert_eq!(world.controller.run(&["rollout", "resume", ROLLOUT]).code, Some(0));
    let stands_so = |status: &Value| status["weight"] == weight && status["phase"] == "Held";
    world.controller.until(ROLLOUT, stands_so);
    more_of(world, "candidate").await;
}

async fn more_of(world: &Apart, arm: &str) {
    for load in &world.loads {
        load.until_more(arm, ledger::FLOOR).await;
    }
}
