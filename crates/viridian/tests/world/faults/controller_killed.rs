//! The controller is killed, again and again, at random moments of a rollout.

use super::Scene;
use super::scene::{Allowed, STEPS};
use crate::chat_model::Failing;
use crate::seed;
use std::time::Duration;

/// How often it is killed.
const KILLS: usize = 40;
/// It lives no longer than this after it was started.
const LONGEST: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread")]
async fn f01_killed_at_forty_moments_it_rolls_a_bad_candidate_back() {
    killed_again_and_again(Failing::OneIn(8), "RolledBack").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_killed_at_forty_moments_it_promotes_a_good_candidate() {
    killed_again_and_again(Failing::Never, "Promoted").await;
}

/// The rollout comes to the end it comes to when nothing happens, each step once, and no request and no count is lost.
async fn killed_again_and_again(failing: Failing, end: &str) {
    let mut scene = Scene::set(2, failing).await;
    let mut chance = seed::chance();
    scene.begin(&STEPS);
    scene.fault_begins().await;
    scene.world.kill_controller();
    for _ in 0..KILLS {
        let mut process = scene.world.launch_controller(&[]);
        tokio::time::sleep(LONGEST.mul_f64(chance.f64())).await;
        process.kill();
    }
    scene.world.restart_controller();
    scene.until_it_ends(end);
    scene.fault_ends();
    scene.expect_sound_history(end);
    scene.audit(Allowed::default()).await;
}
