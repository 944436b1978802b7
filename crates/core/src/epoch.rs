//! An epoch: a span in which the draw's probability and everything outcomes are scored by stay the same, fixed
//! before the first request of the span. That is what keeps the evidence free of the clock: whatever befalls both
//! arms alike, at any hour, cancels.

use crate::grown;
use crate::id::EpochId;
use crate::metric::Metric;
use crate::time::Timestamp;
use crate::weight::Weight;
use serde::{Deserialize, Serialize};

/// A span with constant draw probabilities and scoring parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Epoch {
    /// Its number, counted per application.
    pub id: EpochId,
    /// The candidate's share; evidence only when it compares.
    pub weight: Weight,
    /// The thresholds slow answers are counted against.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// What the baseline is expected to do.
    #[serde(default, deserialize_with = "grown::array")]
    pub centres: Centres,
    /// When it began.
    pub started_at: Timestamp,
}

/// Published thresholds, edges of the latency histogram so that counts above them are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thresholds {
    /// For the 95th percentile of latency; absent before calibration or without such a guard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_p95: Option<Threshold>,
}

/// A latency an answer is slow above, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Threshold {
    /// The baseline's quantile in earlier epochs.
    pub at_us: u64,
    /// The same, the guard's margin higher: what the candidate may take and still pass as safe.
    pub scaled_us: u64,
}

/// The baseline's shares in earlier epochs, by [`Metric::index`]. They centre the bets on binary metrics; a wrong
/// centre costs power and never validity.
pub type Centres = [f64; Metric::ALL.len()];
