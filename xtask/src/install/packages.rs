//! Packages of the operating system, on machines where they may be installed without asking anybody.
//!
//! Entry point: [`install`]. Everywhere but as root on a Debian machine it only says which packages are missing.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

use anyhow::{Result, bail};

use crate::run;

const ROOT: u32 = 0;

/// Installs Debian packages, or fails with the command that would.
pub(crate) fn install(names: &[&str]) -> Result<()> {
    if !may_install() {
        bail!(
            "missing: run `apt-get install {}` as root, or install the same by other means",
            names.join(" ")
        );
    }
    run::run(Command::new("apt-get").arg("update"))?;
    let mut command = Command::new("apt-get");
    command.args(["install", "--yes", "--no-install-recommends"]).args(names);
    run::run(command.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// `/proc/self` belongs to the user that this process acts for.
fn may_install() -> bool {
    let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == ROOT);
    root && run::succeeds(Command::new("apt-get").arg("--version"))
}
