//! A gateway is killed under load and started again while the controller is down.

use super::Scene;
use super::scene::{Allowed, CALLERS, HALF, ROLLOUT};
use crate::chat_model::Failing;
use crate::load::Load;
use crate::result;
use std::time::{Duration, Instant};

/// How soon a gateway has to answer callers after it was started.
const SOON: Duration = Duration::from_secs(1);
/// How often it is killed.
const KILLS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn f20_killed_under_load_a_gateway_serves_again_from_its_disk() {
    let (scene, _) = killed_again_and_again().await;
    healed(scene).await;
}

/// The same, and writes down how soon it serves.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: `cargo xtask faults` runs it on the release build"]
async fn f20_killed_under_load_a_gateway_serves_again_within_a_second() {
    let (scene, slowest) = killed_again_and_again().await;
    healed(scene).await;
    assert!(slowest <= SOON, "{slowest:?}");
    result::tell(&format!("{} ms at most from the start to the first answer", slowest.as_millis()));
}

/// Kills a gateway with the controller down; how long it took at most until it answered after it was started.
async fn killed_again_and_again() -> (Scene, Duration) {
    let mut scene = Scene::set(2, Failing::Never).await;
    scene.begin(&HALF);
    scene.world.controller.until_phase(ROLLOUT, &["Held"]);
    scene.fault_begins().await;
    scene.world.kill_controller();
    let mut slowest = Duration::ZERO;
    for _ in 0..KILLS {
        scene.world.gateways[1].kill();
        let started_at = Instant::now();
        scene.world.gateways[1] = scene.world.gateway("gw-1").0;
        let load = &scene.world.loads[1];
        first_answer_since(load, started_at).await;
        slowest = slowest.max(started_at.elapsed());
        // What it was told last is the half, and not long ago.
        load.until_more("candidate", 20).await;
        load.until_more("baseline", 20).await;
    }
    (scene, slowest)
}

/// The controller comes back, and hears what everybody counted who is still there.
async fn healed(mut scene: Scene) {
    scene.world.restart_controller();
    scene.world.until_all_serve(2).await;
    scene.fault_ends();
    let said = scene.world.controller.run(&["rollout", "rollback", ROLLOUT]);
    assert_eq!(said.code, Some(0));
    scene.until_it_ends("RolledBack");
    let life = scene.world.loads[1].served().len();
    let allowed = Allowed { lost: KILLS * CALLERS, uncounted: life };
    scene.audit(allowed).await;
}

async fn first_answer_since(load: &Load, moment: Instant) {
    let begun = Instant::now();
    while !load.served().iter().rev().any(|served| served.sent_at > moment) {
        assert!(begun.elapsed() < crate::process::PATIENCE, "it never served again");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
