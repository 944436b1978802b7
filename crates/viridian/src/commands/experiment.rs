//! `viridian experiment`: starts, shows and stops experiments, and releases their winners.

use super::files;
use crate::args::{ExperimentStartArgs, ExperimentVerb, StopArgs};
use crate::client::escaped;
use crate::exit::Exit;
use crate::output::{experiment_table, experiments_table, note, rollouts_table};
use crate::settings::Settings;
use anyhow::Result;
use viridian_wire::api::{
    ExperimentBody, ExperimentPhase, ExperimentRequest, List, RolloutSummary, StopReceipt, StopRequest,
};

const PATH: &str = "/api/v1/experiments";

pub(super) async fn run(verb: &ExperimentVerb, settings: &Settings) -> Result<Exit> {
    match verb {
        ExperimentVerb::Start(args) => start(args, settings).await,
        ExperimentVerb::List => {
            let list: List<ExperimentBody> = settings.client()?.get(PATH).await?;
            settings.output.several(&list.items, experiments_table)?;
            Ok(Exit::Ok)
        }
        ExperimentVerb::Status(args) => {
            let experiment = status(&args.experiment, settings).await?;
            settings.output.one(&experiment, experiment_table)?;
            Ok(exit_of(experiment.phase))
        }
        ExperimentVerb::Stop(args) => stop(args, settings).await,
        ExperimentVerb::Promote(args) => {
            let path = format!("{PATH}/{}/promote", escaped(&args.experiment));
            let started: List<RolloutSummary> = settings.client()?.post(&path, &()).await?;
            settings.output.several(&started.items, rollouts_table)?;
            for rollout in &started.items {
                note(format_args!("Watch it: viridian rollout watch {}", rollout.name));
            }
            Ok(Exit::Ok)
        }
    }
}

async fn start(args: &ExperimentStartArgs, settings: &Settings) -> Result<Exit> {
    let request = ExperimentRequest { manifest: files::read(&args.file)? };
    let experiment: ExperimentBody = settings.client()?.post(PATH, &request).await?;
    for warning in &experiment.warnings {
        note(format_args!("warning: experiment/{}: {warning}", experiment.name));
    }
    settings.output.one(&experiment, experiment_table)?;
    Ok(Exit::Ok)
}

async fn status(name: &str, settings: &Settings) -> Result<ExperimentBody> {
    Ok(settings.client()?.get(&format!("{PATH}/{}", escaped(name))).await?)
}

async fn stop(args: &StopArgs, settings: &Settings) -> Result<Exit> {
    let by = std::env::var("USER").ok().filter(|user| !user.is_empty());
    let request = StopRequest {
        by: by.or_else(|| Some("cli".to_owned())),
        arm: args.arm.clone(),
        winner: args.winner.clone(),
    };
    let path = format!("{PATH}/{}/stop", escaped(&args.experiment));
    let receipt: StopReceipt = settings.client()?.post(&path, &request).await?;
    settings
        .output
        .one(&receipt, |receipt| format!("experiment/{}: {}", receipt.experiment, receipt.order))?;
    Ok(Exit::Ok)
}

/// An end without an answer is told from one with.
const fn exit_of(phase: ExperimentPhase) -> Exit {
    match phase {
        ExperimentPhase::LeadIn
        | ExperimentPhase::Running
        | ExperimentPhase::Won
        | ExperimentPhase::NoDifference => Exit::Ok,
        ExperimentPhase::NoArmLeft | ExperimentPhase::OutOfTime | ExperimentPhase::Stopped => {
            Exit::Inconclusive
        }
    }
}
