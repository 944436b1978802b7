//! Files that a command of ours writes and that are committed all the same, because people read them.
//!
//! Entry points: [`check`] compares them with what their command prints now, [`write()`] renews them. The commands live
//! in the crates; [`GENERATED`] only names them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::fault::{self, Fault};
use crate::{project, run};

/// A committed file and the command that prints its content, run at the root of the project.
struct Generated {
    path: &'static str,
    command: &'static [&'static str],
}

/// One row per generated file.
const GENERATED: &[Generated] = &[
    Generated {
        path: "openapi.json",
        command: &["cargo", "run", "--quiet", "--package", "viridian", "--", "openapi"],
    },
    Generated {
        path: "viridian.schema.json",
        command: &["cargo", "run", "--quiet", "--package", "viridian", "--", "schema"],
    },
];

/// Fails when a generated file differs from what its command prints.
pub(crate) fn check() -> Result<()> {
    fault::report("generated files", stale(project::root(), GENERATED)?)
}

/// Writes every generated file anew.
pub(crate) fn write() -> Result<()> {
    write_all(project::root(), GENERATED)
}

fn stale(root: &Path, generated: &[Generated]) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for file in generated {
        let committed = fs::read_to_string(root.join(file.path)).unwrap_or_default();
        if committed != print(root, file)? {
            faults.push(Fault::new(file.path, "is stale: run `cargo xtask fix` and commit the result"));
        }
    }
    Ok(faults)
}

fn write_all(root: &Path, generated: &[Generated]) -> Result<()> {
    for file in generated {
        let content = print(root, file)?;
        fs::write(root.join(file.path), content).with_context(|| format!("write {}", file.path))?;
    }
    Ok(())
}

fn print(root: &Path, file: &Generated) -> Result<String> {
    let (program, args) =
        file.command.split_first().with_context(|| format!("{} has no command", file.path))?;
    run::output(Command::new(program).args(args).current_dir(root))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREETING: &[Generated] = &[Generated { path: "greeting.txt", command: &["echo", "hello"] }];

    #[test]
    fn a_missing_and_an_edited_file_are_stale_and_writing_cures_both() {
        let root = tempfile::tempdir().unwrap();
        let count = || stale(root.path(), GREETING).unwrap().len();
        assert_eq!(count(), 1);
        write_all(root.path(), GREETING).unwrap();
        assert_eq!(count(), 0);
        fs::write(root.path().join("greeting.txt"), "goodbye\n").unwrap();
        assert_eq!(count(), 1);
    }

    #[test]
    fn a_command_that_fails_is_an_error_and_not_an_empty_file() {
        let root = tempfile::tempdir().unwrap();
        let broken = &[Generated { path: "greeting.txt", command: &["false"] }];
        assert!(write_all(root.path(), broken).is_err());
        assert!(!root.path().join("greeting.txt").exists());
    }
}
