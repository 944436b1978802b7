//! Looking at a rollout until it ends, and what its end means for a script.

use crate::client::{Client, Error, escaped};
use crate::exit::Exit;
use anyhow::Result;
use std::time::Duration;
use viridian_wire::api::{PhaseBody, RolloutBody, VerdictBody};

/// How often something that is watched is looked at.
pub(super) const BEAT: Duration = Duration::from_millis(500);

/// Fetches a rollout.
pub(super) async fn fetch(client: &Client, rollout: &str) -> Result<RolloutBody, Error> {
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
        for report in &mut body.report {
            report.analysis.guards[0].verdict = verdict;
        }
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
