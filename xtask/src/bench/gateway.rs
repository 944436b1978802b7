//! What a request costs: the gateway, with everything on, against NGINX passing the same requests on.
//!
//! Entry point: [`run()`]. What is measured and how is told in `bench/gateway/README.md`; the configuration of every part
//! lies beside it.

mod account;
mod load;
mod target;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use self::account::Account;
use self::load::Load;
use self::target::Target;
use crate::{install, project, run};

/// How much more processor time a request may take than NGINX takes.
const BAR: f64 = 1.6;
/// More rounds make the medians steadier; three are the fewest that have one.
const ROUNDS: usize = 5;
/// What is needed beyond cargo, by the program that shows whether it is there.
const TOOLS: [(&str, &str); 3] = [("nginx", "nginx"), ("wrk", "wrk"), ("taskset", "util-linux")];
const SCENARIO: &str = "chat";

/// What one target came to; medians of the rounds.
#[derive(Debug, Clone, Serialize)]
struct Row {
    target: &'static str,
    scenario: &'static str,
    cpu_us_per_request: f64,
    rps: f64,
    p50_us: f64,
    p90_us: f64,
    p99_us: f64,
    rss_mb: f64,
}

/// Measures, prints, and fails when the bar is not reached.
pub(super) fn run(json: bool) -> Result<()> {
    install_tools()?;
    let cores = std::thread::available_parallelism().context("count the processors")?;
    ensure!(cores.get() >= 2, "two processors are needed: one for the proxy, one for everything else");
    run::run(run::cargo().args([
        "build",
        "--release",
        "--package",
        "viridian-gateway",
        "--example",
        "fixed_table",
    ]))?;
    let rows = measure()?;
    show(&rows);
    if json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    }
    let cost = |target| rows.iter().find(|row| row.target == target).map(|row| row.cpu_us_per_request);
    let ratio = cost("viridian").zip(cost("nginx")).map(|(viridian, nginx)| viridian / nginx);
    let ratio = ratio.context("a target is missing")?;
    eprintln!("a request costs {ratio:.2} times what it costs NGINX; the bar is {BAR}");
    ensure!(ratio <= BAR, "a request costs {ratio:.2} times what it costs NGINX, more than {BAR}");
    Ok(())
}

fn install_tools() -> Result<()> {
    let is_missing = |tool: &&(&str, &str)| !run::exists(tool.0);
    let missing: Vec<&str> = TOOLS.iter().filter(is_missing).map(|(_, package)| *package).collect();
    if missing.is_empty() { Ok(()) } else { install::packages(&missing) }
}

/// Every target in turn, and again.
fn measure() -> Result<Vec<Row>> {
    let directory = project::target_directory()?.join("tmp/bench-gateway");
    std::fs::create_dir_all(&directory).context("make a directory for what the servers write")?;
    let configuration = project::root().join("bench/gateway");
    let targets = Target::start_all(&configuration, &directory)?;
    let load = Load::new(&configuration);
    let mut samples: Vec<Vec<Row>> = vec![Vec::new(); targets.len()];
    for round in 1..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        for (target, samples) in targets.iter().zip(&mut samples) {
            samples.push(sample(target, &load)?);
        }
    }
    samples.iter().map(|samples| medians(samples)).collect()
}

fn sample(target: &Target, load: &Load) -> Result<Row> {
    load.warm_up(target.port)?;
    let before = Account::of(target.pid)?;
    let seen = load.measure(target.port)?;
    let after = Account::of(target.pid)?;
    ensure!(seen.failed == 0, "{} of {} requests to {} failed", seen.failed, seen.requests, target.name);
    Ok(Row {
        target: target.name,
        scenario: SCENARIO,
        cpu_us_per_request: after.cpu_us_since(&before) / seen.requests,
        rps: seen.requests / (seen.duration_us / 1e6),
        p50_us: seen.p50_us,
        p90_us: seen.p90_us,
        p99_us: seen.p99_us,
        rss_mb: after.rss_mb,
    })
}

fn medians(samples: &[Row]) -> Result<Row> {
    let first = samples.first().context("there is no sample")?;
    let of = |read: fn(&Row) -> f64| {
        let values: Vec<f64> = samples.iter().map(read).collect();
        super::median(&values).map(|median| (median * 100.0).round() / 100.0).context("there is no sample")
    };
    Ok(Row {
        target: first.target,
        scenario: first.scenario,
        cpu_us_per_request: of(|row| row.cpu_us_per_request)?,
        rps: of(|row| row.rps)?,
        p50_us: of(|row| row.p50_us)?,
        p90_us: of(|row| row.p90_us)?,
        p99_us: of(|row| row.p99_us)?,
        rss_mb: of(|row| row.rss_mb)?,
    })
}

fn show(rows: &[Row]) {
    eprintln!(
        "{:<10} {:>14} {:>9} {:>9} {:>9} {:>9} {:>8}",
        "target", "cpu µs/request", "rps", "p50 µs", "p90 µs", "p99 µs", "rss MB"
    );
    for row in rows {
        eprintln!(
            "{:<10} {:>14.2} {:>9.0} {:>9.0} {:>9.0} {:>9.0} {:>8.1}",
            row.target, row.cpu_us_per_request, row.rps, row.p50_us, row.p90_us, row.p99_us, row.rss_mb
        );
    }
}
