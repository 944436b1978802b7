//! Two controllers that both believe they are the one.

use super::Scene;
use super::scene::{Allowed, HALF, ROLLOUT};
use crate::chat_model::Failing;
use crate::process::free_ports;
use crate::viridian::Viridian;

#[tokio::test(flavor = "multi_thread")]
async fn f15_a_second_controller_on_one_data_directory_is_told_who_has_it() {
    let mut scene = Scene::set(1, Failing::Never).await;
    scene.fault_begins().await;
    let world = &mut scene.world;
    let mut second = Viridian::launch_control(world.home.path(), &world.manifest, free_ports(), &[]);
    assert_eq!(second.until_it_ends().code(), Some(1));
    let holder = format!("process {}", world.controller.process().id());
    second.until_it_has_said(&holder);
    assert!(!second.has_said("listens on"), "it offered something to somebody");
    scene.begin(&HALF);
    scene.world.controller.until_phase(ROLLOUT, &["Held"]);
    scene.fault_ends();
    scene.audit(Allowed::default()).await;
}
