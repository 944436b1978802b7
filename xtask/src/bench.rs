//! Measures the product: one bench per bar it has to reach.
//!
//! Entry point: [`bench()`]. Each bench has a module; it builds the release binary, measures, prints, and fails when its
//! bar is not reached.

mod rollback;

use anyhow::Result;
use clap::Subcommand;

/// What is measured.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Bench {
    /// From the order to roll back to the last request that starts on the candidate.
    Rollback {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Measures and prints.
pub(crate) fn bench(bench: Bench) -> Result<()> {
    match bench {
        Bench::Rollback { json } => rollback::run(json),
    }
}
