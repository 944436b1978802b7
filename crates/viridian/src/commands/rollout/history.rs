//! `viridian rollout history`: what happened to a rollout, oldest first.

use crate::args::HistoryArgs;
use crate::client::escaped;
use crate::exit::Exit;
use crate::output::history_table;
use crate::settings::Settings;
use anyhow::Result;
use viridian_wire::api::History;

/// How many entries are asked for at a time: as many as may be.
const PART: usize = 500;

pub(super) async fn run(args: &HistoryArgs, settings: &Settings) -> Result<Exit> {
    let client = settings.client()?;
    let path = format!("/api/v1/rollouts/{}/history?limit={PART}", escaped(&args.rollout));
    let mut history: History = client.get(&path).await?;
    while let Some(next) = history.next.take() {
        let part: History = client.get(&format!("{path}&after={}", escaped(&next))).await?;
        history.entries.extend(part.entries);
        history.next = part.next;
    }
    settings.output.rows(&history, &history.entries, |history| history_table(&history.entries))?;
    Ok(Exit::Ok)
}
