//! The Python with the packages of `xtask/requirements.txt`, and the scripts beside these tests.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the task runner says the Python is.
const PYTHON: &str = "VIRIDIAN_PYTHON";

/// The interpreter. Without one the tests fail; they are never skipped in silence.
pub(crate) fn python() -> PathBuf {
    let given = std::env::var_os(PYTHON).map(PathBuf::from);
    let python = given.unwrap_or_else(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        target.join("venv/bin/python")
    });
    assert!(
        python.exists(),
        "{} is missing: `cargo xtask test` installs it, with the packages these tests need",
        python.display()
    );
    python
}

/// A command that runs a script beside these tests.
pub(crate) fn script(name: &str) -> Command {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python");
    let mut command = Command::new(python());
    command.arg(directory.join(name));
    command
}
