//! `viridian describe`: shows everything about one thing.

use crate::args::{DescribeArgs, Kind};
use crate::client::escaped;
use crate::exit::Exit;
use crate::output::{application_table, experiment_table, gateway_table, release_table, rollout_table};
use crate::settings::Settings;
use anyhow::Result;
use viridian_wire::api::{ApplicationBody, ExperimentBody, GatewayBody, ReleaseBody, RolloutBody};

pub(super) async fn run(args: &DescribeArgs, settings: &Settings) -> Result<Exit> {
    let client = settings.client()?;
    let name = escaped(&args.name);
    match args.kind {
        Kind::Applications => {
            let body: ApplicationBody = client.get(&format!("/api/v1/applications/{name}")).await?;
            settings.output.one(&body, application_table)?;
        }
        Kind::Releases => {
            let body: ReleaseBody = client.get(&format!("/api/v1/releases/{name}")).await?;
            settings.output.one(&body, release_table)?;
        }
        Kind::Rollouts => {
            let body: RolloutBody = client.get(&format!("/api/v1/rollouts/{name}")).await?;
            settings.output.one(&body, rollout_table)?;
        }
        Kind::Experiments => {
            let body: ExperimentBody = client.get(&format!("/api/v1/experiments/{name}")).await?;
            settings.output.one(&body, experiment_table)?;
        }
        Kind::Gateways => {
            let body: GatewayBody = client.get(&format!("/api/v1/gateways/{name}")).await?;
            settings.output.one(&body, gateway_table)?;
        }
    }
    Ok(Exit::Ok)
}
