//! The bad events of an epoch, as the race takes them, and its amounts, as bets do.

use super::reading::{Cases, Reading};
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
    let Cases { probability, candidate, baseline } = reading.of(metric, counts);
    RaceEpoch { probability, candidate: reading.bad(candidate), baseline: reading.bad(baseline) }
}

/// The race of a percentile in which the candidate's answers are slow only beyond the margin.
pub(super) fn granted_race_of(counts: &EpochCounts, metric: Metric, reading: Reading) -> RaceEpoch {
    let candidate = reading.bad_if_granted(reading.of(metric, counts).candidate);
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
    let cases = reading.of(metric, counts);
    if cases.is_empty() {
        return plain;
    }
    let times = counts.candidate.tally.times(percentile.of);
    let beyond = times.count_above(scaled_threshold(threshold.at_us, margin));
    RaceEpoch { candidate: reading.bad(Counts { events: beyond, ..cases.candidate }), ..plain }
}

/// The race of what came to more than the cap.
pub(super) fn tail_of(counts: &EpochCounts, metric: Metric, reading: Reading) -> RaceEpoch {
    let Cases { probability, candidate, baseline } = reading.of(metric, counts);
    RaceEpoch {
        probability,
        candidate: reading.bad_if_granted(candidate),
        baseline: reading.bad_if_granted(baseline),
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
    let Cases { probability, .. } = reading.of(metric, counts);
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
    let Cases { probability, candidate, baseline } = reading.of(metric, counts);
    let centre = counts.epoch.centre(metric);
    BinaryEpoch { probability, centre, candidate: trials(candidate), baseline: trials(baseline) }
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

/// The times of an epoch with the threshold of a percentile; nothing while it has none, and without cases.
pub(super) fn times_of(counts: &EpochCounts, metric: Metric, reading: Reading) -> Option<TimesEpoch<'_>> {
    let (percentile, threshold) = metric.percentile().zip(counts.epoch.thresholds.of(metric))?;
    let cases = reading.of(metric, counts);
    let candidate = counts.candidate.tally.times(percentile.of);
    let timed = candidate.count_above(threshold.at_us);
    let without_times = Counts { events: cases.candidate.events.saturating_sub(timed), ..cases.candidate };
    (!cases.is_empty()).then(|| TimesEpoch {
        probability: cases.probability,
        threshold: threshold.at_us,
        candidate,
        slowest: reading.bad(without_times),
        baseline: reading.bad(cases.baseline),
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

/// The amounts of an epoch; none while they have no cap, and without cases.
fn amounts_of(counts: &EpochCounts, metric: Metric, reading: Reading) -> AmountEpoch<'_> {
    let cases = reading.of(metric, counts);
    let cap = counts.epoch.thresholds.cap(metric).filter(|_| !cases.is_empty());
    let [candidate, baseline] = [&counts.candidate, &counts.baseline]
        .map(|arm| cap.and_then(|_| arm.tally.amounts(metric)).unwrap_or(&NO_AMOUNTS));
    let cap = cap.unwrap_or(1);
    let (amount, unknown_on_candidate) = reading.early_amounts(cases.candidate, cap);
    let (_, unknown_on_baseline) = reading.early_amounts(cases.baseline, cap);
    AmountEpoch {
        probability: cases.probability,
        cap,
        centre: counts.epoch.centre(metric),
        candidate,
        baseline,
        unknown: Unknown { amount, candidate: unknown_on_candidate, baseline: unknown_on_baseline },
    }
}
