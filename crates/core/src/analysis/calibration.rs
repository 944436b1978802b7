//! What an epoch is scored by, from what the baseline did before it.

use super::measurement::ArmCounts;
use crate::epoch::{Centres, Threshold, Thresholds};
use crate::guard::Guard;
use crate::metric::Metric;
use crate::stats::histogram;

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
