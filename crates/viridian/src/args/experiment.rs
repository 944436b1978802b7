//! The arguments of `experiment` and its verbs.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What is to be done with an experiment.
#[derive(Debug, Subcommand)]
pub enum ExperimentVerb {
    /// Start one from a manifest.
    Start(ExperimentStartArgs),
    /// List all of them.
    List,
    /// Say where one stands and what it says so far; the exit code says how it ended.
    Status(ExperimentArgs),
    /// Stop one, or one arm of it, or end it with a winner.
    Stop(StopArgs),
    /// Start the rollout that releases the winner of one that has ended.
    Promote(ExperimentArgs),
}

/// Arguments of `experiment start`.
#[derive(Debug, Args)]
pub struct ExperimentStartArgs {
    /// A manifest with one experiment; `-` reads from the standard input.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub file: PathBuf,
}

/// Arguments of verbs that only name an experiment.
#[derive(Debug, Args)]
pub struct ExperimentArgs {
    /// The experiment.
    pub experiment: String,
}

/// Arguments of `experiment stop`.
#[derive(Debug, Args)]
pub struct StopArgs {
    /// The experiment.
    pub experiment: String,
    /// Only this arm gets no more traffic.
    #[arg(long)]
    pub arm: Option<String>,
    /// It ends with this arm as the winner, whatever the verdict is.
    #[arg(long, conflicts_with = "arm")]
    pub winner: Option<String>,
}
