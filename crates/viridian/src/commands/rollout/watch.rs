//! `viridian rollout watch`: a table that is redrawn, or a line per change where there is no terminal.

use super::super::wait::{BEAT, exit_of, fetch};
use crate::args::WatchArgs;
use crate::exit::Exit;
use crate::output::{Screen, rollout_line, rollout_table};
use crate::settings::Settings;
use anyhow::Result;

pub(super) async fn run(args: &WatchArgs, settings: &Settings) -> Result<Exit> {
    let client = settings.client()?;
    let mut screen = Screen::new();
    let mut last = None;
    loop {
        let rollout = fetch(&client, &args.rollout).await?;
        if settings.output.is_for_people() {
            screen.show(&rollout_table(&rollout), &rollout_line(&rollout.summary))?;
        } else if last.as_ref() != Some(&rollout) {
            settings.output.one(&rollout, rollout_table)?;
        }
        if rollout.summary.phase.is_end() {
            return Ok(exit_of(&rollout));
        }
        last = Some(rollout);
        tokio::time::sleep(BEAT).await;
    }
}
