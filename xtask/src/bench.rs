//! Measures the product: one bench per bar it has to reach.
//!
//! Entry point: [`bench()`]. Each bench has a module; it builds the release binary, measures, prints, and fails when its
//! bar is not reached.

mod decisions;
mod delivery;
mod gateway;
mod rollback;
mod start;

use anyhow::Result;
use clap::Subcommand;

/// What is measured.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Bench {
    /// What a request through the gateway costs, against NGINX.
    Gateway {
        /// Print an array of JSON objects, one per target.
        #[arg(long)]
        json: bool,
    },
    /// From the order to roll back to the last request that starts on the candidate.
    Rollback {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        /// Measure so many gateways in processes of their own instead of one process with everything in it.
        #[arg(long, value_name = "COUNT")]
        gateways: Option<usize>,
    },
    /// How often, how soon and at what cost releases are rolled back, against the rules of others over the same traffic.
    Decisions {
        /// The size of the published table, and write it into `bench/decisions`.
        #[arg(long)]
        full: bool,
        /// Print an array of JSON objects, one per rule and scenario.
        #[arg(long)]
        json: bool,
        /// What else the benchmark takes: `--seed`, `--runs`, `--only`, `--threads`, `--alone`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// How long one decision takes.
    Tick {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// From a start on a million events and ten thousand rollouts until it is ready.
    Start {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// What it costs a controller to bring the tables of many applications to many gateways.
    Delivery {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        /// How many applications there are.
        #[arg(long, default_value_t = 10_000)]
        applications: usize,
        /// How many gateways come at the same time.
        #[arg(long, default_value_t = 50)]
        gateways: usize,
    },
}

/// Measures and prints.
pub(crate) fn bench(bench: Bench) -> Result<()> {
    match bench {
        Bench::Gateway { json } => gateway::run(json),
        Bench::Delivery { json, applications, gateways } => delivery::run(json, applications, gateways),
        Bench::Rollback { json, gateways } => rollback::run(json, gateways),
        Bench::Decisions { full, json, rest } => decisions::run(full, json, &rest),
        Bench::Tick { json } => decisions::tick(json),
        Bench::Start { json } => start::run(json),
    }
}

/// The value in the middle; of two in the middle, what lies between them.
fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get(sorted.len().saturating_sub(1) / 2)?;
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }
}
