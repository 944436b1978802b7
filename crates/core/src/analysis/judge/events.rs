//! The bad events of an epoch, as the race takes them.

use super::early::Reading;
use crate::analysis::measurement::EpochCounts;
use crate::analysis::tally::Counts;
use crate::metric::Metric;
use crate::stats::evidence::exceedance::scaled_threshold;
use crate::stats::evidence::race::RaceEpoch;

/// The race of an epoch.
pub(super) fn race_of(counts: &EpochCounts, metric: Metric, reading: Reading) -> RaceEpoch {
    RaceEpoch {
        probability: counts.epoch.weight.probability(),
        candidate: reading.bad(counts.candidate.counts(metric)),
        baseline: reading.bad(counts.baseline.counts(metric)),
    }
}

/// The race of latency in which the candidate's answers are slow only beyond the margin.
pub(super) fn granted_race_of(counts: &EpochCounts, reading: Reading) -> RaceEpoch {
    let candidate = reading.bad_if_granted(counts.candidate.counts(Metric::LatencyP95));
    RaceEpoch { candidate, ..race_of(counts, Metric::LatencyP95, reading) }
}

/// The same for any margin, from the times of the candidate's answers.
pub(super) fn race_granting(counts: &EpochCounts, reading: Reading, margin: f64) -> RaceEpoch {
    let plain = race_of(counts, Metric::LatencyP95, reading);
    let Some(threshold) = counts.epoch.thresholds.latency_p95 else { return plain };
    let arm = &counts.candidate;
    let beyond = arm.tally.latency.count_above(scaled_threshold(threshold.at_us, margin));
    let early = arm.counts(Metric::LatencyP95);
    RaceEpoch { candidate: reading.bad(Counts { events: beyond, ..early }), ..plain }
}
