//! The bad events of an epoch, as the race takes them, and its amounts, as bets do.

use super::early::Reading;
use crate::analysis::measurement::EpochCounts;
use crate::analysis::tally::Counts;
use crate::metric::Metric;
use crate::stats::amounts::Amounts;
use crate::stats::evidence::amounts::AmountEpoch;
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

/// The race of a percentile in which the candidate's answers are slow only beyond the margin.
pub(super) fn granted_race_of(counts: &EpochCounts, metric: Metric, reading: Reading) -> RaceEpoch {
    let candidate = reading.bad_if_granted(counts.candidate.counts(metric));
    RaceEpoch { candidate, ..race_of(counts, metric, reading) }
}

/// The same for any margin, from the times of the candidate's answers.
pub(super) fn race_granting(
    counts: &EpochCounts,
    metric: Metric,
    reading: Reading,
    margin: f64,
) -> RaceEpoch {
    let plain = race_of(counts, metric, reading);
    let Some((percentile, threshold)) = metric.percentile().zip(counts.epoch.thresholds.of(metric)) else {
        return plain;
    };
    let arm = &counts.candidate;
    let beyond = arm.tally.times(percentile.of).count_above(scaled_threshold(threshold.at_us, margin));
    RaceEpoch { candidate: reading.bad(Counts { events: beyond, ..arm.counts(metric) }), ..plain }
}

/// The race of what came to more than the cap.
pub(super) fn tail_of(counts: &EpochCounts, metric: Metric) -> RaceEpoch {
    RaceEpoch {
        probability: counts.epoch.weight.probability(),
        candidate: counts.candidate.counts(metric).scaled,
        baseline: counts.baseline.counts(metric).scaled,
    }
}

static NO_AMOUNTS: Amounts = Amounts::none();

/// The amounts of an epoch; none while they have no cap.
pub(super) fn amounts_of(counts: &EpochCounts, metric: Metric) -> AmountEpoch<'_> {
    let cap = counts.epoch.thresholds.cap(metric);
    let [candidate, baseline] = [&counts.candidate, &counts.baseline]
        .map(|arm| cap.and_then(|_| arm.tally.amounts(metric)).unwrap_or(&NO_AMOUNTS));
    AmountEpoch {
        probability: counts.epoch.weight.probability(),
        cap: cap.unwrap_or(1),
        centre: counts.epoch.centres[metric.index()],
        candidate,
        baseline,
    }
}
