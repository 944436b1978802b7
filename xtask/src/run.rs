//! Runs child processes and shows each command line before it starts, so that a person can repeat it by hand.
//!
//! Entry points: [`run`] for commands that must succeed, [`status`] where the exit code is the answer, and the silent
//! [`output`] and [`succeeds`] for questions. Which commands there are is left to the verbs.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, ensure};

use crate::project;

/// The cargo that started us, at the root of the project.
pub(crate) fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(project::root());
    command
}

/// Shows the command line, runs it and fails when the command fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    ensure!(status.success(), "`{}` ended with {status}", describe(command));
    Ok(())
}

/// Shows the command line, runs it and returns how it ended.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    let line = describe(command);
    eprintln!("$ {line}");
    command.status().with_context(|| format!("start `{line}`"))
}

/// Runs silently and returns what the command printed on its standard output; its errors stay visible.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = describe(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("start `{line}`"))?;
    ensure!(output.status.success(), "`{line}` ended with {}", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("read the output of `{line}`"))
}

/// True when the command can be started and succeeds. Nothing is shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// Whether a program can be found. It is not started.
pub(crate) fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// The command as one would type it: changed environment, program without its directory, arguments.
pub(crate) fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_else(|| command.get_program());
    let environment = command.get_envs().filter_map(|(name, value)| {
        let value = value?;
        Some(format!("{}={}", name.to_string_lossy(), quote(value)))
    });
    let words = std::iter::once(quote(program)).chain(command.get_args().map(quote));
    environment.chain(words).collect::<Vec<_>>().join(" ")
}

fn quote(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = !word.is_empty() && !word.contains([' ', '"', '\'', '$', '&', '|', ';', '*']);
    if plain { word.into_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/opt/rust/bin/cargo");
        command.args(["doc", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(describe(&command), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn a_failing_command_is_an_error_that_names_it() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err().to_string();
        assert!(error.contains("sh -c 'exit 3'") && error.contains('3'), "{error}");
        assert!(run(Command::new("true").arg("--")).is_ok());
    }

    #[test]
    fn a_question_is_answered_without_an_error() {
        assert!(succeeds(&mut Command::new("true")));
        assert!(!succeeds(&mut Command::new("false")));
        assert!(!succeeds(&mut Command::new("/no/such/program")));
        assert_eq!(output(Command::new("echo").arg("hello")).unwrap(), "hello\n");
    }
}
