//! Builds the binary and runs its demo: the main job of the product on one machine.
//!
//! Entry point: [`demo`]. The demo itself is the verb `demo` of the binary; the tests of that crate play it, too.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{project, run};

/// What a demo that died by a signal, and so has no exit code, is answered with.
const KILLED: u8 = 1;

/// Runs the demo of the release build in the caller's directory and passes on its exit code.
pub(crate) fn demo(args: &[OsString]) -> Result<ExitCode> {
    run::run(run::cargo().args(["build", "--release", "--package", "viridian"]))?;
    let binary = project::target_directory()?.join("release/viridian");
    let status = run::status(Command::new(binary).arg("demo").args(args))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(KILLED);
    Ok(ExitCode::from(code))
}
