//! Each direct dependency is defended by a sentence in `docs/dependencies.md`.
//!
//! Entry point: [`check`]. Only what a `Cargo.toml` of ours names needs a defence; whether it convinces is left to
//! people.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};
use cargo_metadata::Metadata;

use crate::fault::Fault;
use crate::project;

const DOCUMENT: &str = "docs/dependencies.md";

/// Compares the rows of the document with the dependencies of the workspace and of its members.
pub(super) fn check() -> Result<Vec<Fault>> {
    let read =
        |path: &str| fs::read_to_string(project::root().join(path)).with_context(|| format!("read {path}"));
    let workspace: toml::Table = read("Cargo.toml")?.parse().context("understand Cargo.toml")?;
    let mut named = of_workspace(&workspace);
    named.extend(of_members(&project::metadata()?));
    Ok(compare(&named, &read(DOCUMENT)?))
}

/// What is declared for all members to use. Crates of ours have a path.
fn of_workspace(manifest: &toml::Table) -> BTreeSet<String> {
    let dependencies = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    let entries = dependencies.and_then(toml::Value::as_table).into_iter().flatten();
    entries.filter(|(_, value)| value.get("path").is_none()).map(|(name, _)| name.clone()).collect()
}

fn of_members(metadata: &Metadata) -> BTreeSet<String> {
    let dependencies = metadata.packages.iter().flat_map(|package| &package.dependencies);
    dependencies
        .filter(|dependency| dependency.path.is_none())
        .map(|dependency| dependency.name.clone())
        .collect()
}

fn compare(named: &BTreeSet<String>, document: &str) -> Vec<Fault> {
    let defended: BTreeSet<String> = document.lines().filter_map(defended).collect();
    let missing = named.difference(&defended).map(|name| format!("has no sentence for {name}"));
    let idle = defended.difference(named).map(|name| format!("defends {name}, which nobody names"));
    missing.chain(idle).map(|message| Fault::new(DOCUMENT, message)).collect()
}

/// The name in a row that has a sentence: ``| `serde` | Why it is here. |``.
fn defended(line: &str) -> Option<String> {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let [name, sentence] = cells.as_slice() else { return None };
    let name = name.strip_prefix('`')?.strip_suffix('`')?;
    sentence.ends_with('.').then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_and_what_is_defended_are_the_same() {
        let named = ["serde", "hyper"].map(str::to_owned).into();
        let check = |document: &str, expected: &[&str]| {
            let faults: Vec<String> = compare(&named, document).iter().map(ToString::to_string).collect();
            assert_eq!(faults, expected, "{document}");
        };
        check("| package | why |\n|---|---|\n| `serde` | Reads. |\n| `hyper` | HTTP. |", &[]);
        check("| `serde` | Reads. |", &["docs/dependencies.md: has no sentence for hyper"]);
        check("| `serde` | Reads. |\n| `hyper` | |", &["docs/dependencies.md: has no sentence for hyper"]);
        check(
            "| `serde` | Reads. |\n| `hyper` | HTTP. |\n| `atty` | Terminals. |",
            &["docs/dependencies.md: defends atty, which nobody names"],
        );
    }

    #[test]
    fn crates_of_ours_need_no_defence() {
        let manifest = "[workspace.dependencies]\nserde = \"1\"\nours = { path = \"ours\" }\ntokio = { version = \"1\" }";
        assert_eq!(of_workspace(&manifest.parse().unwrap()), ["serde", "tokio"].map(str::to_owned).into());
    }
}
