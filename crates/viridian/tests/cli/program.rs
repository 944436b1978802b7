//! Running the built binary.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a run of the binary came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the binary in a directory with these arguments.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Run {
    run_with(directory, arguments, "")
}

/// Runs the binary with a text on its standard input.
pub(crate) fn run_with(directory: &Path, arguments: &[&str], input: &str) -> Run {
    spawn(directory, arguments, &[], input)
}

/// Runs the binary with other variables in its environment.
pub(crate) fn spawn(directory: &Path, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_viridian"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("VIRIDIAN_SERVER")
        .env_remove("VIRIDIAN_TOKEN")
        .env_remove("VIRIDIAN_INTERNAL_TOKEN")
        .env("USER", "ada")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
