//! The controller is stopped, as a machine does that is migrated, and goes on later without knowing it.

use super::Scene;
use super::scene::{Allowed, ROLLOUT};
use crate::apart::APPLICATION;
use crate::chat_model::Failing;
use crate::result;
use crate::viridian::command;
use std::time::{Duration, Instant};
use viridian_testkit::line::{BOTH, Line};

/// Longer than gateways count as live, than they wait for an answer, and than the plan waits at its step.
const PAUSE: Duration = Duration::from_secs(17);
/// As long as a machine may be away.
const LONG_PAUSE: Duration = Duration::from_secs(60);
/// How long it is watched before gateways can be heard again.
const A_WHILE: Duration = Duration::from_secs(3);
/// A plan whose next step is due in the middle of the pause.
const STEPS: [&str; 4] =
    ["weight: 10%", "pause: {for: 5s}", "weight: 50%", "bake: {for: 2s, holdback: 10%, minSamples: 50}"];

#[tokio::test(flavor = "multi_thread")]
async fn f14_a_controller_that_was_paused_does_nothing_that_is_out_of_date() {
    paused_for(PAUSE).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes more than a minute: `cargo xtask faults` runs it"]
async fn f14_a_controller_that_was_paused_for_a_minute_does_nothing_that_is_out_of_date() {
    paused_for(LONG_PAUSE).await;
    result::tell(
        "paused for 60 s, no step before every gateway was heard again, no request lost or uncounted",
    );
}

async fn paused_for(pause: Duration) {
    let mut scene = Scene::set(2, Failing::Never).await;
    scene.begin(&STEPS);
    scene.world.controller.until(ROLLOUT, |status| status["weight"] == 10.0);
    scene.fault_begins().await;
    scene.world.controller.process().signal("STOP");
    let begun = Instant::now();
    // Meanwhile an operator sends the application to its baseline on one gateway, on its machine.
    let socket = scene.world.home.path().join("gateways/gateway-gw-0/gateway.sock");
    let socket = socket.to_str().unwrap();
    assert_eq!(command(&["gateway", "pin-baseline", APPLICATION, "--socket", socket]).code, Some(0));
    let pinned_at = Instant::now();
    while begun.elapsed() < pause {
        scene.some_more().await;
    }
    // It goes on where nobody can be heard yet but by what they said long ago.
    for line in &scene.world.lines {
        BOTH.into_iter().for_each(|way| line.silence(way));
    }
    scene.world.controller.process().signal("CONT");
    let begun = Instant::now();
    while begun.elapsed() < A_WHILE {
        let status = scene.world.controller.status(ROLLOUT);
        assert_eq!(status["weight"], 10.0, "a step on what gateways said before the pause: {status:#}");
    }
    scene.world.lines.iter().for_each(Line::heal);
    scene.until_it_ends("Promoted");
    let served = scene.world.loads[0].served();
    let late = served.iter().find(|served| served.sent_at > pinned_at && served.arm == "candidate");
    assert!(late.is_none(), "served by the candidate where an operator had pinned the baseline: {late:?}");
    scene.fault_ends();
    scene.audit(Allowed::default()).await;
}
