//! Properties with many more cases than CI draws, and every time others: for a night, and after a change of what they hold.
//!
//! Entry point: [`properties`]. What fails is drawn again by the seed that is printed with it, kept beside its test.

use anyhow::Result;

use crate::run;

/// The rooms whose properties need nothing but themselves; elsewhere a case takes a server or a disk.
const ROOMS: [&str; 4] = ["viridian-core", "viridian-wire", "viridian-gateway", "viridian-controller"];
/// Sets how many cases of a property are drawn.
const CASES: &str = "PROPTEST_CASES";

/// Runs the tests of these rooms with so many cases of each property, on the release build.
pub(crate) fn properties(cases: u32) -> Result<()> {
    let mut command = run::cargo();
    command.args(["test", "--release", "--no-fail-fast", "--lib", "--tests"]).env(CASES, cases.to_string());
    ROOMS.iter().for_each(|room| {
        command.args(["--package", room]);
    });
    run::run(&mut command)
}
