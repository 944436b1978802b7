//! Plays fleets in which something goes wrong, as many as one likes. The tests play two thousand of them.
//!
//! Entry point: [`simulate`]. The fleets are in `crates/simulation`; what comes of a long run is written down in
//! `docs/simulation.md`.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{project, run};

/// What a run that died by a signal, and so has no exit code, is answered with.
const KILLED: u8 = 1;

/// Builds the simulation for release and passes the arguments and its exit code on.
pub(crate) fn simulate(args: &[OsString]) -> Result<ExitCode> {
    run::run(run::cargo().args(["build", "--release", "--package", "viridian-simulation"]))?;
    let binary = project::target_directory()?.join("release/viridian-simulation");
    let status = run::status(Command::new(binary).args(args))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(KILLED);
    Ok(ExitCode::from(code))
}
