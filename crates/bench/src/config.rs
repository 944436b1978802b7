//! What is written down in `bench/decisions`: the traffic, the scenarios, the rules and what each was told.
//!
//! [`Config::read`] reads the three files. Nothing in them is decided here.

mod rules;
mod scenario;

use anyhow::{Context, Result};
pub(crate) use rules::{Above, Counting, GuardSpec, Kayenta, Rules, Sequential, TTest, Windows};
use scenario::Scenarios;
pub(crate) use scenario::{Arms, Change, Delay, Kind, Quality, Scenario, Storm, Tenants, Users, Watched};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Everything that is written down.
#[derive(Debug)]
pub(crate) struct Config {
    /// The seed of the published table.
    pub(crate) seed: u64,
    pub(crate) runs: Runs,
    pub(crate) usual: Usual,
    pub(crate) rules: Rules,
    pub(crate) scenarios: Vec<Scenario>,
}

/// How many runs each scenario gets.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Runs {
    pub(crate) small: u64,
    pub(crate) nulls: u64,
    pub(crate) margins: u64,
    pub(crate) others: u64,
}

/// The traffic every scenario starts from; shares as parts, times in seconds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Usual {
    /// Requests per second.
    pub(crate) rate: f64,
    /// The candidate's share in per cent from a second on.
    pub(crate) shares: Vec<(f64, f64)>,
    pub(crate) hours: f64,
    pub(crate) errors: f64,
    /// The median.
    pub(crate) latency: f64,
    pub(crate) latency_spread: f64,
    /// The mean.
    pub(crate) cost: f64,
    pub(crate) cost_spread: f64,
    /// The mean number of tokens written.
    pub(crate) tokens: f64,
    pub(crate) tokens_spread: f64,
    pub(crate) judged: f64,
    pub(crate) bad: f64,
    pub(crate) limited: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Traffic {
    seed: u64,
    runs: Runs,
    usual: Usual,
}

impl Config {
    /// Reads `traffic.toml`, `rules.toml` and `scenarios.toml` of a directory.
    pub(crate) fn read(directory: &Path) -> Result<Self> {
        let Traffic { seed, runs, usual } = read(&directory.join("traffic.toml"))?;
        let Scenarios { scenario } = read(&directory.join("scenarios.toml"))?;
        let rules = read(&directory.join("rules.toml"))?;
        Ok(Self { seed, runs, usual, rules, scenarios: scenario })
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("understand {}", path.display()))
}
