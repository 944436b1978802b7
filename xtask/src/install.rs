//! Puts in place what the tests need beyond cargo itself: toolchain components and a Python environment.
//!
//! Entry point: [`install`]. What may not be installed from here is named exactly, all of it at once, with the command
//! that would install it.

mod packages;
mod python;
mod toolchain;

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};

use crate::project;

/// Installs what is missing and returns the Python interpreter that the tests are to use.
pub(crate) fn install() -> Result<PathBuf> {
    let target = project::target_directory()?;
    let toolchain = toolchain::install();
    let python = python::install(&target.join("venv"));
    match (toolchain, python) {
        (Err(toolchain), Err(python)) => Err(anyhow!("{toolchain:#}\n{python:#}")),
        (toolchain, python) => toolchain.and(python),
    }
    .context("the tests need more than is installed")
}
