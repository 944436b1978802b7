//! The decision benchmark: every rule over the same seeded traffic, ours through the `judge` and `step` of the product.
//!
//! `cargo xtask bench decisions` and `cargo xtask bench tick` start this on the release build. What is run is written
//! down in `bench/decisions`. In reading order: [`config`], [`traffic`], [`ours`], [`series`] and [`rivals`],
//! [`pairs`], [`experiment`] on [`threads`], [`row`], [`tuned`], [`sweep`], [`bars`], [`page`], [`claims`]; [`tick`] measures how long a decision takes.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to the person who started it")]

mod bars;
mod claims;
mod config;
mod experiment;
mod ours;
mod page;
mod pairs;
mod rivals;
mod row;
mod run;
mod series;
mod sweep;
mod threads;
mod tick;
mod traffic;
mod tuned;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use config::{Config, Kind};
use experiment::Task;
use ours::LooksAfter;
use rivals::Setting;
use row::Row;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use tuned::Tried;

/// The allocator of the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// How often, how fast and at what cost each rule rolls back.
    Decisions(Decisions),
    /// How long one decision takes.
    Tick {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Decisions {
    /// The directory of traffic.toml, scenarios.toml and rules.toml.
    #[arg(long, default_value = "bench/decisions")]
    directory: PathBuf,
    /// The size of the published table instead of two hundred runs of each scenario.
    #[arg(long)]
    full: bool,
    /// So many runs of every scenario.
    #[arg(long)]
    runs: Option<u64>,
    /// Another seed than the published one; whoever looks for a better rule uses one.
    #[arg(long)]
    seed: Option<u64>,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Only scenarios whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Ours alone.
    #[arg(long, conflicts_with = "sweep")]
    alone: bool,
    /// Also every setting that is tried of the others, as with `--full`: which of them are wrong about one clean candidate of a hundred
    /// cannot be told from a few hundred.
    #[arg(long)]
    sweep: bool,
    /// Ours also looks after every answer of the baseline that speaks against the candidate, which takes several times as long.
    #[arg(long)]
    closely: bool,
    /// Print the rows as JSON.
    #[arg(long)]
    json: bool,
    /// Write `results.json`, `sweep.json` and `results.md` beside the configuration, naming this commit, and the README's table of them.
    #[arg(long, value_name = "COMMIT")]
    write: Option<String>,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().bench {
        Bench::Decisions(arguments) => decisions(&arguments),
        Bench::Tick { json } => tick::run(json),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn decisions(arguments: &Decisions) -> Result<()> {
    let config = Config::read(&arguments.directory)?;
    let named = Setting::named(&config.rules);
    let swept = if arguments.full || arguments.sweep { Setting::swept(&config.rules) } else { Vec::new() };
    let settings: Vec<Setting> = match arguments.alone {
        true => Vec::new(),
        false => named.iter().chain(&swept).cloned().collect(),
    };
    let (mut rows, mut tried) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    for scenario in &config.scenarios {
        if arguments.only.as_ref().is_some_and(|only| !scenario.name.contains(only)) {
            continue;
        }
        let since = Instant::now();
        let task = Task {
            config: &config,
            scenario,
            seed: arguments.seed.unwrap_or(config.seed),
            runs: runs(arguments, &config, scenario.kind),
            threads: arguments.threads,
            looks_after: if arguments.closely { LooksAfter::Both } else { LooksAfter::Candidate },
            settings: &settings,
        };
        let outcomes = experiment::run(&task)?;
        let new = Row::all(scenario, &outcomes, &named);
        eprintln!("{}", page::line(&new, since.elapsed()));
        tried.push(Tried::of(scenario, &outcomes, named.len()));
        rows.extend(new);
    }
    let seed = arguments.seed.unwrap_or(config.seed);
    let of_pairs = |kind| runs(arguments, &config, kind);
    rows.extend(pairs::rows(arguments.only.as_deref(), (seed, arguments.threads), of_pairs)?);
    let bars = bars::all(&rows, (&tried, &swept), &config);
    let about = page::About {
        seed: arguments.seed.unwrap_or(config.seed),
        took: begun.elapsed(),
        threads: arguments.threads,
        commit: arguments.write.clone(),
    };
    let tuned = page::Tuned { best: tuned::best(&tried, &swept), sweep: sweep::table(&tried, &swept) };
    let page = page::page(&about, &config, &rows, &tuned, &bars);
    if let Some(directory) = arguments.write.as_ref().map(|_| &arguments.directory) {
        let json = serde_json::to_string_pretty(&rows)? + "\n";
        std::fs::write(directory.join("results.json"), json).context("write results.json")?;
        std::fs::write(directory.join("results.md"), &page).context("write results.md")?;
        let sweep = sweep::json(&tried, &swept)?;
        std::fs::write(directory.join("sweep.json"), sweep).context("write sweep.json")?;
        let readme = directory.join("../../README.md");
        let text = std::fs::read_to_string(&readme).context("read README.md")?;
        std::fs::write(readme, claims::renewed(&text, &rows)?).context("write README.md")?;
    }
    if arguments.json {
        println!("{}", serde_json::to_string(&rows)?);
    } else {
        println!("{page}");
    }
    let missed: Vec<&str> = bars.iter().filter(|bar| !bar.is_met()).map(|bar| bar.what.as_str()).collect();
    ensure!(missed.is_empty(), "{} of {} bars are missed: {}", missed.len(), bars.len(), missed.join("; "));
    Ok(())
}

fn runs(arguments: &Decisions, config: &Config, kind: Kind) -> u64 {
    match (arguments.runs, arguments.full, kind) {
        (Some(runs), _, _) => runs,
        (None, false, _) => config.runs.small,
        (None, true, Kind::Null | Kind::Equal) => config.runs.nulls,
        (None, true, Kind::Margin) => config.runs.margins,
        (None, true, _) => config.runs.others,
    }
}
