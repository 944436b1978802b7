//! The list of defects as people write it. Entry point: [`load`].

use std::collections::BTreeSet;
use std::fmt;
use std::fs;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::project;

const LIST: &str = "xtask/mutants.toml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    mutant: Vec<Mutant>,
}

/// A defect.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mutant {
    /// A few words with hyphens.
    pub(super) name: String,
    /// A sentence: what goes wrong with it.
    harm: String,
    pub(super) changes: Vec<Change>,
    /// Each of these has to fail with it.
    pub(super) tests: Vec<Test>,
}

/// A text in a file, and what it is replaced by.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    pub(super) file: String,
    /// It has to be there once.
    pub(super) search: String,
    pub(super) replace: String,
}

/// A test by its full name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Test {
    package: String,
    /// The file or directory in `tests`; absent for a test of the library itself.
    suite: Option<String>,
    pub(super) name: String,
}

/// Reads the list and makes sure that it can be used.
pub(super) fn load() -> Result<Vec<Mutant>> {
    let text = fs::read_to_string(project::root().join(LIST)).with_context(|| format!("read {LIST}"))?;
    parse(&text).with_context(|| format!("understand {LIST}"))
}

fn parse(text: &str) -> Result<Vec<Mutant>> {
    let List { mutant: mutants } = toml::from_str(text)?;
    let mut names = BTreeSet::new();
    for mutant in &mutants {
        let name = &mutant.name;
        ensure!(names.insert(name), "two defects are called '{name}'");
        ensure!(mutant.harm.ends_with('.'), "what goes wrong with '{name}' is no sentence");
        ensure!(!mutant.changes.is_empty(), "'{name}' changes nothing");
        ensure!(!mutant.tests.is_empty(), "nobody is asked to find '{name}'");
    }
    Ok(mutants)
}

impl Test {
    /// What cargo has to be told to build it.
    pub(super) fn target(&self) -> Vec<&str> {
        let mut target = vec!["--package", &self.package];
        match &self.suite {
            Some(suite) => target.extend(["--test", suite]),
            None => target.push("--lib"),
        }
        target
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.suite {
            Some(suite) => write!(f, "{}::{suite} {}", self.package, self.name),
            None => write!(f, "{} {}", self.package, self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "
[[mutant]]
name = 'forgetful'
harm = 'It forgets.'
changes = [{ file = 'a.rs', search = 'keep();', replace = '' }]
tests = [{ package = 'p', suite = 's', name = 'it_keeps' }]
";

    fn check(text: &str, fault: &str) {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(fault), "{error}");
    }

    #[test]
    fn an_entry_says_what_is_changed_and_who_finds_it() {
        let mutants = parse(ENTRY).unwrap();
        assert_eq!(mutants[0].tests[0].target(), ["--package", "p", "--test", "s"]);
        assert_eq!(mutants[0].tests[0].to_string(), "p::s it_keeps");
        let library = parse(&ENTRY.replace("suite = 's', ", "")).unwrap();
        assert_eq!(library[0].tests[0].target(), ["--package", "p", "--lib"]);
    }

    #[test]
    fn an_entry_that_says_too_little_is_refused() {
        check(&format!("{ENTRY}{ENTRY}"), "two defects are called 'forgetful'");
        check(&ENTRY.replace("It forgets.", "it forgets"), "no sentence");
        check(&ENTRY.replace("[{ package = 'p', suite = 's', name = 'it_keeps' }]", "[]"), "nobody is asked");
        check(
            &ENTRY.replace("[{ file = 'a.rs', search = 'keep();', replace = '' }]", "[]"),
            "changes nothing",
        );
        check(&ENTRY.replace("harm", "damage"), "unknown field");
    }
}
