//! The bad events of an epoch, as the race takes them.

use super::early::Reading;
use crate::analysis::measurement::EpochCounts;
use crate::metric::Metric;
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
