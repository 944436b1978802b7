//! Clocks that are wrong or are set while processes run. Entry point: [`Clock`].
//!
//! What a process takes for the time of day comes from a library between it and the system, `libfaketime`; the clock that
//! nobody can set goes on as it does.

use super::Scene;
use super::scene::{Allowed, CALLERS, ROLLOUT, STEPS};
use crate::chat_model::Failing;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where Debian puts the library.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];
const AHEAD: &str = "+3600";
const RIGHT: &str = "+0";
const BEHIND: &str = "-3600";
/// Callers of a gateway that is restarted to be given a clock may send on a connection that it is just closing.
const RESTARTED: usize = 2 * CALLERS;

/// A clock of a process, so many seconds off.
struct Clock {
    library: &'static str,
    file: PathBuf,
}

impl Clock {
    /// One that is off by so much, unless it cannot be had here.
    fn set(home: &Path, name: &str, off: &str) -> Option<Self> {
        let Some(library) = LIBRARIES.into_iter().find(|library| Path::new(library).exists()) else {
            // Past the capture of the test runner, which hides what passing tests print.
            let mut stderr = std::io::stderr();
            writeln!(stderr, "SKIPPED: wrong clocks, because libfaketime is not installed").unwrap();
            return None;
        };
        let clock = Self { library, file: home.join(format!("clock-{name}")) };
        clock.turn(off);
        Some(clock)
    }

    /// Sets it while the process runs.
    fn turn(&self, off: &str) {
        // In one move: the process must never read half of it.
        let unfinished = self.file.with_extension("new");
        std::fs::write(&unfinished, off).unwrap();
        std::fs::rename(unfinished, &self.file).unwrap();
    }

    fn environment(&self) -> [(&str, &str); 4] {
        [
            ("LD_PRELOAD", self.library),
            ("FAKETIME_TIMESTAMP_FILE", self.file.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f13_gateways_with_wrong_clocks_are_counted_like_others() {
    let mut scene = Scene::set(2, Failing::Never).await;
    scene.fault_begins().await;
    for (number, off) in [AHEAD, BEHIND].into_iter().enumerate() {
        let name = format!("gw-{number}");
        let Some(clock) = Clock::set(scene.world.home.path(), &name, off) else { return };
        scene.world.gateways[number].end();
        scene.world.gateways[number] = scene.world.gateway_in(&name, &clock.environment()).0;
    }
    scene.world.until_all_serve(2).await;
    scene.begin(&STEPS);
    scene.until_it_ends("Promoted");
    scene.fault_ends();
    scene.expect_sound_history("Promoted");
    scene.audit(Allowed { lost: RESTARTED, ..Allowed::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f12_clocks_that_are_set_by_an_hour_move_no_step_and_lose_no_count() {
    let mut scene = Scene::set(2, Failing::Never).await;
    let home = scene.world.home.path().to_owned();
    let Some(controllers) = Clock::set(&home, "controller", RIGHT) else { return };
    let Some(gateways) = Clock::set(&home, "gateway", RIGHT) else { return };
    scene.fault_begins().await;
    scene.world.kill_controller();
    scene.world.controller = scene.world.control_in(&controllers.environment());
    scene.world.gateways[1].end();
    scene.world.gateways[1] = scene.world.gateway_in("gw-1", &gateways.environment()).0;
    scene.world.until_all_serve(2).await;
    scene.begin(&STEPS);
    for off in [AHEAD, BEHIND, RIGHT] {
        controllers.turn(off);
        gateways.turn(off);
        scene.some_more().await;
    }
    let end = scene.until_it_ends("Promoted");
    scene.fault_ends();
    scene.expect_sound_history("Promoted");
    let [began, ended] = ["startedAt", "endedAt"]
        .map(|field| end[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap());
    assert!(ended > began && ended.duration_since(began).as_secs() < 1_800, "{began} to {ended}");
    scene.audit(Allowed { lost: RESTARTED, ..Allowed::default() }).await;
}

/// Between two lives of a controller only the time of day says how much time has passed.
#[tokio::test(flavor = "multi_thread")]
async fn f12_a_controller_whose_clock_was_put_back_while_it_was_down_goes_on() {
    let mut scene = Scene::set(2, Failing::Never).await;
    let Some(clock) = Clock::set(scene.world.home.path(), "controller", BEHIND) else { return };
    scene.begin(&STEPS);
    scene.world.controller.until_phase(ROLLOUT, &["Baking"]);
    scene.fault_begins().await;
    scene.world.kill_controller();
    scene.world.controller = scene.world.control_in(&clock.environment());
    scene.until_it_ends("Promoted");
    scene.fault_ends();
    scene.expect_sound_history("Promoted");
    scene.audit(Allowed::default()).await;
}
