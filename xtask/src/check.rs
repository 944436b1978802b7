//! Everything that can be judged without running the product. No source file is changed; the cures are in `fix`.
//!
//! Entry point: [`check`]. It goes on after a failure, because a person wants to hear all of them at once.

use anyhow::{Result, ensure};

use crate::{dependencies, generated, run, tidy};

/// A name for the summary and what to do.
type Step = (&'static str, fn() -> Result<()>);

/// Quick answers first.
const STEPS: [Step; 6] = [
    ("format", format),
    ("tidy", tidy::tidy),
    ("dependencies", dependencies::check),
    ("lints", lints),
    ("docs", docs),
    ("generated files", generated::check),
];

/// Runs every step and fails with the names of those that failed.
pub(crate) fn check() -> Result<()> {
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        if let Err(error) = step() {
            eprintln!("error: {error:#}");
            failed.push(name);
        }
    }
    ensure!(failed.is_empty(), "check failed: {}", failed.join(", "));
    println!("check: all good");
    Ok(())
}

fn format() -> Result<()> {
    run::run(run::cargo().args(["fmt", "--all", "--check"]))
}

fn lints() -> Result<()> {
    run::run(run::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// For readers of the code, not for callers of a library: a page may point to what is private.
fn docs() -> Result<()> {
    let mut command = run::cargo();
    command.args(["doc", "--workspace", "--no-deps", "--document-private-items"]);
    run::run(command.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links"))
}
