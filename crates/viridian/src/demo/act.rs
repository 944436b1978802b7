//! One act of the demo: a rollout from its start to its end, shown as it goes.

use super::ledger::Trial;
use super::{Stage, manifests};
use crate::output::{Screen, rollout_line, rollout_table};
use std::time::Duration;
use tokio::time::Instant;
use viridian_wire::api::{History, PhaseBody, RolloutBody};

/// How often the screen is drawn.
const FRAME: Duration = Duration::from_millis(200);
/// How long answers to requests that were sent before the end may still come.
const STRAGGLERS: Duration = Duration::from_millis(500);

/// A rollout, and the end it deserves.
#[derive(Clone, Copy)]
pub(super) struct Act {
    pub(super) release: &'static str,
    pub(super) deserves: PhaseBody,
}

/// How an act ended.
pub(super) struct Ending {
    pub(super) release: &'static str,
    deserves: PhaseBody,
    /// The rollout as it was last seen.
    pub(super) rollout: RolloutBody,
    /// Why it ended so, in the product's own words.
    pub(super) decision: Option<String>,
    /// What the callers saw of the candidate.
    pub(super) trial: Trial,
    /// From the start of the rollout to its end, or to the demo's.
    pub(super) took: Duration,
}

impl Ending {
    /// Whether the release came to the end it deserves.
    pub(super) fn came_as_deserved(&self) -> bool {
        self.rollout.summary.phase == self.deserves
    }
}

impl Stage {
    /// Starts a rollout and shows it until it ends or the demo's time is up.
    pub(super) async fn play(&self, act: &Act) -> anyhow::Result<Ending> {
        self.ledger.begin_trial();
        let mut screen = self.redraws.map_or_else(Screen::new, Screen::redrawing);
        let began = Instant::now();
        self.apply(manifests::rollout(act.release)).await?;
        let path = format!("/api/v1/rollouts/{}", act.release);
        loop {
            let rollout: RolloutBody = self.client.get(&path).await?;
            screen.show(&rollout_table(&rollout), &rollout_line(&rollout.summary))?;
            if rollout.summary.phase.is_end() || Instant::now() >= self.deadline {
                let took = began.elapsed();
                tokio::time::sleep(STRAGGLERS).await;
                let trial = self.ledger.trial();
                let decision = self.decision(&path).await?;
                let Act { release, deserves } = *act;
                return Ok(Ending { release, deserves, rollout, decision, trial, took });
            }
            tokio::time::sleep(FRAME).await;
        }
    }

    /// The sentence with which the rollout turned back, or was promoted.
    async fn decision(&self, path: &str) -> anyhow::Result<Option<String>> {
        let history: History = self.client.get(&format!("{path}/history")).await?;
        let decides = |phase: &PhaseBody| matches!(phase, PhaseBody::RollingBack | PhaseBody::Promoted);
        let decided =
            history.entries.into_iter().rev().find(|entry| entry.phase.as_ref().is_some_and(decides));
        Ok(decided.map(|entry| entry.sentence))
    }
}
