//! The components of the Rust toolchain that `check` uses.
//!
//! Entry point: [`install`].

use std::process::Command;

use anyhow::{Result, bail};

use crate::run;

/// Name of the component, and the cargo command that it brings.
const COMPONENTS: [(&str, &str); 2] = [("rustfmt", "fmt"), ("clippy", "clippy")];

/// Adds the missing components through rustup, or fails with their names.
pub(crate) fn install() -> Result<()> {
    let present = |command: &str| run::succeeds(run::cargo().args([command, "--version"]));
    let missing: Vec<&str> =
        COMPONENTS.iter().filter(|(_, command)| !present(command)).map(|(component, _)| *component).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !run::succeeds(Command::new("rustup").arg("--version")) {
        bail!("missing: {} for this toolchain, and rustup to install it with", missing.join(" and "));
    }
    run::run(Command::new("rustup").args(["component", "add"]).args(missing))
}
