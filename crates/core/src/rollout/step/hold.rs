//! A hold: how much it matters to people; and one for want of something: when it ends, and what ends it. What evidence is missing for decides whose rule applies:
//! the guard's that has not shown the candidate safe, and the rollout's for everything else.

use super::gate::{self, Gate};
use super::{Moment, Transition};
use crate::guard::{Guard, Unproven};
use crate::rollout::effect::Severity;
use crate::rollout::report::Finding;
use crate::rollout::state::{Cause, Hold, Phase, Position, Waiting};
use crate::time::{Timestamp, readable};
use std::time::Duration;

impl Moment<'_> {
    /// A hold for want of something ends when it is there, or when the rollout or a guard says that it was held enough.
    pub(super) fn reconsider(&self, (reason, since): (&Waiting, Timestamp), at: &Position) -> Transition {
        match gate::of(self, at) {
            // What was missing before was no evidence: the time it took is not counted against the evidence.
            Gate::Wait(waiting) if waiting.is_want_of_data() && !reason.is_want_of_data() => {
                self.hold(Hold::Waiting(waiting), at.clone())
            }
            Gate::Wait(waiting) => match self.held_enough(&waiting, since, at) {
                Some(cause) => self.roll_back(cause),
                None if matches!(waiting, Waiting::Time { .. }) => self.resume(at.clone()),
                None => self.stay(Finding::StillHeld { reason: Hold::Waiting(waiting) }),
            },
            open => self.pass(open, at.clone()),
        }
    }

    /// Why a hold has lasted long enough.
    fn held_enough(&self, waiting: &Waiting, since: Timestamp, at: &Position) -> Option<Cause> {
        let limit = self.limit(waiting, at)?;
        (self.now.since(since) >= limit.longest).then_some(limit.cause)
    }

    /// The first end that is set to a hold for this, if any is. Where several guards are open, the one that waits least
    /// ends it for all: its evidence does not come by waiting for the others.
    fn limit(&self, waiting: &Waiting, at: &Position) -> Option<Limit> {
        let policy = &self.plan.policy;
        if !waiting.is_want_of_data() {
            return None;
        }
        if !matches!(waiting, Waiting::Guard { .. }) {
            return policy.longest_hold().map(|longest| Limit { longest, cause: Cause::Insufficient });
        }
        let limit = |guard: &Guard| {
            let longest = policy.longest_hold_for(guard)?;
            let own = guard.unproven != Unproven::AsRollout;
            let cause = if own { Cause::Unproven { metric: guard.metric } } else { Cause::Insufficient };
            Some(Limit { longest, cause })
        };
        let open = gate::unproven(self, at).filter_map(|judged| limit(&judged.guard));
        open.min_by_key(|limit| limit.longest)
    }

    /// How much a hold matters to people: whoever has to look or to decide is called. Who paused it knows of it, and where the
    /// rollout says when it was held enough, people are called by what follows then.
    pub(super) fn severity_of_hold(&self, reason: &Hold, at: &Position) -> Severity {
        match reason {
            Hold::Paused { .. } => Severity::Warning,
            Hold::Waiting(waiting) if self.limit(waiting, at).is_some() => Severity::Warning,
            Hold::PlannedPause
            | Hold::Regression { .. }
            | Hold::OutOfBounds { .. }
            | Hold::SplitBroken
            | Hold::Refused { .. }
            | Hold::Oversized(_)
            | Hold::Waiting(_) => Severity::Critical,
        }
    }

    /// What follows if nothing changes; nothing when a person has to end it.
    pub(super) fn what_follows(&self, waiting: &Waiting, phase: &Phase) -> Option<String> {
        let Phase::Held { reason: Hold::Waiting(_), since, at } = phase else { return None };
        let limit = self.limit(waiting, at)?;
        let left = readable(limit.longest.saturating_sub(self.now.since(*since)));
        Some(match limit.cause {
            Cause::Unproven { metric } => format!("back to the baseline in {left} if {metric} stays open"),
            _ => format!("back to the baseline in {left} if it stays so"),
        })
    }
}

/// An end that is set to a hold.
struct Limit {
    longest: Duration,
    cause: Cause,
}
