//! How often the judge and its estimators are wrong, by simulation, at the size that a night has time for: in CI each suite is
//! just large enough to see an error rate that is three times its bound.
//!
//! Entry point: [`rates`]. What is simulated is in the suites; what large runs came to is told in `docs/error-rates.md`.

use anyhow::Result;

use crate::run;

/// The suites of `crates/core/tests` whose size can be set.
const SUITES: [&str; 7] = [
    "stats_error_rates",
    "judge_error_rates",
    "judge_contents",
    "judge_scores",
    "judge_slices",
    "drift",
    "experiment",
];
/// Sets it.
const SIZE: &str = "VIRIDIAN_SIMULATION_RUNS";

/// Runs every suite with so many simulated rollouts in each case, and prints the rates.
pub(crate) fn rates(runs: u64) -> Result<()> {
    let mut command = run::cargo();
    command.args(["test", "--package", "viridian-core", "--no-fail-fast"]).env(SIZE, runs.to_string());
    SUITES.iter().for_each(|suite| {
        command.args(["--test", suite]);
    });
    run::run(command.args(["--", "--nocapture"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    /// Whether a file or one below a directory says how its size is set.
    fn is_sized(path: &Path) -> bool {
        if path.is_dir() {
            return fs::read_dir(path).unwrap().any(|entry| is_sized(&entry.unwrap().path()));
        }
        fs::read_to_string(path).is_ok_and(|text| text.contains(SIZE))
    }

    #[test]
    fn every_suite_whose_size_can_be_set_is_run() {
        let tests = project::root().join("crates/core/tests");
        let sized: BTreeSet<String> = fs::read_dir(tests)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| is_sized(path))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(sized, SUITES.map(str::to_owned).into());
    }
}
