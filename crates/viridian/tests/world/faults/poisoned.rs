//! A table that is valid and does harm.

use super::Scene;
use super::scene::{Allowed, ROLLOUT};
use crate::chat_model::Failing;
use crate::load::BRISK;

/// Nothing but errors, for nine in ten callers.
const STEPS: [&str; 2] = ["weight: 90%", "pause: {}"];

#[tokio::test(flavor = "multi_thread")]
async fn f47_a_table_that_does_harm_reaches_one_gateway_and_no_other() {
    let mut scene = Scene::guarded(3, Failing::OneIn(1), BRISK).await;
    scene.fault_begins().await;
    scene.begin(&STEPS);
    scene.until_it_ends("RolledBack");
    scene.fault_ends();
    let reached = scene.world.loads.iter().filter(|load| load.count("candidate") > 0).count();
    let status = scene.world.controller.status(ROLLOUT);
    assert_eq!(reached, 1, "gateways that sent callers to it: {status:#}");
    scene.audit(Allowed::default()).await;
}
