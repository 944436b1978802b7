//! Lines between controller and gateways fall silent.

use super::Scene;
use super::scene::{Allowed, HALF, ROLLOUT, STEPS};
use crate::chat_model::Failing;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use viridian_testkit::line::{BOTH, Line, Way};

/// Longer than a gateway waits for a sign of life and for an answer, and than the controller takes it for live.
const LONG: Duration = Duration::from_secs(17);

#[tokio::test(flavor = "multi_thread")]
async fn f16_cut_off_from_all_gateways_the_rollout_waits_and_callers_notice_nothing() {
    let mut scene = Scene::set(2, Failing::Never).await;
    scene.begin(&STEPS);
    scene.world.controller.until(ROLLOUT, |status| status["weight"] == 10.0);
    scene.fault_begins().await;
    let weight = scene.world.controller.status(ROLLOUT)["weight"].clone();
    scene.world.lines.iter().for_each(|line| silence(line, &BOTH));
    // Twice what the step asks for, of which the controller hears nothing.
    for load in &scene.world.loads {
        load.until_more("candidate", 100).await;
    }
    assert_eq!(scene.world.controller.status(ROLLOUT)["weight"], weight, "no step on what was not heard");
    scene.world.lines.iter().for_each(Line::heal);
    scene.fault_ends();
    scene.until_it_ends("Promoted");
    scene.expect_sound_history("Promoted");
    scene.audit(Allowed::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f17_cut_off_from_one_of_three_a_rollback_reaches_the_others_and_then_it() {
    let mut scene = Scene::set(3, Failing::Never).await;
    scene.begin(&HALF);
    scene.world.controller.until_phase(ROLLOUT, &["Held"]);
    scene.fault_begins().await;
    silence(&scene.world.lines[2], &BOTH);
    tokio::time::sleep(LONG).await;
    order_back(&scene);
    // Who is reached is back; who is not goes on as it was told last, and the rollback is not over.
    let ordered_at = Instant::now();
    for load in &scene.world.loads[..2] {
        load.until_none_of("candidate").await;
    }
    scene.world.loads[2].until_more("candidate", 50).await;
    let status = scene.world.controller.status(ROLLOUT);
    assert_eq!(status["phase"], "RollingBack", "{status:#}");
    assert!(
        scene.world.loads[2]
            .served()
            .iter()
            .any(|served| { served.release == "v2" && served.sent_at > ordered_at })
    );
    scene.world.lines[2].heal();
    scene.fault_ends();
    scene.until_it_ends("RolledBack");
    scene.audit(Allowed::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f16_when_gateways_are_not_heard_a_rollback_reaches_them_and_waits_for_their_word() {
    let scene = at_the_half().await;
    scene.world.lines.iter().for_each(|line| silence(line, &[Way::There]));
    order_back(&scene);
    for load in &scene.world.loads {
        load.until_none_of("candidate").await;
    }
    let status = scene.world.controller.status(ROLLOUT);
    assert_eq!(status["phase"], "RollingBack", "{status:#}");
    healed_and_rolled_back(scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f16_when_gateways_hear_nothing_a_rollback_waits_for_them() {
    let scene = at_the_half().await;
    scene.world.lines.iter().for_each(|line| silence(line, &[Way::Back]));
    order_back(&scene);
    for load in &scene.world.loads {
        load.until_more("candidate", 50).await;
    }
    let status = scene.world.controller.status(ROLLOUT);
    assert_eq!(status["phase"], "RollingBack", "{status:#}");
    healed_and_rolled_back(scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f16_a_question_that_arrives_late_takes_no_gateway_from_its_controller() {
    let mut scene = at_the_half().await;
    // What a gateway says when it comes, head and body, as it went by.
    let hello = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&hello);
    let mut is_hello = false;
    scene.world.lines[0].tamper(Way::There, move |piece| {
        let begins = piece.starts_with(b"POST /internal/v1/tables ");
        if begins || is_hello {
            is_hello = begins;
            keep.lock().unwrap().extend_from_slice(&piece);
        }
        vec![piece]
    });
    scene.world.lines[0].reset();
    scene.world.until_all_serve(2).await;
    scene.some_more().await;
    let late = hello.lock().unwrap().clone();
    assert!(!late.is_empty(), "INVALID: the gateway did not come again");
    let mut network = TcpStream::connect(("127.0.0.1", scene.world.internal)).await.unwrap();
    network.write_all(&late).await.unwrap();
    let mut answered = [0; 1];
    network.read_exact(&mut answered).await.unwrap();
    drop(network);
    order_back(&scene);
    scene.fault_ends();
    scene.until_it_ends("RolledBack");
    let taken = "another gateway process has taken the name";
    assert!(!scene.world.gateways[0].has_said(taken), "it was taken for another");
    scene.audit(Allowed::default()).await;
}

async fn at_the_half() -> Scene {
    let mut scene = Scene::set(2, Failing::Never).await;
    scene.begin(&HALF);
    scene.world.controller.until_phase(ROLLOUT, &["Held"]);
    scene.fault_begins().await;
    scene
}

async fn healed_and_rolled_back(mut scene: Scene) {
    scene.world.lines.iter().for_each(Line::heal);
    scene.fault_ends();
    scene.until_it_ends("RolledBack");
    scene.audit(Allowed::default()).await;
}

fn silence(line: &Line, ways: &[Way]) {
    ways.iter().for_each(|way| line.silence(*way));
}

fn order_back(scene: &Scene) {
    assert_eq!(scene.world.controller.run(&["rollout", "rollback", ROLLOUT]).code, Some(0));
}
