//! Builds the binary and runs its demo: the main job of the product on one machine.
//!
//! Entry points: [`demo`] for people, with the release build and their terminal, and [`unattended`] for `cargo xtask
//! test`. The demo itself is the verb `demo` of the binary.

use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};

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

/// Runs the demo of the dev build with no terminal to draw on and nobody to answer, and fails when it fails.
#[expect(dead_code, reason = "joins the steps of `test` on the day the binary has its verb `demo`")]
pub(crate) fn unattended() -> Result<()> {
    run::run(run::cargo().args(["build", "--package", "viridian"]))?;
    let binary = project::target_directory()?.join("debug/viridian");
    eprintln!("$ viridian demo");
    let mut command = Command::new(binary);
    command.arg("demo").stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().context("start the demo")?;
    if let Some(mut story) = child.stdout.take() {
        io::copy(&mut story, &mut io::stdout()).context("pass on what the demo prints")?;
    }
    let status = child.wait().context("wait for the demo")?;
    ensure!(status.success(), "the demo ended with {status}");
    Ok(())
}
