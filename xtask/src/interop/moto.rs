//! Moto, from the package index of Python, in an environment of its own: it brings much that no other test needs.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Outcome, python};
use crate::{project, run, world};

/// Where the test finds the Python that has Moto.
const VARIABLE: &str = "VIRIDIAN_MOTO_PYTHON";
/// What is installed.
const PACKAGES: [&str; 1] = ["moto[server]==5.2.5"];

/// Installs Moto where it is missing, and has a metric read from it.
pub(super) fn run() -> Result<Outcome> {
    let python = environment()?;
    let result = world::run("moto::a_metric_is_read_with_the_right_key", &[(VARIABLE, python.as_os_str())])?;
    Ok(Outcome {
        versions: python::versions(&python, &["moto", "boto3"])?,
        what: "CloudWatch's GetMetricData, signed, with the signature checked",
        result,
    })
}

fn environment() -> Result<PathBuf> {
    let directory = project::target_directory()?.join("moto");
    let python = directory.join("bin/python");
    if !run::succeeds(Command::new(&python).args(["-c", "import moto.server, boto3"])) {
        // The interpreter that suits the other tests suits here, too.
        run::run(Command::new(python::environment()?).args(["-m", "venv", "--clear"]).arg(&directory))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run::run(Command::new(&python).args(pip).args(PACKAGES))
            .context("install Moto from the package index")?;
    }
    Ok(python)
}
