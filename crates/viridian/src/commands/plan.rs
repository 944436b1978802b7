//! `viridian plan`: says how long a rollout would take at the present traffic and what it would see.

use super::files::read;
use crate::args::PlanArgs;
use crate::exit::Exit;
use crate::output::forecast_table;
use crate::settings::Settings;
use anyhow::Result;
use serde_json::{Map, Value};
use viridian_wire::api::{ForecastBody, StartRequest};

pub(super) async fn run(args: &PlanArgs, settings: &Settings) -> Result<Exit> {
    let request = match &args.file {
        Some(path) => StartRequest { manifest: Some(read(path)?), ..StartRequest::default() },
        None => StartRequest { spec: spec(args), ..StartRequest::default() },
    };
    let forecast: ForecastBody = settings.client()?.post("/api/v1/plan", &request).await?;
    settings.output.one(&forecast, forecast_table)?;
    Ok(Exit::Ok)
}

fn spec(args: &PlanArgs) -> Map<String, Value> {
    let fields = [("application", &args.application), ("candidate", &args.candidate)];
    let given = fields.into_iter().filter_map(|(field, name)| Some((field.to_owned(), name.clone()?.into())));
    given.collect()
}
