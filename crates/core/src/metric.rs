//! What is measured. Every metric of this crate is a share: of so many requests, so many were bad.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Metric {
    /// Requests the arm failed to answer: 5xx, no connection, too late, broken off. Per request.
    #[serde(rename = "errors")]
    Errors,
    /// The 95th percentile of the time to the last byte.
    #[serde(rename = "latency.p95")]
    LatencyP95,
    /// Negative feedback, of the requests that got any.
    #[serde(rename = "feedback")]
    Feedback,
}

impl Metric {
    /// Every metric, in the order of the counters in a tally; new ones go last.
    pub const ALL: [Self; 3] = [Self::Errors, Self::LatencyP95, Self::Feedback];

    /// The name people write.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::LatencyP95 => "latency.p95",
            Self::Feedback => "feedback",
        }
    }

    /// Whether a small share of the traffic can make an arm look better than it would be under more of it.
    pub const fn depends_on_load(self) -> bool {
        matches!(self, Self::LatencyP95)
    }

    /// Whether outcomes arrive after the request, in an order of their own.
    pub const fn arrives_late(self) -> bool {
        matches!(self, Self::Feedback)
    }

    /// Where the metric's counters stand in a tally.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
