//! A copy of the project that may be broken. Entry point: [`Scratch::prepare`].

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::list::Change;
use super::patch;
use crate::run;

/// A copy of the project, and the original it is restored from.
pub(super) struct Scratch {
    original: PathBuf,
    copy: PathBuf,
}

impl Scratch {
    /// Brings a copy up to date: only what differs is written, so that what was built of it before is built no more.
    pub(super) fn prepare(original: &Path, copy: &Path) -> Result<Self> {
        let mut list = Command::new("git");
        list.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(original);
        let listed = run::output(&mut list)?;
        for name in listed.split_terminator('\0') {
            update(&original.join(name), &copy.join(name))?;
        }
        Ok(Self { original: original.to_owned(), copy: copy.to_owned() })
    }

    /// Puts a defect in.
    pub(super) fn change(&self, changes: &[Change]) -> Result<()> {
        for change in changes {
            let path = self.copy.join(&change.file);
            let text = fs::read_to_string(&path).with_context(|| format!("read {}", change.file))?;
            let broken =
                patch::apply(&text, &change.search, &change.replace).with_context(|| change.file.clone())?;
            fs::write(&path, broken).with_context(|| format!("write {}", path.display()))?;
        }
        Ok(())
    }

    /// Takes it out again.
    pub(super) fn restore(&self, changes: &[Change]) -> Result<()> {
        changes
            .iter()
            .try_for_each(|change| update(&self.original.join(&change.file), &self.copy.join(&change.file)))
    }

    /// Cargo in the copy, which builds into a directory of its own: what is built of the copy has the same names as what
    /// is built of the project, and would be taken for it.
    pub(super) fn cargo(&self) -> Command {
        let mut command = run::cargo();
        command.current_dir(&self.copy).env("CARGO_TARGET_DIR", self.copy.join("target"));
        command
    }
}

/// Makes one file like another; a file that is listed and was removed is nothing to copy.
fn update(from: &Path, to: &Path) -> Result<()> {
    if !from.is_file() {
        return Ok(());
    }
    let wanted = fs::read(from).with_context(|| format!("read {}", from.display()))?;
    if fs::read(to).is_ok_and(|present| present == wanted) {
        return Ok(());
    }
    if let Some(directory) = to.parent() {
        fs::create_dir_all(directory).with_context(|| format!("make {}", directory.display()))?;
    }
    fs::write(to, wanted).with_context(|| format!("write {}", to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A project of one file, and a copy of it.
    fn scratch() -> (tempfile::TempDir, Scratch) {
        let directory = tempfile::tempdir().unwrap();
        let original = directory.path().join("project");
        fs::create_dir_all(&original).unwrap();
        assert!(run::succeeds(Command::new("git").arg("init").current_dir(&original)));
        fs::write(original.join("a.rs"), "keep();\n").unwrap();
        let scratch = Scratch::prepare(&original, &directory.path().join("copy")).unwrap();
        (directory, scratch)
    }

    fn change(search: &str) -> Vec<Change> {
        vec![Change { file: "a.rs".into(), search: search.into(), replace: "lose();".into() }]
    }

    #[test]
    fn a_defect_is_put_into_the_copy_alone_and_taken_out_again() {
        let (_directory, scratch) = scratch();
        let read = |root: &Path| fs::read_to_string(root.join("a.rs")).unwrap();
        let changes = change("keep();");
        scratch.change(&changes).unwrap();
        assert_eq!((read(&scratch.original), read(&scratch.copy)), ("keep();\n".into(), "lose();\n".into()));
        scratch.restore(&changes).unwrap();
        assert_eq!(read(&scratch.copy), "keep();\n");
    }

    #[test]
    fn a_defect_that_does_not_fit_names_its_file() {
        let (_directory, scratch) = scratch();
        let error = format!("{:#}", scratch.change(&change("save();")).unwrap_err());
        assert!(error.contains("a.rs") && error.contains("not there any more"), "{error}");
    }
}
