//! An epoch: a span in which the draw's probability and everything outcomes are scored by stay the same, fixed
//! before the first request of the span. That is what keeps the evidence free of the clock: whatever befalls both
//! arms alike, at any hour, cancels.

use super::guard::Guard;
use super::measurement::ArmCounts;
use super::metric::Metric;
use crate::id::EpochId;
use crate::stats::histogram;
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
    #[serde(default)]
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

impl Thresholds {
    /// Thresholds from what the baseline did, for the guards that need one.
    pub fn calibrated(guards: &[Guard], baseline: &ArmCounts) -> Self {
        let guard = guards.iter().find(|guard| guard.metric == Metric::LatencyP95);
        let quantile = baseline.tally.latency.quantile(0.95);
        let latency_p95 = guard.zip(quantile).map(|(guard, at_us)| Threshold {
            at_us,
            scaled_us: histogram::edge_at_or_above(scale(at_us, 1.0 + guard.margin.fraction())),
        });
        Self { latency_p95 }
    }
}

fn scale(micros: u64, factor: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "latencies are far below 2^53"
    )]
    let scaled = (micros as f64 * factor).round() as u64;
    scaled
}

/// Centres from what the baseline did; zero for a metric without outcomes.
pub fn centres(baseline: &ArmCounts) -> Centres {
    Metric::ALL.map(|metric| baseline.counts(metric).share().unwrap_or(0.0))
}
