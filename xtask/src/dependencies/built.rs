//! The foreign packages that are built for some platform.
//!
//! Entry point: [`read`]. The lock file also holds packages behind features that nobody turns on; `cargo tree` knows
//! which those are, `cargo metadata` knows licences and sources, and both together give the answer.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::Result;
use cargo_metadata::semver::Version;
use cargo_metadata::{Metadata, Package};

use crate::{project, run};

/// One foreign package at one version.
#[derive(Debug, Clone)]
pub(super) struct Built {
    pub(super) name: String,
    pub(super) version: Version,
    /// An SPDX expression, when the package has one.
    pub(super) licence: Option<String>,
    pub(super) is_from_registry: bool,
}

/// Asks cargo, for all platforms, production and tests together.
pub(super) fn read() -> Result<Vec<Built>> {
    let mut command = run::cargo();
    command.args(["tree", "--workspace", "--target", "all", "--edges", "all"]);
    command.args(["--prefix", "none", "--no-dedupe", "--format", "{p}"]);
    let tree = run::output(&mut command)?;
    Ok(select(&project::metadata_with_dependencies()?, &names(&tree)))
}

/// Name and version of each line; what stands behind them, such as `(proc-macro)`, is of no interest.
fn names(tree: &str) -> BTreeSet<(String, String)> {
    let name = |line: &str| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    };
    tree.lines().filter_map(name).collect()
}

fn select(metadata: &Metadata, names: &BTreeSet<(String, String)>) -> Vec<Built> {
    let is_built =
        |package: &&Package| names.contains(&(package.name.to_string(), package.version.to_string()));
    let is_foreign = |package: &&Package| !metadata.workspace_members.contains(&package.id);
    metadata.packages.iter().filter(is_foreign).filter(is_built).map(Built::from).collect()
}

impl From<&Package> for Built {
    fn from(package: &Package) -> Self {
        Self {
            name: package.name.to_string(),
            version: package.version.clone(),
            licence: package.license.clone(),
            is_from_registry: package.source.as_ref().is_some_and(cargo_metadata::Source::is_crates_io),
        }
    }
}

impl fmt::Display for Built {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.name, self.version)
    }
}

#[cfg(test)]
impl Built {
    /// A package with an ordinary licence and source.
    pub(super) fn example(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.parse().unwrap(),
            licence: Some("MIT".to_owned()),
            is_from_registry: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_tree_are_names_and_versions() {
        let tree = "serde v1.0.229\nserde_derive v1.0.229 (proc-macro)\n\nours v0.1.0 (/home/a b/ours)\n";
        let pair = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let expected = [pair("ours", "0.1.0"), pair("serde", "1.0.229"), pair("serde_derive", "1.0.229")];
        assert_eq!(names(tree), BTreeSet::from(expected));
    }

    #[test]
    fn this_program_itself_is_built_with_foreign_packages_but_is_none() {
        let built = read().unwrap();
        let has = |name: &str| built.iter().any(|package| package.name == name);
        assert!(has("clap") && has("cargo_metadata"));
        assert!(!has("xtask") && !has("viridian-core"));
    }
}
