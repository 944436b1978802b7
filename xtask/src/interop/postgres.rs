//! PostgreSQL, from the packages of the operating system.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::Outcome;
use crate::{install, run, world};

const PROGRAM: &str = "psql";
/// Where Debian keeps the servers of each version.
const SERVERS: &str = "/usr/lib/postgresql";

/// Installs PostgreSQL where it is missing, and has it asked directly and during rollouts.
pub(super) fn run() -> Result<Outcome> {
    if !run::succeeds(Command::new(PROGRAM).arg("--version")) || fs::read_dir(SERVERS).is_err() {
        install::packages(&["postgresql"])?;
    }
    let result = world::run("postgres::asked_during_rollouts", &[])?;
    Ok(Outcome {
        versions: version()?,
        what: "every kind of answer a query may have, and a gauge asked of it during two rollouts",
        result,
    })
}

/// It says its version last: `psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn version() -> Result<String> {
    let said = run::output(Command::new(PROGRAM).arg("--version"))?;
    let version = said.split_whitespace().nth(2).unwrap_or_default();
    Ok(format!("postgresql {version}"))
}
