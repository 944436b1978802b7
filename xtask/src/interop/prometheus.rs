//! Prometheus, from the packages of the operating system.

use std::process::Command;

use anyhow::Result;

use super::Outcome;
use crate::{install, run, world};

const PROGRAM: &str = "prometheus";

/// Installs Prometheus where it is missing, has it asked during rollouts and read from Viridian.
pub(super) fn run() -> Result<Outcome> {
    if !run::succeeds(Command::new(PROGRAM).arg("--version")) {
        install::packages(&["prometheus"])?;
    }
    let result = world::run("prometheus::asked_during_rollouts_and_reading", &[])?;
    Ok(Outcome {
        versions: version()?,
        what: "a gauge asked of it during two rollouts, and Viridian's own /metrics read by it",
        result,
    })
}

/// It says its version first: `prometheus, version 2.42.0+ds (branch: …`.
fn version() -> Result<String> {
    let said = run::output(Command::new(PROGRAM).arg("--version"))?;
    let version = said.split_whitespace().nth(2).unwrap_or_default();
    Ok(format!("prometheus {version}"))
}
