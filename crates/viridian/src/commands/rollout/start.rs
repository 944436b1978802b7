//! `viridian rollout start`: from a manifest, or from an application and a release.

use super::super::files::read;
use crate::args::{StartArgs, StrategyWord};
use crate::exit::Exit;
use crate::output::{note, rollout_table};
use crate::settings::Settings;
use anyhow::Result;
use serde_json::{Map, Value, json};
use viridian_wire::api::{RolloutBody, StartRequest, TakeoverBody};

pub(super) async fn run(args: &StartArgs, settings: &Settings) -> Result<Exit> {
    let request = StartRequest {
        takeover: if args.supersede { TakeoverBody::Supersede } else { TakeoverBody::Refuse },
        retry_rejected: args.retry_rejected,
        ..content(args)?
    };
    let rollout: RolloutBody = settings.client()?.post("/api/v1/rollouts", &request).await?;
    settings.output.one(&rollout, rollout_table)?;
    note(format_args!("Watch it: viridian rollout watch {}", rollout.summary.name));
    Ok(Exit::Ok)
}

fn content(args: &StartArgs) -> Result<StartRequest> {
    Ok(match &args.file {
        Some(path) => StartRequest { manifest: Some(read(path)?), ..StartRequest::default() },
        None => StartRequest { name: args.name.clone(), spec: spec(args), ..StartRequest::default() },
    })
}

fn spec(args: &StartArgs) -> Map<String, Value> {
    let mut spec = Map::new();
    for (field, name) in [("application", &args.application), ("candidate", &args.candidate)] {
        if let Some(name) = name {
            spec.insert(field.to_owned(), json!(name));
        }
    }
    if args.strategy == StrategyWord::BlueGreen {
        spec.insert("strategy".to_owned(), json!({"blueGreen": {}}));
    }
    spec
}
