//! How fast a control plane is ready that has years behind it: a million events and ten thousand rollouts that ended.
//!
//! Entry point: [`run()`]. The clock starts before the process does and stops when `/readyz` says that nothing is missing.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::{project, run, world};

/// The slowest median that is good enough, in milliseconds.
const BAR: f64 = 5_000.0;
const EVENTS: u64 = 1_000_000;
const ROLLOUTS: u64 = 10_000;
const TEST: &str = "start_speed::from_the_start_until_it_is_ready";
/// The test of the store that makes the database, and where.
const MAKES: [&str; 8] =
    ["test", "--package", "viridian-store", "--test", "store", "years::make", "--", "--exact"];
const DIRECTORY: &str = "VIRIDIAN_TEST_DIRECTORY";
/// Names the binary that the test is to run.
const BINARY: &str = "VIRIDIAN_BINARY";

/// Makes a database, measures the release build on it, prints the samples and fails when the bar is not reached.
pub(super) fn run(json: bool) -> Result<()> {
    run::run(run::cargo().args(["build", "--release", "--package", "viridian"]))?;
    let binary = project::target_directory()?.join("release/viridian");
    let home = project::target_directory()?.join("tmp/years");
    if home.exists() {
        std::fs::remove_dir_all(&home).context("remove the database of an earlier run")?;
    }
    let data = home.join("data");
    run::run(run::cargo().args(MAKES).arg("--ignored").env(DIRECTORY, &data).stdout(std::io::stderr()))?;
    let bytes = std::fs::metadata(data.join("viridian.db")).context("look at the database")?.len();
    let seen = world::run(TEST, &[(BINARY, binary.as_os_str()), (DIRECTORY, home.as_os_str())])?;
    let samples: Vec<f64> =
        serde_json::from_str(&seen).with_context(|| format!("read the samples in {seen}"))?;
    std::fs::remove_dir_all(&home).context("remove the database")?;
    let median = super::median(&samples).context("there is no sample")?;
    let megabytes = bytes / 1_000_000;
    if json {
        let figure = json!({
            "events": EVENTS, "rollouts": ROLLOUTS, "database_mb": megabytes, "median_ms": median, "samples": samples,
        });
        println!("{figure}");
    } else {
        println!(
            "start: ready after {median} ms on {EVENTS} events and {ROLLOUTS} rollouts ({megabytes} MB); the bar is {BAR} ms"
        );
    }
    ensure!(median <= BAR, "a start takes {median} ms, more than {BAR} ms");
    Ok(())
}
