//! What an epoch is scored by, from what the baseline did before it.

use super::measurement::ArmCounts;
use crate::epoch::{Centres, Threshold, Thresholds};
use crate::guard::Guard;
use crate::metric::Metric;
use crate::stats::quantile;

impl Thresholds {
    /// Thresholds from what the baseline did, for the guards that need one.
    pub fn calibrated(guards: &[Guard], baseline: &ArmCounts) -> Self {
        let guard = guards.iter().find(|guard| guard.metric == Metric::LatencyP95);
        let slowest = baseline.tally.latency.quantile(0.95);
        let latency_p95 = guard.zip(slowest).map(|(guard, at_us)| Threshold {
            at_us,
            scaled_us: quantile::scaled_threshold(at_us, guard.margin.fraction()),
        });
        Self { latency_p95 }
    }
}

/// Centres from what the baseline did; zero for a metric without outcomes.
pub fn centres(baseline: &ArmCounts) -> Centres {
    Metric::ALL.map(|metric| baseline.counts(metric).share().unwrap_or(0.0))
}
