//! The arguments of verbs about files and of verbs that only look.

use super::rollout::ProposedArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where to write it; an existing file is never overwritten.
    #[arg(default_value = "viridian.yaml", value_name = "FILE")]
    pub path: PathBuf,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The manifests; `-` reads from the standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Arguments of `apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The manifests; `-` reads from the standard input.
    #[arg(short = 'f', long = "file", required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Say what would be done and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Let a new rollout take over from one that has not ended.
    #[arg(long)]
    pub supersede: bool,
    /// Try a release again that was rejected before.
    #[arg(long)]
    pub retry_rejected: bool,
}

/// Arguments of `get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// What to list.
    #[arg(value_enum)]
    pub kind: Kind,
    /// Only the one of this name.
    pub name: Option<String>,
    /// Only those of this application.
    #[arg(long, short)]
    pub application: Option<String>,
    /// Only rollouts that have not ended.
    #[arg(long)]
    pub active: bool,
    /// Go on printing when something changes.
    #[arg(long, short)]
    pub watch: bool,
}

/// What there is to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// What callers address.
    #[value(alias = "application", alias = "apps", alias = "app")]
    Applications,
    /// Bundles that define behaviour.
    #[value(alias = "release")]
    Releases,
    /// Attempts to bring a release into service.
    #[value(alias = "rollout")]
    Rollouts,
    /// Comparisons of several arms.
    #[value(alias = "experiment")]
    Experiments,
    /// What serves callers.
    #[value(alias = "gateway")]
    Gateways,
}

/// Arguments of `describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// What kind of thing.
    #[arg(value_enum)]
    pub kind: Kind,
    /// Its name.
    pub name: String,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The rollout.
    pub rollout: String,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// What would be rolled out; without a manifest, by a canary of 5 %, 25 % and 50 %.
    #[command(flatten)]
    pub proposed: ProposedArgs,
}

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// The scripts.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}
