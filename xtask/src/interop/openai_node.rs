//! The official OpenAI client for Node.js, installed by npm below the target directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::Outcome;
use crate::{project, run, world};

/// Where the test finds the installed package.
const DIRECTORY: &str = "VIRIDIAN_NODE";
/// The newest line that runs on Node.js 20; later ones ask for 22.
const PACKAGE: &str = "openai@6";
/// A module may not be asked for its own description, so the file is read.
const VERSION: &str = "JSON.parse(fs.readFileSync('node_modules/openai/package.json')).version";

/// Installs the client and runs it.
pub(super) fn run() -> Result<Outcome> {
    let directory = install()?;
    let ask =
        |question: &str| run::output(Command::new("node").args(["-p", question]).current_dir(&directory));
    let client = ask(VERSION)?;
    let node = ask("process.versions.node")?;
    let result =
        world::run("openai_client::the_node_client_is_served", &[(DIRECTORY, directory.as_os_str())])?;
    Ok(Outcome {
        versions: format!("openai {}, Node.js {}", client.trim(), node.trim()),
        what: "completions whole and streamed, usage, models, request ids, and the errors a gateway gives",
        result,
    })
}

/// Installs the package and returns the directory from which Node.js finds it.
fn install() -> Result<PathBuf> {
    let directory = project::target_directory()?.join("interop/node");
    fs::create_dir_all(&directory).with_context(|| format!("create {}", directory.display()))?;
    run::run(npm(&directory).args([
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        PACKAGE,
    ]))
    .context("missing: npm, and a package registry that it reaches")?;
    Ok(directory)
}

fn npm(directory: &Path) -> Command {
    let mut command = Command::new("npm");
    command.arg("--prefix").arg(directory).current_dir(directory);
    command
}
