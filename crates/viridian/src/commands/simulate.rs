//! `viridian simulate`: replays rollouts and experiments over scripted evidence, by the rules that decide in production.

use super::files::read;
use crate::args::SimulateArgs;
use crate::exit::Exit;
use crate::output::note;
use crate::settings::Settings;
use anyhow::Result;
use serde::Serialize;
use std::path::Path;
use viridian_core::simulate::simulate;

/// How many faults of a script are told; a file that is no script at all has one in every line.
const FAULTS_TOLD: usize = 10;

/// A script and what it came to, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replay {
    file: String,
    /// How the rollout or experiment ended; absent when it was still under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'static str>,
    /// Expectations of the script that were not met.
    unmet: Vec<String>,
    story: String,
}

pub(super) fn run(args: &SimulateArgs, settings: &Settings) -> Result<Exit> {
    let mut replays = Vec::new();
    let mut sound = true;
    for path in &args.files {
        match replay(path)? {
            Some(replay) => replays.push(replay),
            None => sound = false,
        }
    }
    if settings.output.is_for_people() {
        for replay in &replays {
            settings.output.text(&replay.story)?;
        }
    } else {
        settings.output.several(&replays, |_| String::new())?;
    }
    for replay in &replays {
        for unmet in &replay.unmet {
            note(format_args!("not as expected: {}: {unmet}", replay.file));
        }
    }
    Ok(match (sound, replays.iter().all(|replay| replay.unmet.is_empty())) {
        (false, _) => Exit::Invalid,
        (true, false) => Exit::GateFailed,
        (true, true) => Exit::Ok,
    })
}

/// Replays a script; nothing when it has faults, which are told.
fn replay(path: &Path) -> Result<Option<Replay>> {
    let file = path.display().to_string();
    match simulate(&read(path)?) {
        Ok(story) => Ok(Some(Replay {
            end: story.end,
            unmet: story.unmet.iter().map(ToString::to_string).collect(),
            story: story.text,
            file,
        })),
        Err(faults) => {
            for fault in faults.iter().take(FAULTS_TOLD) {
                note(format_args!("error: {file}:{}: {}", fault.line, fault.message));
            }
            if let Some(more @ 1..) = faults.len().checked_sub(FAULTS_TOLD) {
                note(format_args!("{more} more faults in {file}"));
            }
            Ok(None)
        }
    }
}
