//! What a request and a piece of a stream cost: the gateway, with everything on, against NGINX passing the same on.
//!
//! Entry point: [`run()`]. What is measured and how is told in `bench/gateway/README.md`; the configuration of every part
//! lies beside it.

mod account;
mod load;
mod scenario;
mod target;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use self::account::Account;
use self::load::Load;
use self::scenario::Scenario;
use self::target::Target;
use crate::{install, project, run};

/// More rounds make the medians steadier; three are the fewest that have one.
const ROUNDS: usize = 5;
/// What is needed beyond cargo, by the program that shows whether it is there.
const TOOLS: [(&str, &str); 3] = [("nginx", "nginx"), ("wrk", "wrk"), ("taskset", "util-linux")];

/// What one target came to in one scenario; medians of the rounds.
#[derive(Debug, Clone, Serialize)]
struct Row {
    target: &'static str,
    scenario: &'static str,
    cpu_us_per_request: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_us_per_chunk: Option<f64>,
    rps: f64,
    p50_us: f64,
    p90_us: f64,
    p99_us: f64,
    rss_mb: f64,
}

impl Row {
    /// What is compared: of a piece where answers come in pieces, else of a request.
    fn cost(&self) -> f64 {
        self.cpu_us_per_chunk.unwrap_or(self.cpu_us_per_request)
    }
}

/// Measures, prints, and fails when a bar is not reached.
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
        "--example",
        "chunk_upstream",
    ]))?;
    let rows = measure()?;
    show(&rows);
    if json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    }
    let missed: Vec<String> = Scenario::ALL
        .into_iter()
        .map(|scenario| judge(&rows, scenario))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    ensure!(missed.is_empty(), "{}", missed.join("; "));
    Ok(())
}

/// Says how a scenario's costs compare; what is missed when its bar is not reached.
fn judge(rows: &[Row], scenario: Scenario) -> Result<Option<String>> {
    let cost = |target| {
        let mut rows = rows.iter().filter(|row| row.scenario == scenario.name());
        rows.find(|row| row.target == target).map(Row::cost)
    };
    let ratio = cost("viridian").zip(cost("nginx")).map(|(viridian, nginx)| viridian / nginx);
    let ratio = ratio.context("a target is missing")?;
    let (unit, bar) = (scenario.unit(), scenario.bar());
    let sentence = format!("a {unit} costs {ratio:.2} times what it costs NGINX; the bar is {bar}");
    eprintln!("{sentence}");
    Ok((ratio > bar).then_some(sentence))
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
    let mut rows = Vec::new();
    for scenario in Scenario::ALL {
        let load = Load::new(&configuration, scenario);
        let asked: Vec<&Target> =
            targets.iter().filter(|target| target.scenarios.contains(&scenario)).collect();
        let mut samples: Vec<Vec<Row>> = vec![Vec::new(); asked.len()];
        for round in 1..=ROUNDS {
            eprintln!("{}: round {round} of {ROUNDS}", scenario.name());
            for (target, samples) in asked.iter().zip(&mut samples) {
                samples.push(sample(target, scenario, &load)?);
            }
        }
        for samples in &samples {
            rows.push(medians(samples)?);
        }
    }
    Ok(rows)
}

fn sample(target: &Target, scenario: Scenario, load: &Load) -> Result<Row> {
    load.warm_up(target.port)?;
    let before = Account::of(target.pid)?;
    let seen = load.measure(target.port)?;
    let after = Account::of(target.pid)?;
    ensure!(seen.failed == 0, "{} of {} requests to {} failed", seen.failed, seen.requests, target.name);
    ensure!(
        seen.bytes >= seen.requests * scenario.least_bytes(),
        "answers of {} were cut: {} bytes in {} of them",
        target.name,
        seen.bytes,
        seen.requests
    );
    let cost = after.cpu_us_since(&before) / seen.requests;
    Ok(Row {
        target: target.name,
        scenario: scenario.name(),
        cpu_us_per_request: cost,
        cpu_us_per_chunk: scenario.pieces().map(|pieces| cost / pieces),
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
        cpu_us_per_chunk: first.cpu_us_per_chunk.map(|_| of(Row::cost)).transpose()?,
        rps: of(|row| row.rps)?,
        p50_us: of(|row| row.p50_us)?,
        p90_us: of(|row| row.p90_us)?,
        p99_us: of(|row| row.p99_us)?,
        rss_mb: of(|row| row.rss_mb)?,
    })
}

fn show(rows: &[Row]) {
    eprintln!(
        "{:<10} {:<8} {:>14} {:>12} {:>9} {:>9} {:>9} {:>9} {:>8}",
        "target", "scenario", "cpu µs/request", "cpu µs/piece", "rps", "p50 µs", "p90 µs", "p99 µs", "rss MB"
    );
    for row in rows {
        let piece = row.cpu_us_per_chunk.map(|cost| format!("{cost:.2}")).unwrap_or_default();
        eprintln!(
            "{:<10} {:<8} {:>14.2} {:>12} {:>9.0} {:>9.0} {:>9.0} {:>9.0} {:>8.1}",
            row.target,
            row.scenario,
            row.cpu_us_per_request,
            piece,
            row.rps,
            row.p50_us,
            row.p90_us,
            row.p99_us,
            row.rss_mb
        );
    }
}
