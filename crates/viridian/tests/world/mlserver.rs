//! MLServer, serving classifiers of handwritten digits that are trained first. Entry point: [`start`].

use crate::process::{PATIENCE, PAUSE, Process, free_ports};
use crate::python;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use viridian_testkit::caller::Caller;

/// Every version that is served. The server as a whole says that it is ready whatever became of its models, so each
/// one is asked for by itself.
const VERSIONS: [&str; 3] = ["v1", "v2", "v3"];

/// A running MLServer.
pub(crate) struct MlServer {
    _process: Process,
    port: u16,
    repository: PathBuf,
}

/// Trains the models into a directory and starts a server for them.
pub(crate) async fn start(directory: &Path) -> MlServer {
    let repository = directory.join("models");
    let [port] = free_ports();
    let training =
        python::script("digits_models.py").arg(&repository).arg(port.to_string()).status().unwrap();
    assert!(training.success(), "the models could not be trained");
    // The command of the same environment as the interpreter.
    let command = python::python().with_file_name("mlserver");
    let mut process = Process::start(Command::new(command).arg("start").arg(&repository));
    let begun = Instant::now();
    while !are_ready(port).await {
        process.expect_running("its models were ready");
        assert!(begun.elapsed() < PATIENCE, "MLServer never got ready");
        tokio::time::sleep(PAUSE).await;
    }
    MlServer { _process: process, port, repository }
}

impl MlServer {
    /// Its base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The digits that no model has seen, with their labels.
    pub(crate) fn digits(&self) -> PathBuf {
        self.repository.join("digits.json")
    }
}

async fn are_ready(port: u16) -> bool {
    let Some(mut caller) = Caller::try_connect(([127, 0, 0, 1], port).into()).await else { return false };
    for version in VERSIONS {
        let answer = caller.get(&format!("/v2/models/digits/versions/{version}/ready")).await;
        if answer.status != 200 {
            return false;
        }
    }
    true
}
