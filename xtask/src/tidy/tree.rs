//! The files of the project, read once for all rules.
//!
//! Entry point: [`read`]. What is built or fetched is left out by the name of its directory, so that the answer is the
//! same with and without git.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Directories whose content nobody wrote: git's own, cargo's and npm's.
const SKIPPED: [&str; 3] = [".git", "target", "node_modules"];

/// All paths, and the content of those files that are text. Paths are relative to the root, with `/`, and sorted.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) paths: Vec<String>,
    pub(super) texts: Vec<Text>,
}

/// A file of valid UTF-8.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) path: String,
    pub(super) content: String,
}

/// Reads everything below `root`. Symbolic links are not followed.
pub(super) fn read(root: &Path) -> Result<Tree> {
    let mut tree = Tree::default();
    read_directory(root, "", &mut tree)?;
    tree.paths.sort();
    tree.texts.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(tree)
}

fn read_directory(directory: &Path, prefix: &str, tree: &mut Tree) -> Result<()> {
    let entries = fs::read_dir(directory).with_context(|| format!("list {}", directory.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("list {}", directory.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().with_context(|| format!("look at {prefix}{name}"))?;
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            read_directory(&entry.path(), &format!("{prefix}{name}/"), tree)?;
        } else if kind.is_file() {
            read_file(&entry.path(), format!("{prefix}{name}"), tree)?;
        }
    }
    Ok(())
}

fn read_file(file: &Path, path: String, tree: &mut Tree) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("read {path}"))?;
    tree.paths.push(path.clone());
    if let Ok(content) = String::from_utf8(bytes) {
        tree.texts.push(Text { path, content });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_wrote_is_left_out_and_what_is_no_text_has_only_a_path() {
        let root = tempfile::tempdir().unwrap();
        for directory in ["src", "target/debug", ".git"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        fs::write(root.path().join("src/a.rs"), "//! A.").unwrap();
        fs::write(root.path().join("logo.png"), [0xff, 0xfe]).unwrap();
        fs::write(root.path().join("target/debug/b.rs"), "").unwrap();
        fs::write(root.path().join(".git/config"), "").unwrap();

        let tree = read(root.path()).unwrap();
        assert_eq!(tree.paths, ["logo.png", "src/a.rs"]);
        assert_eq!(tree.texts.len(), 1);
        assert_eq!(tree.texts[0].content, "//! A.");
    }
}
