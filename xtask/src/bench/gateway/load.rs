//! The load: `wrk` with `chat.lua`, on the core that the proxy does not have. Entry points: [`Load::warm_up`] and
//! [`Load::measure`].

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::scenario::Scenario;
use super::target::OTHER_CORE;
use crate::run;

const CONNECTIONS: &str = "-c32";
const WARM_UP: &str = "-d1s";
/// Long enough that a tick of the account is a thousandth of what it measures.
const MEASUREMENT: &str = "-d5s";

/// How to make the load.
pub(super) struct Load {
    script: PathBuf,
    body: PathBuf,
    path: &'static str,
}

/// What the load generator saw.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Seen {
    pub(super) requests: f64,
    pub(super) bytes: f64,
    pub(super) duration_us: f64,
    pub(super) failed: u64,
    pub(super) p50_us: f64,
    pub(super) p90_us: f64,
    pub(super) p99_us: f64,
}

impl Load {
    pub(super) fn new(configuration: &Path, scenario: Scenario) -> Self {
        let body = configuration.join(scenario.body());
        Self { script: configuration.join("chat.lua"), body, path: scenario.path() }
    }

    /// Opens connections and fills caches.
    pub(super) fn warm_up(&self, port: u16) -> Result<()> {
        self.run(port, WARM_UP).map(|_| ())
    }

    /// Puts a target under load.
    pub(super) fn measure(&self, port: u16) -> Result<Seen> {
        self.run(port, MEASUREMENT)
    }

    fn run(&self, port: u16, duration: &str) -> Result<Seen> {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", OTHER_CORE, "wrk", "-t1", CONNECTIONS, duration, "-s"]);
        command.arg(&self.script).arg(format!("http://127.0.0.1:{port}")).env("CHAT_BODY", &self.body);
        command.env("CHAT_PATH", self.path);
        let printed = run::output(&mut command)?;
        parse(&printed).with_context(|| format!("understand what the load generator printed: {printed}"))
    }
}

/// The result is the last line; what stands above is for people.
fn parse(printed: &str) -> Result<Seen> {
    let line = printed.trim_end().lines().last().context("it printed nothing")?;
    serde_json::from_str(line).context("it is no JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_result() {
        let printed = "Running 5s test\n  1 threads\n{\"requests\": 10, \"bytes\": 9, \"duration_us\": 5, \"failed\": 0, \"p50_us\": 1, \"p90_us\": 2, \"p99_us\": 3}\n";
        assert_eq!(parse(printed).unwrap().p90_us, 2.0);
        assert!(parse("Running 5s test\n").is_err());
        assert!(parse("").is_err());
    }
}
