//! The official OpenAI clients against the gateway: what they return and what they raise is checked by the scripts in
//! `tests/python` and `tests/node`.

use crate::chat_model::{ChatModel, Failing};
use crate::manifests::application;
use crate::python;
use crate::result;
use crate::viridian::{ANY_PORT, Viridian};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use viridian_testkit::upstream::nowhere;

/// Where `cargo xtask interop openai-node` says it has installed the client.
const NODE_DIRECTORY: &str = "VIRIDIAN_NODE";

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_is_served() {
    check(python::script("openai_client.py")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the client: `cargo xtask interop openai-node` installs it"]
async fn the_node_client_is_served() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node/openai_client.mjs");
    let mut command = Command::new("node");
    command.arg(script).current_dir(std::env::var_os(NODE_DIRECTORY).unwrap());
    check(command).await;
}

/// Runs a client against two applications: `support`, behind a model server, and `down`, behind nothing.
async fn check(mut client: Command) {
    let home = TempDir::new().unwrap();
    let model = ChatModel::start(Failing::Never).await;
    let applications = [application("support", &model.url()), application("down", &nowhere().await)];
    let viridian = Viridian::start(home.path(), &applications.join("---"), ANY_PORT);
    let output = client.arg(viridian.gateway().to_string()).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    let (checks, summary) = stdout.trim_end().rsplit_once('\n').unwrap();
    println!("{checks}");
    result::tell(summary);
}
