//! Fifty gateways that start at once while their controller is down, and a controller that comes back to all of them.

use crate::apart::{APPLICATION, Apart, launch_behind};
use crate::chat_model::Failing;
use crate::load::STEADY;
use crate::process::Process;
use crate::result;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use viridian_testkit::caller::{self, Caller};
use viridian_testkit::line::Line;

const GATEWAYS: usize = 50;
/// How often a gateway may try to reach its controller while that is away, on the average: waits double to five seconds.
const ATTEMPTS: usize = 20;
/// How long they are left alone.
const AWAY: Duration = Duration::from_secs(6);
/// The processor time a controller may take for a gateway that comes with everything it needs, in seconds.
const EACH: f64 = 0.1;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts fifty processes twice: `cargo xtask faults` runs it"]
async fn f52_fifty_gateways_that_start_at_once_are_served_in_turn() {
    let mut world = Apart::start(0, Failing::Never, STEADY).await;
    let line = Line::to(SocketAddr::from(([127, 0, 0, 1], world.internal))).await;
    let mut fleet = launch(&world, &line);
    listening(&mut fleet);
    world.until_these_serve(&names()).await;
    world.kill_controller();
    fleet.iter_mut().for_each(Process::kill);

    let mut fleet = launch(&world, &line);
    let addresses = listening(&mut fleet);
    for address in addresses {
        let question =
            caller::post("/v1/chat/completions", format!("{{\"model\":\"{APPLICATION}\",\"messages\":[]}}"));
        let answer = Caller::connect(address).await.send(question).await;
        assert_eq!(answer.status, 200, "from its disk: {}", answer.text());
    }
    let begun = Instant::now();
    let opened = line.opened().len();
    tokio::time::sleep(AWAY).await;
    let attempts = line.opened().len() - opened;
    let per_second = attempts as f64 / begun.elapsed().as_secs_f64();
    assert!(attempts <= GATEWAYS * ATTEMPTS, "{attempts} attempts in {:?}", begun.elapsed());

    world.restart_controller();
    world.until_these_serve(&names()).await;
    let used = world.controller.cost().cpu_seconds;
    assert!(used <= EACH * GATEWAYS as f64, "{used} s of processor time");
    result::tell(&format!(
        "{GATEWAYS} gateways: {per_second:.0} attempts a second while the controller was away, {} ms of its processor \
         time until all were served",
        (used * 1_000.0).round()
    ));
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = (0..GATEWAYS).map(|number| format!("edge-{number}")).collect();
    names.sort();
    names
}

fn launch(world: &Apart, line: &Line) -> Vec<Process> {
    names().iter().map(|name| launch_behind(world.home.path(), name, line)).collect()
}

fn listening(fleet: &mut [Process]) -> Vec<SocketAddr> {
    let address = |line: &str| crate::viridian::address(line, "gateway");
    fleet.iter_mut().map(|gateway| gateway.until_it_says("where it listens", address)).collect()
}
