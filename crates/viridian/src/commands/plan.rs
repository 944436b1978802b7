//! `viridian plan`: says how long a rollout would take at the present traffic and what it would see.

use super::proposed;
use crate::args::PlanArgs;
use crate::exit::Exit;
use crate::output::forecast_table;
use crate::settings::Settings;
use anyhow::Result;
use viridian_wire::api::ForecastBody;

pub(super) async fn run(args: &PlanArgs, settings: &Settings) -> Result<Exit> {
    let request = proposed::request(&args.proposed)?;
    let answer = settings.client()?.post("/api/v1/plan", &request).await;
    let forecast: ForecastBody = answer.map_err(|error| proposed::placed(error, &args.proposed))?;
    settings.output.one(&forecast, forecast_table)?;
    Ok(Exit::Ok)
}
