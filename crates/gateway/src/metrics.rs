//! What a gateway counts for its operators. [`Metrics`] is the data; rendering it is left to whoever shows it.

use crate::blame::Blame;
use std::sync::atomic::{AtomicU64, Ordering};
use viridian_core::arm::Arm;
use viridian_core::id::ApplicationName;
use viridian_core::outcome::Class;

/// What a gateway has counted since it started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// Inference requests that ended, where there were any.
    pub requests: Vec<Requests>,
    /// Requests the gateway answered with an error of its own, by who is to blame.
    pub refused: Vec<Refusals>,
    /// How the requests that were decided stand.
    pub traffic: Traffic,
    /// Connections of callers that are open.
    pub connections: u64,
    /// Connections opened to upstreams.
    pub upstream_connects: u64,
    /// Requests sent again because a reused connection turned out to be closed.
    pub upstream_retries: u64,
    /// Requests that went on to another endpoint because the one before could not be connected to, each time they did.
    pub upstream_failovers: u64,
    /// Tables that were refused.
    pub rejected_tables: u64,
    /// Feedback by what became of it.
    pub feedback: FeedbackCounts,
}

/// Inference requests of one application to one arm that ended in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requests {
    /// Whose requests.
    pub application: ApplicationName,
    /// Who was to serve them.
    pub arm: Arm,
    /// How they ended.
    pub class: Class,
    /// How many.
    pub count: u64,
}

/// Requests that the gateway answered with an error of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusals {
    /// Who is to blame.
    pub blame: Blame,
    /// How many.
    pub count: u64,
}

/// Every request that is decided comes to one outcome: what was decided is recorded or in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Requests an arm was decided for.
    pub decided: u64,
    /// Outcomes recorded.
    pub recorded: u64,
}

/// Feedback by what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeedbackCounts {
    /// Taken.
    pub accepted: u64,
    /// Not attributable: forged, foreign, expired or malformed.
    pub refused: u64,
    /// Attributable, but too many were waiting.
    pub dropped: u64,
}

/// A number that one worker counts up and others read.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

/// What one worker counts. On its own cache lines, so that workers do not slow each other down.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Counters {
    pub(crate) decided: Count,
    pub(crate) recorded: Count,
    /// In the order of [`Blame::ALL`].
    refused: [Count; Blame::ALL.len()],
    pub(crate) accepted_connections: Count,
    pub(crate) closed_connections: Count,
    pub(crate) upstream_connects: Count,
    pub(crate) upstream_retries: Count,
    pub(crate) upstream_failovers: Count,
}

impl Counters {
    pub(crate) const fn refused(&self, blame: Blame) -> &Count {
        &self.refused[blame as usize]
    }
}

impl Traffic {
    /// Requests under way.
    pub const fn in_flight(self) -> u64 {
        self.decided.saturating_sub(self.recorded)
    }
}

impl Count {
    pub(crate) fn increment(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
