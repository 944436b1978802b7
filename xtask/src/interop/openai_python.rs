//! The official OpenAI client for Python.

use anyhow::Result;

use super::{Outcome, python};
use crate::world;

/// Runs the client of the tests' Python environment.
pub(super) fn run() -> Result<Outcome> {
    let python = python::environment()?;
    let versions = python::versions(&python, &["openai"])?;
    let result =
        world::run("openai_client::the_python_client_is_served", &[(python::VARIABLE, python.as_os_str())])?;
    Ok(Outcome {
        versions,
        what: "completions whole and streamed, usage, models, request ids, feedback, and every error a gateway gives",
        result,
    })
}
