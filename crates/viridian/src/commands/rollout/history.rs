//! `viridian rollout history`: what happened to a rollout, oldest first.

use crate::args::HistoryArgs;
use crate::client::escaped;
use crate::exit::Exit;
use crate::output::history_table;
use crate::settings::Settings;
use anyhow::Result;
use viridian_wire::api::History;

pub(super) async fn run(args: &HistoryArgs, settings: &Settings) -> Result<Exit> {
    let path = format!("/api/v1/rollouts/{}/history", escaped(&args.rollout));
    let history: History = settings.client()?.get(&path).await?;
    settings.output.rows(&history, &history.entries, |history| history_table(&history.entries))?;
    Ok(Exit::Ok)
}
