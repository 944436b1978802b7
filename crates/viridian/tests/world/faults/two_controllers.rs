//! Two controllers that both believe they are the one.

use super::Scene;
use super::scene::{Allowed, HALF, ROLLOUT};
use crate::chat_model::Failing;
use crate::process::free_ports;
use crate::viridian::{TOKEN, Viridian};
use bytes::Bytes;
use http::Request;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;
use tempfile::TempDir;
use viridian_testkit::caller::Caller;
use viridian_testkit::line::Line;
use viridian_wire::door::{REPORTS, TERM};

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
    expect_over(scene.world.internal).await;
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

/// Somebody took the lock away, and another controller was started on the same database. The first one learns of it by what
/// it cannot write, says so and ends; what it was ordered meanwhile was not done.
#[tokio::test(flavor = "multi_thread")]
async fn f15_a_controller_that_was_replaced_on_its_database_ends_and_is_followed_by_nobody() {
    let mut scene = Scene::set(2, Failing::Never).await;
    scene.begin(&HALF);
    scene.world.controller.until_phase(ROLLOUT, &["Held"]);
    scene.fault_begins().await;
    std::fs::remove_file(scene.world.home.path().join("data/viridian.lock")).unwrap();
    let [internal] = free_ports();
    let second = Viridian::control(scene.world.home.path(), &scene.world.manifest, internal);
    let mut first = std::mem::replace(&mut scene.world.controller, second);
    assert_ne!(first.run(&["rollout", "resume", ROLLOUT]).code, Some(0), "nobody is told that this was done");
    assert_eq!(first.process().until_it_ends().code(), Some(1));
    for words in ["another controller acts: this one resigns", "acts on this database: this one ends"] {
        first.process().until_it_has_said(words);
    }
    lead(&scene, internal);
    scene.world.until_all_serve(2).await;
    let status = scene.world.controller.ask(&["rollout", "status", ROLLOUT]);
    assert_eq!((&status["phase"], &status["weight"]), (&"Held".into(), &50.0.into()), "{status:#}");
    assert_eq!(scene.world.controller.run(&["rollout", "rollback", ROLLOUT]).code, Some(0));
    scene.until_it_ends("RolledBack");
    scene.some_more().await;
    scene.fault_ends();
    scene.audit(Allowed::default()).await;
}

/// Who has heard of a later term is told that this one is over.
async fn expect_over(internal: u16) {
    let request = Request::post(REPORTS).header("authorization", format!("Bearer {TOKEN}"));
    let request = request.header(TERM, "99").body(Bytes::from("{}")).unwrap();
    let mut caller = Caller::connect(SocketAddr::from(([127, 0, 0, 1], internal))).await;
    let answer = caller.send(request).await;
    assert_eq!(answer.status, 410, "{}", answer.text());
    assert!(answer.text().contains("one of term 99 is known"), "{}", answer.text());
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
