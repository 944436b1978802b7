//! A controller and gateways in processes of their own.

use crate::apart::{APPLICATION, Apart, gateway};
use crate::chat_model::Failing;
use crate::load::{Load, STEADY};
use crate::manifests;
use crate::process::Process;
use crate::viridian::{Viridian, command, serve};
use std::time::Instant;

const ROLLOUT: &str = "parcels-v2";
const ENDS: [&str; 4] = ["Promoted", "RolledBack", "Aborted", "Superseded"];
const STEPS: [&str; 3] =
    ["weight: 20%", "analysis: {minSamples: 100}", "bake: {for: 2s, holdback: 10%, minSamples: 50}"];
/// Requests enough to show that something goes on.
const SOME: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_candidate_is_rolled_back_on_every_gateway() {
    let mut world = two_gateways(Failing::OneIn(10)).await;
    begin(&world);
    let end = world.controller.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "RolledBack", "{end:#}");
    let ended_at = Instant::now();
    for load in &world.loads {
        load.until_more("baseline", SOME).await;
        assert!(load.count("candidate") > 0, "both gateways sent the candidate requests");
        let late =
            load.served().into_iter().find(|served| served.sent_at > ended_at && served.arm == "candidate");
        assert!(late.is_none(), "served by the candidate after the rollback was over: {late:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_candidate_is_promoted_and_every_request_is_counted() {
    let mut world = two_gateways(Failing::Never).await;
    begin(&world);
    let end = world.controller.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "Promoted", "{end:#}");
    // What was judged is what callers of both gateways saw, and nothing was counted twice.
    let judged = end["report"]["analysis"]["candidateOutcomes"].as_u64().unwrap();
    let served: usize = world.loads.iter().map(|load| load.count("candidate")).sum();
    let by_one = world.loads.iter().map(|load| load.count("candidate")).max().unwrap();
    let [served, by_one] = [served, by_one].map(|count| u64::try_from(count).unwrap());
    assert!(judged > by_one && judged <= served, "{judged} judged, {served} served, {by_one} by one gateway");
}

#[tokio::test(flavor = "multi_thread")]
async fn gateways_serve_while_the_controller_is_gone_and_bring_it_what_it_missed() {
    let mut world = two_gateways(Failing::OneIn(10)).await;
    begin(&world);
    world.loads[0].until_more("candidate", 5).await;
    world.controller.kill();
    let (served, lost) = (world.served(), world.lost());
    for load in &world.loads {
        load.until_more("baseline", SOME).await;
    }
    assert!(world.served() > served);
    assert_eq!(world.lost(), lost, "nobody notices that the controller is gone");
    world.controller = Viridian::control(world.home.path(), &world.manifest, world.internal);
    let end = world.controller.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "RolledBack", "{end:#}");
    assert_eq!(world.lost(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_gateway_holds_the_rollout_until_it_is_back() {
    let mut world = two_gateways(Failing::Never).await;
    world.gateways[1].kill();
    begin(&world);
    let held = world
        .controller
        .until(ROLLOUT, |status| status["waitsFor"].as_str().is_some_and(|text| text.contains("gateway")));
    assert_ne!(held["phase"], "Promoted");
    world.gateways[1] = world.gateway("gw-1").0;
    let end = world.controller.until_phase(ROLLOUT, &ENDS);
    assert_eq!(end["phase"], "Promoted", "{end:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_killed_serves_again_with_the_controller_gone() {
    let mut world = two_gateways(Failing::Never).await;
    world.controller.kill();
    world.gateways[1].kill();
    let (_again, address) = world.gateway("gw-1");
    let load = Load::start(address, APPLICATION, STEADY);
    load.until_more("baseline", SOME).await;
    let refused = load.served().into_iter().find(|served| served.status != 200);
    assert!(refused.is_none() && load.lost() == 0, "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_pins_a_gateway_with_the_controller_gone() {
    let mut world = two_gateways(Failing::Never).await;
    begin(&world);
    world.loads[0].until_more("candidate", 5).await;
    world.controller.kill();
    let socket = world.gateways[0].until_it_says("where an operator reaches it", |line| {
        Some(line.split_once("--socket ")?.1.trim().to_owned())
    });
    let said = command(&["gateway", "pin-baseline", APPLICATION, "--socket", &socket]);
    assert_eq!(said.code, Some(0));
    let pinned_at = Instant::now();
    world.loads[0].until_more("baseline", SOME).await;
    let late = world.loads[0]
        .served()
        .into_iter()
        .find(|served| served.sent_at > pinned_at && served.arm == "candidate");
    assert!(late.is_none(), "served by the candidate after the pin: {late:?}");
    world.loads[1].until_more("candidate", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_know_the_token_is_told_so() {
    let world = two_gateways(Failing::Never).await;
    let mut command = serve("gateway");
    command.env("VIRIDIAN_INTERNAL_TOKEN", "something else");
    command.arg("--data-dir").arg(world.home.path().join("stranger"));
    command.args(["--node", "gw-9", "--listen", "127.0.0.1:0", "--controller"]);
    command.arg(format!("http://127.0.0.1:{}", world.internal));
    let mut stranger = Process::start(&mut command);
    let told = stranger.until_it_says("that the token is wrong", |line| {
        line.contains("token is missing or wrong").then(|| line.to_owned())
    });
    assert!(told.contains("401"), "{told}");
    assert_eq!(world.names().await, ["gw-0", "gw-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_cannot_have_one_name() {
    let world = two_gateways(Failing::Never).await;
    let (_second, _) = gateway(&world.home.path().join("second"), "gw-0", world.internal);
    let mut first = world.gateways.into_iter().next().unwrap();
    first.until_it_says("that its name is taken", |line| {
        line.contains("another gateway process has taken the name").then_some(())
    });
}

async fn two_gateways(failing: Failing) -> Apart {
    Apart::start(2, failing, STEADY).await
}

fn begin(world: &Apart) {
    world.controller.start_rollout(world.home.path(), &manifests::rollout(ROLLOUT, APPLICATION, &STEPS));
}
