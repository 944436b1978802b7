//! Everything that CI runs, in the order in which it does: installation, check, documentation examples, tests.
//!
//! Entry point: [`test()`]. The tests come last so that the output ends with the summary of their runner; a failure
//! before them does not keep them from running, and is told again at the very end.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::{check, install, run};

/// Where the tests find a Python that has `requirements.txt` installed.
const PYTHON: &str = "VIRIDIAN_PYTHON";
/// What properties draw their cases from. Here the same at every run, so that a change is judged by the cases that the one before
/// it was, and what fails fails again; `cargo xtask properties` draws others.
const SEED: (&str, &str) = ("PROPTEST_RNG_SEED", "1");

/// A name for the summary and what to do.
type Step = (&'static str, fn() -> Result<()>);

/// What runs before the tests.
const BEFORE_THE_TESTS: [Step; 2] = [("check", check::check), ("documentation examples", examples)];

/// Installs, checks and tests; fails when any of it fails.
pub(crate) fn test() -> Result<()> {
    let python = install::install()?;
    let mut failed = Vec::new();
    for (name, step) in BEFORE_THE_TESTS {
        if let Err(error) = step() {
            eprintln!("error: {error:#}");
            failed.push(name);
        }
    }
    if let Err(error) = tests(&python) {
        eprintln!("error: {error:#}");
        failed.push("tests");
    }
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

fn examples() -> Result<()> {
    run::run(run::cargo().args(["test", "--workspace", "--doc"]))
}

/// With nextest where it is installed: it runs the tests of all crates at the same time and sums them up once.
fn tests(python: &Path) -> Result<()> {
    let mut command = run::cargo();
    if run::succeeds(run::cargo().args(["nextest", "--version"])) {
        command.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        command.args(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
    }
    run::run(command.env(PYTHON, python).env(SEED.0, SEED.1))
}
