//! Two controllers that both believe they are the one.

use super::Scene;
use super::scene::{Allowed, HALF, ROLLOUT};
use crate::chat_model::Failing;
use crate::process::free_ports;
use crate::viridian::Viridian;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;
use tempfile::TempDir;
use viridian_testkit::line::Line;

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

/// A controller stands still, another one takes its place with all it knew, and the first one goes on. No lock is between
/// them: the second one has a copy of the database, as after a restore.
#[tokio::test(flavor = "multi_thread")]
async fn f14_f15_a_controller_whose_place_was_taken_is_followed_by_nobody() {
    let mut scene = Scene::set(2, Failing::Never).await;
    scene.begin(&HALF);
    scene.world.controller.until_phase(ROLLOUT, &["Held"]);
    scene.fault_begins().await;
    scene.world.controller.process().signal("STOP");
    let elsewhere = TempDir::new().unwrap();
    copy(&scene.world.home.path().join("data"), &elsewhere.path().join("data"));
    let [internal] = free_ports();
    let mut second = Viridian::control(elsewhere.path(), &scene.world.manifest, internal);
    lead(&scene, internal);
    assert_eq!(second.run(&["rollout", "rollback", ROLLOUT]).code, Some(0));
    second.until_phase(ROLLOUT, &["RolledBack"]);
    let withdrawn = Instant::now();
    // The first one still believes in the half, and gateways are led to it.
    scene.world.controller.process().signal("CONT");
    lead(&scene, scene.world.internal);
    scene.some_more().await;
    for gateway in &mut scene.world.gateways {
        gateway.until_it_has_said("it is not followed");
    }
    lead(&scene, internal);
    scene.some_more().await;
    scene.fault_ends();
    scene.withdrawn_at(withdrawn);
    scene.world.controller.kill();
    scene.world.controller = second;
    scene.world.elsewhere = Some(elsewhere);
    scene.audit_unwatched(Allowed::default()).await;
}

/// Everything but the lock, which is of the process and not of what is stored.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_name().to_string_lossy().ends_with(".lock") {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Leads all gateways to another controller.
fn lead(scene: &Scene, internal: u16) {
    for line in &scene.world.lines {
        line.lead_to(SocketAddr::from(([127, 0, 0, 1], internal)));
    }
    scene.world.lines.iter().for_each(Line::reset);
}
