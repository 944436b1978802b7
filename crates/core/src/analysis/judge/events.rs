//! The bad events of an epoch, as the race takes them, and its amounts, as bets do.

use super::reading::Reading;
use crate::analysis::measurement::EpochCounts;
use crate::analysis::remembered::Bet;
use crate::analysis::tally::Counts;
use crate::metric::Metric;
use crate::stats::amounts::Amounts;
use crate::stats::evidence::amounts::{self, AmountEpoch, Unknown};
use crate::stats::evidence::betting::{self, BinaryEpoch, Trials};
use crate::stats::evidence::capital::{Capital, Side};
use crate::stats::evidence::contrast::Contrast;
use crate::stats::evidence::exceedance::{TimesEpoch, scaled_threshold};
use crate::stats::evidence::per_success::{self, CostEpoch, Costs};
use crate::stats::evidence::race::RaceEpoch;

/// The race of an epoch.
pub(super) fn race_of(counts: &EpochCounts, metric: Metric, reading: Reading) -> RaceEpoch {
    RaceEpoch {
        probability: reading.probability(metric, counts),
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
pub(super) fn tail_of(counts: &EpochCounts, metric: Metric, reading: Reading) -> RaceEpoch {
    RaceEpoch {
        probability: reading.probability(metric, counts),
        candidate: reading.bad_if_granted(counts.candidate.counts(metric)),
        baseline: reading.bad_if_granted(counts.baseline.counts(metric)),
    }
}

/// The evidence of an epoch about an amount's mean under its cap. What it was asked before it remembers.
pub(super) fn capital_of_amounts(
    counts: &EpochCounts,
    (metric, side, margin): (Metric, Side, f64),
    reading: Reading,
) -> Capital {
    let cap = counts.epoch.thresholds.cap(metric).unwrap_or(1);
    let (unknown, _) = reading.early_amounts(Counts::default(), cap);
    let probability = reading.probability(metric, counts);
    counts.capital(Bet { metric, side, margin, unknown, probability }, || {
        if metric == Metric::CostPerSuccess {
            return per_success::capital(&costs_of(counts), side, margin);
        }
        amounts::capital(&amounts_of(counts, metric, reading), side, margin)
    })
}

/// The log evidence that they are larger by less than a margin that is not the guard's own.
pub(super) fn log_e_safe_by_amounts<'a>(
    epochs: impl Iterator<Item = &'a EpochCounts>,
    metric: Metric,
    reading: Reading,
    margin: f64,
) -> f64 {
    if metric == Metric::CostPerSuccess {
        let epochs: Vec<_> = epochs.map(costs_of).collect();
        return per_success::log_e_safe(&epochs, margin);
    }
    let epochs: Vec<_> = epochs.map(|counts| amounts_of(counts, metric, reading)).collect();
    amounts::log_e_safe(&epochs, margin)
}

/// The evidence that the candidate's share is larger by more than so many points, epoch by epoch.
pub(super) fn harm_by_points(
    epochs: &[&EpochCounts],
    (metric, tolerated): (Metric, f64),
    reading: Reading,
) -> Vec<Capital> {
    let epochs: Vec<BinaryEpoch> = epochs.iter().map(|counts| bets_of(counts, metric, reading)).collect();
    betting::harm(&epochs, tolerated).collect()
}

/// The bets on a share in an epoch.
pub(super) fn bets_of(counts: &EpochCounts, metric: Metric, reading: Reading) -> BinaryEpoch {
    let trials = |counts: Counts| Trials { trials: counts.trials, events: counts.events };
    BinaryEpoch {
        probability: reading.probability(metric, counts),
        centre: counts.epoch.centre(metric),
        candidate: trials(counts.candidate.counts(metric)),
        baseline: trials(counts.baseline.counts(metric)),
    }
}

/// How far the means of both arms are apart under their cap, as the logarithm of their ratio.
pub(super) fn contrast_of_amounts(
    epochs: &[&EpochCounts],
    metric: Metric,
    reading: Reading,
) -> Option<Contrast> {
    if metric == Metric::CostPerSuccess {
        let epochs: Vec<_> = epochs.iter().map(|counts| costs_of(counts)).collect();
        return per_success::contrast(&epochs);
    }
    let epochs: Vec<_> = epochs.iter().map(|counts| amounts_of(counts, metric, reading)).collect();
    amounts::contrast(&epochs)
}

/// The times of an epoch with the threshold of a percentile; nothing while it has none.
pub(super) fn times_of(counts: &EpochCounts, metric: Metric, reading: Reading) -> Option<TimesEpoch<'_>> {
    let (percentile, threshold) = metric.percentile().zip(counts.epoch.thresholds.of(metric))?;
    let candidate = counts.candidate.tally.times(percentile.of);
    let told = counts.candidate.counts(metric);
    let timed = candidate.count_above(threshold.at_us);
    let without_times = Counts { events: told.events.saturating_sub(timed), ..told };
    let baseline = counts.baseline.counts(metric);
    Some(TimesEpoch {
        probability: reading.probability(metric, counts),
        threshold: threshold.at_us,
        candidate,
        slowest: reading.bad(without_times),
        baseline: reading.bad(baseline),
    })
}

static NO_AMOUNTS: Amounts = Amounts::none();

/// The costs of an epoch; none while they have no cap.
fn costs_of(counts: &EpochCounts) -> CostEpoch<'_> {
    let cap = counts.epoch.thresholds.cap(Metric::CostPerSuccess);
    let [candidate, baseline] = [&counts.candidate, &counts.baseline].map(|arm| match cap {
        Some(_) => Costs { all: &arm.tally.cost, wasted: &arm.tally.wasted_cost },
        None => Costs { all: &NO_AMOUNTS, wasted: &NO_AMOUNTS },
    });
    CostEpoch { probability: counts.epoch.weight.probability(), cap: cap.unwrap_or(1), candidate, baseline }
}

/// The amounts of an epoch; none while they have no cap.
fn amounts_of(counts: &EpochCounts, metric: Metric, reading: Reading) -> AmountEpoch<'_> {
    let cap = counts.epoch.thresholds.cap(metric);
    let [candidate, baseline] = [&counts.candidate, &counts.baseline]
        .map(|arm| cap.and_then(|_| arm.tally.amounts(metric)).unwrap_or(&NO_AMOUNTS));
    let cap = cap.unwrap_or(1);
    let (amount, unknown_on_candidate) = reading.early_amounts(counts.candidate.counts(metric), cap);
    let (_, unknown_on_baseline) = reading.early_amounts(counts.baseline.counts(metric), cap);
    AmountEpoch {
        probability: reading.probability(metric, counts),
        cap,
        centre: counts.epoch.centre(metric),
        candidate,
        baseline,
        unknown: Unknown { amount, candidate: unknown_on_candidate, baseline: unknown_on_baseline },
    }
}
