//! The command line: every verb with its arguments, as they are typed. What they mean is decided in
//! [`settings`](crate::settings) and in the verbs.

mod backup;
mod experiment;
mod gateway;
mod read;
mod rollout;
mod serve;

pub use backup::{BackupArgs, DataArgs, RestoreArgs};
pub use experiment::{ExperimentArgs, ExperimentStartArgs, ExperimentVerb, StopArgs};
pub use gateway::{GatewayArgs, GatewayVerb, ListArgs, PinArgs, SocketArgs};
pub use read::{
    ApplyArgs, CheckArgs, DescribeArgs, ExplainArgs, GetArgs, InitArgs, Kind, PlanArgs, SimulateArgs,
};
pub use rollout::{
    AbortArgs, HistoryArgs, OrderArgs, PromoteArgs, ProposedArgs, RolloutVerb, StartArgs, StatusArgs,
    StrategyWord, WatchArgs,
};
pub use serve::{DemoArgs, RoleName, ServeArgs};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Releases changes to AI behaviour safely: moves traffic to a new release step by step, judges it against the old
/// one on live evidence, and puts the old one back when the new one is worse.
#[derive(Debug, Parser)]
#[command(name = "viridian", version, propagate_version = true, max_term_width = 110)]
pub struct Arguments {
    /// What every verb understands.
    #[command(flatten)]
    pub shared: Shared,
    /// What is to be done.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What every verb understands.
#[derive(Debug, Clone, Args)]
pub struct Shared {
    /// How data is printed.
    #[arg(short, long, value_enum, default_value_t = Format::Table, global = true, help_heading = "Shared options")]
    pub output: Format,
    /// The control plane to talk to.
    #[arg(
        long,
        env = "VIRIDIAN_SERVER",
        default_value = "http://127.0.0.1:8081",
        global = true,
        value_name = "URL",
        help_heading = "Shared options"
    )]
    pub server: String,
    /// The token the control plane asks for.
    #[arg(
        long,
        env = "VIRIDIAN_TOKEN",
        hide_env_values = true,
        global = true,
        help_heading = "Shared options"
    )]
    pub token: Option<String>,
    /// A file that holds the token.
    #[arg(
        long,
        conflicts_with = "token",
        global = true,
        value_name = "FILE",
        help_heading = "Shared options"
    )]
    pub token_file: Option<PathBuf>,
}

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people; it may change between versions.
    Table,
    /// One JSON value, as the API answers it.
    Json,
    /// The same as YAML.
    Yaml,
    /// One JSON value per line.
    Jsonl,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write a commented file to start from.
    Init(InitArgs),
    /// Say everything that is wrong with manifests; nothing is applied.
    Check(CheckArgs),
    /// Run gateway, controller and API in this process.
    Serve(Box<ServeArgs>),
    /// Apply manifests; rollouts and experiments among them are started.
    Apply(ApplyArgs),
    /// List applications, releases, rollouts or experiments.
    Get(GetArgs),
    /// Show everything about one thing.
    Describe(DescribeArgs),
    /// Say why a rollout stands where it stands, and what would change it.
    Explain(ExplainArgs),
    /// Start, watch and order rollouts.
    #[command(subcommand)]
    Rollout(RolloutVerb),
    /// Start, watch and stop experiments, and release their winners.
    #[command(subcommand)]
    Experiment(ExperimentVerb),
    /// Look at gateways; pin applications to their baselines on the one of this machine.
    #[command(subcommand)]
    Gateway(GatewayVerb),
    /// Say how long a rollout would take and what it would see; nothing is started.
    Plan(PlanArgs),
    /// Replay a rollout over scripted evidence; no server is needed.
    Simulate(SimulateArgs),
    /// Copy the database to a file, while it is in use or not.
    Backup(BackupArgs),
    /// Make a data directory of such a copy.
    Restore(RestoreArgs),
    /// See a bad release rolled back and a good one promoted, on this machine, in a minute.
    Demo(DemoArgs),
    /// Print the JSON Schema of manifests, for editors.
    Schema,
    /// Print the description of the API (OpenAPI).
    Openapi,
}
