//! How well releases are decided over: the benchmark crate on the release build.
//!
//! Entry points: [`run()`] for the benchmark, [`tick()`] for the time of one decision. What is run is written down in
//! `bench/decisions`; the figures of the published size are written beside it.

use anyhow::Result;

use crate::run;

/// Runs the benchmark; fails when a bar is missed.
pub(super) fn run(full: bool, json: bool, rest: &[String]) -> Result<()> {
    let mut command = benchmark("decisions");
    if json {
        command.arg("--json");
    }
    if full {
        let mut git = std::process::Command::new("git");
        git.current_dir(crate::project::root()).args(["log", "-1", "--format=%h of %cs"]);
        command.args(["--full", "--write", run::output(&mut git)?.trim()]);
    }
    run::run(command.args(rest))
}

/// Measures one decision; fails when it takes too long.
pub(super) fn tick(json: bool) -> Result<()> {
    let mut command = benchmark("tick");
    if json {
        command.arg("--json");
    }
    run::run(&mut command)
}

fn benchmark(name: &str) -> std::process::Command {
    let mut command = run::cargo();
    command.args(["run", "--quiet", "--release", "--package", "viridian-bench", "--", name]);
    command
}
