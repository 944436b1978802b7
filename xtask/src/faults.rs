//! Tests of faults that take longer than CI has time for, or measure: on the release build.
//!
//! Entry point: [`faults`]. What each saw is printed; `docs/faults.md` keeps what a run came to.

use anyhow::Result;

use crate::{project, run, world};

/// The tests, by their full names.
const TESTS: [&str; 3] = [
    "faults::gateway_killed::f20_killed_under_load_a_gateway_serves_again_within_a_second",
    "faults::paused::f14_a_controller_that_was_paused_for_a_minute_does_nothing_that_is_out_of_date",
    "faults::storm::f52_fifty_gateways_that_start_at_once_are_served_in_turn",
];
/// Names the binary that a test is to run.
const BINARY: &str = "VIRIDIAN_BINARY";

/// Runs them one after the other, and fails with the first that does.
pub(crate) fn faults() -> Result<()> {
    run::run(run::cargo().args(["build", "--release", "--package", "viridian"]))?;
    let binary = project::target_directory()?.join("release/viridian");
    for test in TESTS {
        let seen = world::run(test, &[(BINARY, binary.as_os_str())])?;
        println!("{test}: {seen}");
    }
    Ok(())
}
