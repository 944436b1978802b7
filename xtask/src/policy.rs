//! The decisions in `policy.toml`: what people change when they add a crate, a dependency or an exemption.
//!
//! Entry point: [`Policy::load`]. The rules that use these decisions are in `tidy` and `dependencies`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use cargo_metadata::semver::Version;
use serde::Deserialize;

use crate::project;

/// The whole file. Names are those of packages; reasons are sentences for the next reader.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    pub(crate) rooms: BTreeMap<String, Room>,
    pub(crate) exemptions: Exemptions,
    pub(crate) licences: Licences,
    /// Package to the reason why it stays out.
    pub(crate) bans: BTreeMap<String, String>,
    /// Package to the oldest version that may be built.
    pub(crate) minimums: BTreeMap<String, Minimum>,
}

/// One crate of ours.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Room {
    /// Rooms use only rooms of lower floors.
    pub(crate) floor: u32,
    /// The rooms that production code of this one may use.
    pub(crate) uses: Vec<String>,
    /// The only foreign packages that production code may use, for a room that must stay pure.
    pub(crate) libraries: Option<Vec<String>>,
}

/// What is longer than the wall, each with its reason.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exemptions {
    /// Path of a file to the reason.
    pub(crate) files: BTreeMap<String, String>,
    /// `path::function` to the reason.
    pub(crate) functions: BTreeMap<String, String>,
}

/// Licences as SPDX identifiers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Licences {
    pub(crate) allowed: Vec<String>,
}

/// A version and why nothing older is good enough.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Minimum {
    pub(crate) version: Version,
    pub(crate) reason: String,
}

impl Policy {
    /// Reads `xtask/policy.toml`.
    pub(crate) fn load() -> Result<Self> {
        let path = project::root().join("xtask/policy.toml");
        let text = fs::read_to_string(&path).context("read xtask/policy.toml")?;
        toml::from_str(&text).context("understand xtask/policy.toml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_policy_can_be_read_and_every_decision_has_a_reason() {
        let policy = Policy::load().unwrap();
        let bans = policy.bans.values();
        let minimums = policy.minimums.values().map(|minimum| &minimum.reason);
        let files = policy.exemptions.files.values();
        let functions = policy.exemptions.functions.values();
        for reason in bans.chain(minimums).chain(files).chain(functions) {
            assert!(reason.ends_with('.'), "a reason is a sentence: {reason:?}");
        }
    }
}
