//! The Python environment of the tests, for the peers that live in it. Entry point: [`environment`].

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{install, run};

/// The variable by which the tests find it.
pub(super) const VARIABLE: &str = "VIRIDIAN_PYTHON";
/// Prints the version of each package it is given.
const VERSIONS: &str =
    "import sys, importlib.metadata as m; print(*(f'{p} {m.version(p)}' for p in sys.argv[1:]), sep=', ')";

/// The environment, made when it is missing.
pub(super) fn environment() -> Result<PathBuf> {
    install::python()
}

/// The versions of packages and of the interpreter itself.
pub(super) fn versions(python: &PathBuf, packages: &[&str]) -> Result<String> {
    let of_packages = run::output(Command::new(python).args(["-c", VERSIONS]).args(packages))?;
    let of_python =
        run::output(Command::new(python).arg("--version")).context("ask Python for its version")?;
    Ok(format!("{}, {}", of_packages.trim(), of_python.trim()))
}
