//! Cures what a machine can cure of the faults that `check` finds. Changes source files; look at the difference after.
//!
//! Entry point: [`fix`].

use anyhow::Result;

use crate::{generated, run};

/// Applies the lints' suggestions, formats, and writes the generated files anew, in this order.
pub(crate) fn fix() -> Result<()> {
    let suggestions = ["clippy", "--fix", "--workspace", "--all-targets", "--allow-dirty", "--allow-staged"];
    run::run(run::cargo().args(suggestions))?;
    run::run(run::cargo().args(["fmt", "--all"]))?;
    generated::write()
}
