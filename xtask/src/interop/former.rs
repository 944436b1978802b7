//! The version of Viridian before this one: what it serves goes on while its processes are replaced one by one.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::Outcome;
use crate::{project, run, world};

/// The first version with gateways elsewhere, for as long as there is no tag.
const FIRST: &str = "f270725";
/// Where the test finds the binary of the version before.
const BINARY: &str = "VIRIDIAN_FORMER";

/// Builds the version before below the target directory, and replaces its processes during a rollout.
pub(super) fn run() -> Result<Outcome> {
    let commit = latest_tag()?.unwrap_or_else(|| FIRST.to_owned());
    let binary = build(&commit)?;
    let result = world::run("skew::processes_of_two_versions_lose_nothing", &[(BINARY, binary.as_os_str())])?;
    Ok(Outcome {
        versions: format!("Viridian at {commit}, debug build"),
        what: "a rollout during which gateways and then the controller are replaced by this version, and back again",
        result,
    })
}

/// The tag before the present commit, if there is any.
fn latest_tag() -> Result<Option<String>> {
    let tags = run::output(git().args(["tag", "--merged", "HEAD^", "--sort=-version:refname"]))?;
    Ok(tags.lines().next().map(str::to_owned))
}

fn build(commit: &str) -> Result<PathBuf> {
    let directory = project::target_directory()?.join("interop/former");
    let source = directory.join(commit);
    if !source.exists() {
        fs::create_dir_all(&directory).with_context(|| format!("create {}", directory.display()))?;
        run::run(git().args(["worktree", "prune"]))?;
        run::run(git().args(["worktree", "add", "--detach"]).arg(&source).arg(commit))?;
    }
    let built = directory.join("target");
    let mut command = run::cargo();
    command.args(["build", "--package", "viridian", "--target-dir"]).arg(&built).current_dir(&source);
    run::run(&mut command)?;
    Ok(built.join("debug/viridian"))
}

fn git() -> Command {
    let mut command = Command::new("git");
    command.current_dir(project::root());
    command
}
