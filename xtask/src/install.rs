//! Puts in place what the tests need beyond cargo itself: toolchain components and a Python environment.
//!
//! Entry points: [`install`], and for those who need only one thing [`python()`] and [`packages()`]. What may not be
//! installed from here is named exactly, all of it at once, with the command that would install it.

mod clock;
mod packages;
mod python;
mod toolchain;

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};

use crate::project;

/// Installs what is missing and returns the Python interpreter that the tests are to use.
pub(crate) fn install() -> Result<PathBuf> {
    clock::install();
    let toolchain = toolchain::install();
    let python = python();
    match (toolchain, python) {
        (Err(toolchain), Err(python)) => Err(anyhow!("{toolchain:#}\n{python:#}")),
        (toolchain, python) => toolchain.and(python),
    }
    .context("the tests need more than is installed")
}

/// Makes the Python environment of the tests unless it is there, and returns its interpreter.
pub(crate) fn python() -> Result<PathBuf> {
    python::install(&project::target_directory()?.join("venv"))
}

/// Installs packages of the operating system.
pub(crate) fn packages(names: &[&str]) -> Result<()> {
    packages::install(names)
}
