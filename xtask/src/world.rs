//! Runs one test of the product as people run it, for those who want to know what it saw. Entry point: [`run()`].
//!
//! The tests are in `crates/viridian/tests/world`; those that take long, measure, or need what not every machine has
//! are ignored there and run from here.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{project, run};

/// Where the test writes what it saw.
const RESULT: &str = "VIRIDIAN_RESULT";
/// The longest a test may take, in seconds. Building it comes before and is not counted.
const LONGEST: &str = "600";
/// The tests of the product as people run it.
const TESTS: [&str; 5] = ["test", "--package", "viridian", "--test", "world"];

/// Runs a test by its full name, ignored or not, with these variables, and returns what it saw. Nothing is printed on
/// the standard output.
pub(crate) fn run(test: &str, variables: &[(&str, &OsStr)]) -> Result<String> {
    run::run(run::cargo().args(TESTS).arg("--no-run"))?;
    let result = project::target_directory()?.join("tmp/result.txt");
    if result.exists() {
        fs::remove_file(&result).context("remove the result of an earlier run")?;
    }
    // It ends the whole group of processes, and so the servers that the test started.
    let mut command = Command::new("timeout");
    command.arg(LONGEST).arg(run::cargo().get_program()).args(TESTS).current_dir(project::root());
    command.args(["--", "--include-ignored", "--exact", test]).stdout(std::io::stderr());
    run::run(command.env(RESULT, &result).envs(variables.iter().copied()))?;
    let seen = fs::read_to_string(&result).with_context(|| format!("read what {test} saw"))?;
    Ok(seen.trim().to_owned())
}
