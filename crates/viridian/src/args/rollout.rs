//! The arguments of `rollout` and its verbs.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// What is to be done with a rollout.
#[derive(Debug, Subcommand)]
pub enum RolloutVerb {
    /// Start one, from a manifest or from its parts.
    Start(StartArgs),
    /// Say where one stands; the exit code says how it ended.
    Status(StatusArgs),
    /// Show one as it goes on, until its end.
    Watch(WatchArgs),
    /// Hold one where it stands.
    Pause(OrderArgs),
    /// Let one that is held go on.
    Resume(OrderArgs),
    /// Send one to its next step without waiting for the present one's gate.
    Promote(PromoteArgs),
    /// Stop one and restore the baseline; the release may be tried again.
    Abort(AbortArgs),
    /// Restore the baseline and reject the release.
    Rollback(AbortArgs),
    /// Show what happened to one, oldest first.
    History(HistoryArgs),
}

/// Arguments of `rollout start`.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// What is to be rolled out.
    #[command(flatten)]
    pub proposed: ProposedArgs,
    /// The rollout's name; the candidate's name unless given.
    #[arg(long, conflicts_with = "file")]
    pub name: Option<String>,
    /// How to get there: a canary of 5 %, 25 % and 50 %, or a switch into an idle environment.
    #[arg(long, value_enum, default_value_t = StrategyWord::Canary, conflicts_with = "file")]
    pub strategy: StrategyWord,
    /// Take over from a rollout of the same application that has not ended.
    #[arg(long)]
    pub supersede: bool,
    /// Try a release again that was rejected before.
    #[arg(long)]
    pub retry_rejected: bool,
}

/// What is to be rolled out: by a manifest, or by the names of its parts.
#[derive(Debug, Args)]
pub struct ProposedArgs {
    /// A manifest with one rollout; `-` reads from the standard input.
    #[arg(short = 'f', long = "file", value_name = "FILE", required_unless_present = "application")]
    pub file: Option<PathBuf>,
    /// The application, when there is no manifest: a canary of 5 %, 25 % and 50 % unless a strategy is given.
    #[arg(conflicts_with = "file", requires = "candidate")]
    pub application: Option<String>,
    /// The release that is to serve.
    #[arg(conflicts_with = "file")]
    pub candidate: Option<String>,
}

/// How to get there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StrategyWord {
    /// Step by step.
    Canary,
    /// Everything at once, into an environment that is idle now.
    BlueGreen,
}

/// Arguments of `rollout status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The rollout.
    pub rollout: String,
    /// Wait for its end.
    #[arg(long)]
    pub wait: bool,
    /// How long to wait, such as `30m`.
    #[arg(long, default_value = "30m", value_parser = duration, requires = "wait")]
    pub timeout: Duration,
}

/// Arguments of `rollout watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The rollout.
    pub rollout: String,
}

/// Arguments of an order without more to say.
#[derive(Debug, Args)]
pub struct OrderArgs {
    /// The rollout.
    pub rollout: String,
}

/// Arguments of `rollout promote`.
#[derive(Debug, Args)]
pub struct PromoteArgs {
    /// The rollout.
    pub rollout: String,
    /// Past every step to the last watch, and out of the last watch to the end.
    #[arg(long)]
    pub full: bool,
}

/// Arguments of `rollout abort` and `rollout rollback`.
#[derive(Debug, Args)]
pub struct AbortArgs {
    /// The rollout.
    pub rollout: String,
    /// Why, for those who read the history.
    #[arg(long)]
    pub reason: Option<String>,
}

/// Arguments of `rollout history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The rollout.
    pub rollout: String,
}

/// A span of time: numbers with `ms`, `s`, `m` or `h`, one after the other.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    Duration::try_from(span).map_err(|_| "a span of time cannot be negative".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_are_read_as_written() {
        let check = |text, seconds| assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        check("90s", 90);
        check("30m", 1_800);
        check("1h30m", 5_400);
        assert!(duration("soon").is_err());
        assert!(duration("-5s").is_err());
    }
}
