//! `viridian explain`: says why a rollout stands where it stands, and what would change it.

use crate::args::ExplainArgs;
use crate::client::escaped;
use crate::exit::Exit;
use crate::output::explanation_text;
use crate::settings::Settings;
use anyhow::Result;
use viridian_wire::api::Explanation;

pub(super) async fn run(args: &ExplainArgs, settings: &Settings) -> Result<Exit> {
    let path = format!("/api/v1/rollouts/{}/explain", escaped(&args.rollout));
    let explanation: Explanation = settings.client()?.get(&path).await?;
    settings.output.one(&explanation, explanation_text)?;
    Ok(Exit::Ok)
}
