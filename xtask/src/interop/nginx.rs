//! NGINX, from the packages of the operating system.

use std::process::Command;

use anyhow::{Context, Result};

use super::Outcome;
use crate::{install, run, world};

const PROGRAM: &str = "nginx";

/// Installs NGINX where it is missing, and runs it before the gateway and behind it.
pub(super) fn run() -> Result<Outcome> {
    if !run::succeeds(Command::new(PROGRAM).arg("-v")) {
        install::packages(&["nginx"])?;
    }
    let result = world::run("nginx::before_and_behind_the_gateway", &[])?;
    Ok(Outcome {
        versions: version()?,
        what: "before the gateway and behind it: keep-alive, chunked and streamed bodies, HTTP/1.0, reloads under load",
        result,
    })
}

/// It says its version on its standard error: `nginx version: nginx/1.22.1`.
fn version() -> Result<String> {
    let output = Command::new(PROGRAM).arg("-v").output().context("ask NGINX for its version")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let version = said.trim().rsplit('/').next().unwrap_or_default();
    Ok(format!("nginx {version}"))
}
