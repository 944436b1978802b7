//! `viridian rollout start`: from a manifest, or from an application and a release.

use super::super::proposed;
use crate::args::{StartArgs, StrategyWord};
use crate::exit::Exit;
use crate::output::{note, rollout_table};
use crate::settings::Settings;
use anyhow::Result;
use serde_json::json;
use viridian_wire::api::{RolloutBody, TakeoverBody};

pub(super) async fn run(args: &StartArgs, settings: &Settings) -> Result<Exit> {
    let mut request = proposed::request(&args.proposed)?;
    request.name.clone_from(&args.name);
    if args.strategy == StrategyWord::BlueGreen {
        request.spec.insert("strategy".to_owned(), json!({"blueGreen": {}}));
    }
    request.takeover = if args.supersede { TakeoverBody::Supersede } else { TakeoverBody::Refuse };
    request.retry_rejected = args.retry_rejected;
    let answer = settings.client()?.post("/api/v1/rollouts", &request).await;
    let rollout: RolloutBody = answer.map_err(|error| proposed::placed(error, &args.proposed))?;
    for warning in &rollout.warnings {
        note(format_args!("warning: rollout/{}: {warning}", rollout.summary.name));
    }
    settings.output.one(&rollout, rollout_table)?;
    note(format_args!("Watch it: viridian rollout watch {}", rollout.summary.name));
    Ok(Exit::Ok)
}
