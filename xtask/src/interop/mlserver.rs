//! MLServer, the reference server of the Open Inference Protocol, with scikit-learn models.

use anyhow::Result;

use super::{Outcome, python};
use crate::world;

/// Runs against MLServer in the Python environment of the tests.
pub(super) fn run() -> Result<Outcome> {
    let python = python::environment()?;
    let versions = python::versions(&python, &["mlserver", "mlserver-sklearn", "scikit-learn"])?;
    let result =
        world::run("digits::feedback_decides_long_rollouts", &[(python::VARIABLE, python.as_os_str())])?;
    Ok(Outcome {
        versions,
        what: "classifiers of handwritten digits over V2 REST, judged by the feedback of their callers",
        result,
    })
}
