//! `viridian rollout status`: where a rollout stands, or, with `--wait`, how it ended.

use super::super::wait::{Lookout, exit_of};
use crate::args::StatusArgs;
use crate::exit::Exit;
use crate::output::{is_news, note, rollout_line, rollout_status};
use crate::settings::Settings;
use anyhow::Result;
use tokio::time::Instant;

pub(super) async fn run(args: &StatusArgs, settings: &Settings) -> Result<Exit> {
    let client = settings.client()?;
    let give_up = Instant::now() + args.timeout;
    let mut lookout = Lookout::begin(&client, &args.rollout).await?;
    let mut told = String::new();
    while args.wait && !lookout.seen.summary.phase.is_end() && Instant::now() < give_up {
        let line = rollout_line(&lookout.seen.summary);
        if is_news(&told, &line) {
            note(&line);
            told = line;
        }
        lookout.again().await?;
    }
    let rollout = lookout.seen;
    settings.output.one(&rollout, rollout_status)?;
    let exit = exit_of(&rollout);
    let out_of_time = args.wait && !rollout.summary.phase.is_end();
    Ok(if out_of_time && exit == Exit::Ok { Exit::Inconclusive } else { exit })
}
