//! Looking at a rollout until it ends, and what its end means for a script.

use crate::client::{Client, Error, escaped};
use crate::exit::Exit;
use crate::output::note;
use std::time::Duration;
use viridian_wire::api::{PhaseBody, RolloutBody, VerdictBody};

/// How often something that is watched is looked at.
pub(super) const BEAT: Duration = Duration::from_millis(500);

/// Somebody who looks at one rollout again and again. A server that restarts meanwhile is waited for.
pub(super) struct Lookout<'a> {
    client: &'a Client,
    rollout: &'a str,
    /// What was seen last.
    pub(super) seen: RolloutBody,
    /// Whether the server did not answer the last time.
    lost: bool,
}

impl<'a> Lookout<'a> {
    /// Looks for the first time.
    pub(super) async fn begin(client: &'a Client, rollout: &'a str) -> Result<Self, Error> {
        let seen = fetch(client, rollout).await?;
        Ok(Self { client, rollout, seen, lost: false })
    }

    /// Waits for a beat and looks again.
    pub(super) async fn again(&mut self) -> Result<(), Error> {
        tokio::time::sleep(BEAT).await;
        match fetch(self.client, self.rollout).await {
            Ok(seen) => {
                self.seen = seen;
                self.lost = false;
            }
            Err(error @ Error::Unreachable { .. }) => {
                if !self.lost {
                    note(format_args!("warning: {error}; trying again"));
                }
                self.lost = true;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

async fn fetch(client: &Client, rollout: &str) -> Result<RolloutBody, Error> {
    client.get(&format!("/api/v1/rollouts/{}", escaped(rollout))).await
}

/// What a rollout that is not waited for any longer means for a script.
pub(super) fn exit_of(rollout: &RolloutBody) -> Exit {
    match rollout.summary.phase {
        PhaseBody::RolledBack | PhaseBody::RollingBack | PhaseBody::Aborted => Exit::RolledBack,
        PhaseBody::Superseded => Exit::Inconclusive,
        PhaseBody::Held if is_held_by_a_guard(rollout) => Exit::GateFailed,
        _ => Exit::Ok,
    }
}

/// Whether a guard that pauses found the candidate worse.
fn is_held_by_a_guard(rollout: &RolloutBody) -> bool {
    let judged = rollout.report.iter().flat_map(|report| &report.analysis.guards);
    let mut failed = judged.filter(|judged| judged.verdict == VerdictBody::Fail);
    failed.any(|judged| !judged.guard.observe_only)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = include_str!("../../../wire/tests/golden/api/rollout.json");

    fn check(phase: PhaseBody, verdict: VerdictBody, exit: Exit) {
        let mut body: RolloutBody = serde_json::from_str(BODY).unwrap();
        body.summary.phase = phase;
        body.report.as_mut().unwrap().analysis.guards[0].verdict = verdict;
        assert_eq!(exit_of(&body), exit, "{phase}");
    }

    #[test]
    fn the_exit_says_how_it_ended() {
        check(PhaseBody::Promoted, VerdictBody::Pass, Exit::Ok);
        check(PhaseBody::Progressing, VerdictBody::Wait, Exit::Ok);
        check(PhaseBody::RolledBack, VerdictBody::Fail, Exit::RolledBack);
        check(PhaseBody::Aborted, VerdictBody::Wait, Exit::RolledBack);
        check(PhaseBody::Superseded, VerdictBody::Wait, Exit::Inconclusive);
        check(PhaseBody::Held, VerdictBody::Wait, Exit::Ok);
        check(PhaseBody::Held, VerdictBody::Fail, Exit::GateFailed);
    }
}
