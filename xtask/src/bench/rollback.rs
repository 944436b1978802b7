//! How fast a rollback is: from the moment its order is sent until the last request starts on the candidate, under
//! load, twenty times.
//!
//! Entry point: [`run()`]. The clock starts before the order leaves its sender, so the way to the control plane is
//! included; it stops when the candidate's own server receives its last request, or when a caller sends the last one
//! that the candidate answers, whichever is later. Callers send one request after the other without a pause: nothing
//! shorter than the time between two of them on the candidate can be seen.

use anyhow::{Context, Result, ensure};

use crate::{project, run, world};

/// The slowest median that is good enough in one process, in milliseconds.
const BAR: f64 = 50.0;
/// The same with gateways in processes of their own.
const BAR_APART: f64 = 250.0;
const TEST: &str = "rollback_speed::from_the_order_to_the_last_request_on_the_candidate";
const TEST_APART: &str = "rollback_speed::from_the_order_to_the_last_request_on_the_candidate_anywhere";
/// Tells the test how many gateways to start.
const GATEWAYS: &str = "VIRIDIAN_GATEWAYS";
/// Names the binary that the test is to run.
const BINARY: &str = "VIRIDIAN_BINARY";

/// Measures the release build, prints the samples and fails when the bar is not reached. With a number of gateways
/// these are processes of their own; without, there is one process.
pub(super) fn run(json: bool, gateways: Option<usize>) -> Result<()> {
    run::run(run::cargo().args(["build", "--release", "--package", "viridian"]))?;
    let binary = project::target_directory()?.join("release/viridian");
    let count = gateways.unwrap_or_default().to_string();
    let (test, bar) = if gateways.is_some() { (TEST_APART, BAR_APART) } else { (TEST, BAR) };
    let seen = world::run(test, &[(BINARY, binary.as_os_str()), (GATEWAYS, count.as_ref())])?;
    let samples: Vec<f64> =
        serde_json::from_str(&seen).with_context(|| format!("read the samples in {seen}"))?;
    let median = super::median(&samples).context("there is no sample")?;
    if json {
        println!("{}", serde_json::json!({"median_ms": median, "samples": samples}));
    } else {
        let slowest = samples.iter().copied().fold(0.0, f64::max);
        println!(
            "rollback: median {median} ms, slowest {slowest} ms of {}; the bar is {bar} ms",
            samples.len()
        );
    }
    ensure!(median <= bar, "a rollback takes {median} ms, more than {bar} ms");
    Ok(())
}
