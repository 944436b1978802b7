//! `viridian rollout watch`: a table that is redrawn, or a line per change where there is no terminal.

use super::super::wait::{Lookout, exit_of};
use crate::args::WatchArgs;
use crate::exit::Exit;
use crate::output::{Screen, rollout_line, rollout_table};
use crate::settings::Settings;
use anyhow::Result;

pub(super) async fn run(args: &WatchArgs, settings: &Settings) -> Result<Exit> {
    let client = settings.client()?;
    let mut screen = Screen::new();
    let mut lookout = Lookout::begin(&client, &args.rollout).await?;
    let mut printed = None;
    loop {
        let rollout = &lookout.seen;
        if settings.output.is_for_people() {
            screen.show(&rollout_table(rollout), &rollout_line(&rollout.summary))?;
        } else if printed.as_ref() != Some(rollout) {
            settings.output.one(rollout, rollout_table)?;
            printed = Some(rollout.clone());
        }
        if rollout.summary.phase.is_end() {
            return Ok(exit_of(rollout));
        }
        lookout.again().await?;
    }
}
