//! What it costs a controller to bring the tables of many applications to many gateways at once: time until the last
//! gateway has everything, processor time and memory of the controller.
//!
//! Entry point: [`run()`]. The controller is a process of its own; the gateways' side comes, takes and acknowledges as
//! gateways do, in one other process. There is no bar yet: the figures are stated.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{project, run, world};

const TEST: &str = "delivery::tables_of_many_applications_reach_many_gateways";
/// Tells the test how many applications there are.
const APPLICATIONS: &str = "VIRIDIAN_APPLICATIONS";
/// Tells the test how many gateways there are.
const GATEWAYS: &str = "VIRIDIAN_GATEWAYS";
/// Names the binary that the test is to run.
const BINARY: &str = "VIRIDIAN_BINARY";

/// Measures the release build and prints what it cost.
pub(super) fn run(json: bool, applications: usize, gateways: usize) -> Result<()> {
    run::run(run::cargo().args(["build", "--release", "--package", "viridian"]))?;
    let binary = project::target_directory()?.join("release/viridian");
    let (applications, gateways) = (applications.to_string(), gateways.to_string());
    let variables =
        [(BINARY, binary.as_os_str()), (APPLICATIONS, applications.as_ref()), (GATEWAYS, gateways.as_ref())];
    let seen = world::run(TEST, &variables)?;
    let seen: Value = serde_json::from_str(&seen).with_context(|| format!("read the figures in {seen}"))?;
    if json {
        println!("{seen}");
        return Ok(());
    }
    let figure = |name: &str| seen[name].as_f64().with_context(|| format!("there is no {name} in {seen}"));
    println!("{applications} applications, {gateways} gateways at once:");
    for (what, name, unit) in [
        ("made and written down in", "made_seconds", "s"),
        ("delivered in", "delivered_seconds", "s"),
        ("the controller's processor time for that", "delivered_cpu_seconds", "s"),
        ("sent", "delivered_megabytes", "MB"),
        ("all come again with everything in", "again_seconds", "s"),
        ("the controller's processor time for that", "again_cpu_seconds", "s"),
        ("the controller holds before", "idle_megabytes", "MiB"),
        ("and at most", "most_megabytes", "MiB"),
    ] {
        println!("  {what}: {:.2} {unit}", figure(name)?);
    }
    Ok(())
}
