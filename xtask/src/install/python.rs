//! The Python environment in which real clients and model servers run in the tests.
//!
//! Entry point: [`install`]. It is made once and kept until the list of packages changes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, ops::RangeInclusive};

use anyhow::{Context, Result, bail};

use super::packages;
use crate::run;

/// What the tests use by name.
const REQUIREMENTS: &str = include_str!("../../requirements.txt");
/// What those bring along, each at the version that was tried.
const CONSTRAINTS: &str = include_str!("../../constraints.txt");
/// The minor versions of Python 3 on which exactly these packages were seen to work.
const MINOR_VERSIONS: RangeInclusive<u32> = 11..=13;
/// The default first, then those that a machine may have beside it.
const CANDIDATES: [&str; 5] = ["python3", "/usr/bin/python3", "python3.11", "python3.12", "python3.13"];
/// Debian's names for an interpreter and for the parts of it that make environments.
const PACKAGES: [&str; 2] = ["python3", "python3-venv"];

/// Makes the environment in `directory` unless it is there already, and returns its interpreter.
pub(crate) fn install(directory: &Path) -> Result<PathBuf> {
    let python = directory.join("bin/python");
    let stamp = directory.join("installed.txt");
    if is_fresh(&stamp) && run::succeeds(Command::new(&python).arg("--version")) {
        return Ok(python);
    }
    let interpreter = interpreter()?;
    run::run(Command::new(interpreter).args(["-m", "venv", "--clear"]).arg(directory))?;
    install_packages(&python)?;
    fs::write(&stamp, wanted()).context("write down what was installed")?;
    Ok(python)
}

/// The stamp holds the lists themselves: no hash to trust, and a person can read what is inside.
fn is_fresh(stamp: &Path) -> bool {
    fs::read_to_string(stamp).is_ok_and(|installed| installed == wanted())
}

fn wanted() -> String {
    format!("{REQUIREMENTS}{CONSTRAINTS}")
}

/// Every version is pinned, so the packages' own opinion about newer Pythons is passed over: MLServer excludes 3.13 on
/// paper and works on it.
fn install_packages(python: &Path) -> Result<()> {
    let lists = crate::project::root().join("xtask");
    let mut command = Command::new(python);
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--ignore-requires-python",
    ]);
    command.arg("--requirement").arg(lists.join("requirements.txt"));
    command.arg("--constraint").arg(lists.join("constraints.txt"));
    run::run(&mut command)
        .context("install the Python packages of xtask/requirements.txt from the package index")
}

/// An interpreter of a version that suits and that can make environments; Debian's is installed where that helps.
fn interpreter() -> Result<&'static str> {
    if let Some(found) = CANDIDATES.into_iter().find(|candidate| suits(candidate)) {
        return Ok(found);
    }
    packages::install(&PACKAGES).context("no Python that suits")?;
    if let Some(found) = CANDIDATES.into_iter().find(|candidate| suits(candidate)) {
        return Ok(found);
    }
    bail!(
        "missing: Python 3.{} to 3.{} with the modules venv and ensurepip",
        MINOR_VERSIONS.start(),
        MINOR_VERSIONS.end()
    )
}

fn suits(candidate: &str) -> bool {
    let question = "import sys, venv, ensurepip; print(*sys.version_info[:2])";
    let answer = Command::new(candidate).args(["-c", question]).output();
    answer.is_ok_and(|answer| is_supported(&String::from_utf8_lossy(&answer.stdout)))
}

/// Reads `3 11` and the like; anything else, such as the empty answer of a Python without venv, does not suit.
fn is_supported(version: &str) -> bool {
    let Some(("3", minor)) = version.trim().split_once(' ') else { return false };
    minor.parse().is_ok_and(|minor| MINOR_VERSIONS.contains(&minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_that_were_tried_suit() {
        let check = |version, expected| assert_eq!(is_supported(version), expected, "{version:?}");
        check("3 11\n", true);
        check("3 13\n", true);
        check("3 10\n", false);
        check("3 14\n", false);
        check("2 11\n", false);
        check("", false);
    }

    #[test]
    fn a_changed_list_makes_the_environment_stale() {
        let directory = tempfile::tempdir().unwrap();
        let stamp = directory.path().join("installed.txt");
        assert!(!is_fresh(&stamp));
        fs::write(&stamp, wanted()).unwrap();
        assert!(is_fresh(&stamp));
        fs::write(&stamp, format!("{}one-more==1.0\n", wanted())).unwrap();
        assert!(!is_fresh(&stamp));
    }

    #[test]
    fn every_package_has_exactly_one_version() {
        let lines = REQUIREMENTS.lines().chain(CONSTRAINTS.lines());
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            assert_eq!(line.matches("==").count(), 1, "{line}");
        }
    }
}
