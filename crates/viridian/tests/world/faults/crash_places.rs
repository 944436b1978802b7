//! A process ends around a durable write or a publication, at each place where it could tear apart what belongs together.

use super::Scene;
use super::places::armed;
use super::scene::{Allowed, CALLERS, ENDS, HALF, ROLLOUT};
use crate::apart::APPLICATION;
use crate::chat_model::Failing;
use crate::manifests;
use crate::process::{PATIENCE, PAUSE};
use crate::seed;
use crate::viridian::Viridian;
use serde_json::Value;
use std::time::Instant;
use viridian_crash::{Place, Role};
use viridian_testkit::caller::{self, Answer, Caller};

/// Requests a gateway answers between two reports, with room for a slow one.
const UNREPORTED: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn f01_f02_a_controller_that_ends_at_any_place_goes_on_from_there() {
    let mut scene = Scene::set(2, Failing::Never).await;
    let mut chance = seed::chance();
    scene.fault_begins().await;
    let mut rollouts = 0;
    for (place, times) in visits(Role::Controller) {
        for _ in 0..times {
            let count = chance.u64(1..=u64::from(times));
            scene.world.kill_controller();
            let armed = armed(place, count);
            let process = scene.world.launch_controller(&[(armed.0, &armed.1)]);
            // Some come to the place before they listen.
            let listening = Viridian::if_it_listens(process);
            let mut has_ended = listening.is_none();
            scene.world.controller = listening.unwrap_or_else(|| scene.world.control_in(&[]));
            while !has_ended {
                rollouts += 1;
                assert!(rollouts < 100, "{place:?} was never come to {count} times");
                has_ended = there_and_back(&mut scene, &format!("parcels-{rollouts}")).await;
            }
        }
    }
    scene.fault_ends();
    scene.audit(Allowed::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_f03_a_gateway_that_ends_at_any_place_serves_what_it_may() {
    let mut scene = Scene::set(2, Failing::Never).await;
    scene.fault_begins().await;
    let mut allowed = Allowed::default();
    for (number, place) in Place::ALL.into_iter().filter(|place| place.role() == Role::Gateway).enumerate() {
        // By its fourth report it is known to serve.
        let armed = armed(place, if place == Place::Unforgotten { 4 } else { 1 });
        scene.world.gateways[1].end();
        let environment = [(armed.0, armed.1.as_str())];
        scene.world.gateways[1] = scene.world.gateway_in("gw-1", &environment).0;
        scene.world.until_all_serve(2).await;
        let name = format!("parcels-{number}");
        start(&scene, &name);
        order_back_after_a_while(&mut scene, &name).await;
        scene.world.gateways[1].until_it_ends();
        allowed.lost += CALLERS;
        allowed.uncounted += UNREPORTED;
        scene.world.gateways[1] = scene.world.gateway("gw-1").0;
        let end = scene.world.controller.until_phase(&name, &ENDS);
        assert_eq!(end["phase"], "RolledBack", "{place:?}: {end:#}");
    }
    scene.world.controller.process().until_it_has_said("said no farewell: what it counted in the last");
    scene.fault_ends();
    scene.audit(allowed).await;
}

/// Whoever gives an order and hears nothing gives it again: told twice, it would be promoted past two pauses.
#[tokio::test(flavor = "multi_thread")]
async fn f01_an_order_that_is_given_again_after_a_crash_is_followed_once() {
    let mut scene = Scene::set(1, Failing::Never).await;
    scene.fault_begins().await;
    scene.world.kill_controller();
    let armed = armed(Place::Ordered, 1);
    scene.world.controller = scene.world.control_in(&[(armed.0, &armed.1)]);
    scene.begin(&["weight: 10%", "pause: {}", "weight: 50%", "pause: {}"]);
    scene.world.controller.until_phase(ROLLOUT, &["Held"]);
    let unanswered = promote(&scene).await;
    assert!(unanswered.is_none(), "{unanswered:?}");
    scene.world.controller.process().until_it_ends();
    scene.world.restart_controller();
    let answer = promote(&scene).await.unwrap();
    assert_eq!((answer.status, answer.header("idempotency-replayed")), (202, "true"), "{}", answer.text());
    let history = scene.world.controller.ask(&["rollout", "history", ROLLOUT]);
    let entries = history["entries"].as_array().unwrap();
    let ordered = entries.iter().filter(|entry| entry["kind"] == "ordered").count();
    assert_eq!(ordered, 1, "{history:#}");
    scene.fault_ends();
    scene.audit(Allowed::default()).await;
}

/// Orders the rollout on, under a key. Nothing when there is no answer.
async fn promote(scene: &Scene) -> Option<Answer> {
    let admin = scene.world.controller.admin();
    let request = http::Request::post(format!("/api/v1/rollouts/{ROLLOUT}/promote"))
        .header("host", admin.to_string())
        .header("content-type", "application/json")
        .header("idempotency-key", "once")
        .body(bytes::Bytes::from_static(b"{}"))
        .unwrap();
    let response = Caller::try_connect(admin).await?.try_open(request).await?;
    Some(caller::read(response).await)
}

/// How often each place of a role is tried: those on the way of every write more often, each time at another write.
fn visits(role: Role) -> impl Iterator<Item = (Place, u32)> {
    let places = Place::ALL.into_iter().filter(move |place| place.role() == role);
    places.map(|place| match place {
        Place::BeforeCommit | Place::AfterCommit => (place, 6),
        Place::Published => (place, 2),
        _ => (place, 1),
    })
}

/// A rollout to the half, and back by order. Whether the controller ended on the way; then another one was started, and
/// brought the rollout to its end.
async fn there_and_back(scene: &mut Scene, name: &str) -> bool {
    let mut has_ended = false;
    start(scene, name);
    loop {
        match reached(scene, name, &["Held", "RolledBack"]) {
            Some(status) if status["phase"] == "RolledBack" => return has_ended,
            Some(_) => {
                // It may end before it answers, and then the order is given again.
                let _said = scene.world.controller.run(&["rollout", "rollback", name]);
            }
            None => {
                has_ended = true;
                scene.world.restart_controller();
                start(scene, name);
            }
        }
    }
}

/// Where a rollout stands when it has come so far; nothing when the controller ended before.
fn reached(scene: &mut Scene, name: &str, phases: &[&str]) -> Option<Value> {
    let begun = Instant::now();
    while !scene.world.controller.process().has_ended() {
        let status = scene.world.controller.try_status(name);
        if let Some(status) =
            status.filter(|status| phases.contains(&status["phase"].as_str().unwrap_or_default()))
        {
            return Some(status);
        }
        assert!(begun.elapsed() < PATIENCE, "{name} never came so far");
        std::thread::sleep(PAUSE);
    }
    None
}

/// Starts a rollout, unless it was started before.
fn start(scene: &Scene, name: &str) {
    let file = scene.world.home.path().join("rollout.yaml");
    std::fs::write(&file, manifests::rollout(name, APPLICATION, &HALF)).unwrap();
    let _said = scene.world.controller.run(&["rollout", "start", "--file", file.to_str().unwrap()]);
}

/// Orders a rollout back when it has come to the half, or when the gateway that was to end has done so.
async fn order_back_after_a_while(scene: &mut Scene, name: &str) {
    let begun = Instant::now();
    while scene.world.controller.status(name)["phase"] != "Held" && !scene.world.gateways[1].has_ended() {
        assert!(begun.elapsed() < PATIENCE, "{name} never came to the half");
        tokio::time::sleep(PAUSE).await;
    }
    assert_eq!(scene.world.controller.run(&["rollout", "rollback", name]).code, Some(0));
}
