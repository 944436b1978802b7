//! What is kept, and for how long: [`Retention`]. The log of events is not among it, it is kept for ever.

use std::time::Duration;

/// What is kept of measurements, and for how long. What is older than that becomes totals, which sum up to the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long the rows of gateways and single opinions are kept. A gateway that was cut off for longer has lost what
    /// it could not report, and what is said later about an answer does not count. Feedback that matures later is kept
    /// until it has.
    pub rows: Duration,
    /// How many totals of ended epochs an application keeps, about ten kilobytes each. Those of a rollout that has not
    /// ended are kept beyond that. What earlier rollouts were decided on stands in their reports.
    pub epochs: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { rows: Duration::from_secs(24 * 3_600), epochs: 1_000 }
    }
}
