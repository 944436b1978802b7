//! The bad events of an epoch, as races take them: [`Events`]. Its shares and amounts, as bets do.

use super::reading::{Cases, Reading};
use crate::analysis::measurement::EpochCounts;
use crate::analysis::remembered::{Bet, Race};
use crate::analysis::tally::Counts;
use crate::metric::Metric;
use crate::stats::amounts::Amounts;
use crate::stats::evidence::amounts::{self, AmountEpoch, Unknown};
use crate::stats::evidence::betting::{self, BinaryEpoch, Trials};
use crate::stats::evidence::capital::{Capital, Side};
use crate::stats::evidence::conditional::{self, CasesEpoch};
use crate::stats::evidence::contrast::Contrast;
use crate::stats::evidence::exceedance::{TimesEpoch, scaled_threshold};
use crate::stats::evidence::per_success::{self, CostEpoch, Costs};
use crate::stats::evidence::race::RaceEpoch;

/// The bad events of an epoch, and the cases they are among.
#[derive(Debug, Clone, Copy)]
pub(super) struct Events {
    /// The candidate's part of the cases.
    probability: f64,
    candidate: Trials,
    baseline: Trials,
}

impl Events {
    /// As they were counted.
    pub(super) fn of(counts: &EpochCounts, metric: Metric, reading: Reading) -> Self {
        Self::counted(Cases::of(metric, counts), |counts| reading.bad(counts), |counts| reading.bad(counts))
    }

    /// Those of a percentile where the candidate's answers are slow only beyond the margin.
    pub(super) fn granted(counts: &EpochCounts, metric: Metric, reading: Reading) -> Self {
        let granted = |counts| reading.bad_if_granted(counts);
        Self::counted(Cases::of(metric, counts), granted, |counts| reading.bad(counts))
    }

    /// The same for any margin, from the times of the candidate's answers; those that failed late and have none are slow beyond any.
    pub(super) fn granting(counts: &EpochCounts, metric: Metric, reading: Reading, margin: f64) -> Self {
        let cases = Cases::of(metric, counts);
        let threshold = metric.percentile().zip(counts.epoch.thresholds.of(metric));
        let Some((percentile, threshold)) = threshold.filter(|_| !cases.is_empty()) else {
            return Self::of(counts, metric, reading);
        };
        let times = counts.candidate.tally.times(percentile.of);
        let without_times = |counts: Counts| counts.events.saturating_sub(times.count_above(threshold.at_us));
        let beyond = times.count_above(scaled_threshold(threshold.at_us, margin));
        let granted = |counts: Counts| {
            let scaled = (beyond + without_times(counts)).min(counts.events);
            let given_up = counts.given_up.min(counts.events - scaled);
            reading.bad_if_granted(Counts { scaled, given_up, ..counts })
        };
        Self::counted(cases, granted, |counts| reading.bad(counts))
    }

    /// Amounts that came to more than the cap.
    pub(super) fn beyond_cap(counts: &EpochCounts, metric: Metric, reading: Reading) -> Self {
        let beyond = |counts| reading.bad_if_granted(counts);
        Self::counted(Cases::of(metric, counts), beyond, beyond)
    }

    fn counted(
        cases: Cases,
        of_candidate: impl Fn(Counts) -> u64,
        of_baseline: impl Fn(Counts) -> u64,
    ) -> Self {
        let Cases { probability, candidate, baseline } = cases;
        let trials = |counts: Counts, events| Trials { trials: counts.trials, events };
        Self {
            probability,
            candidate: trials(candidate, of_candidate(candidate)),
            baseline: trials(baseline, of_baseline(baseline)),
        }
    }

    /// As a race takes them.
    pub(super) const fn race(&self) -> RaceEpoch {
        let Self { probability, candidate, baseline } = *self;
        RaceEpoch { probability, candidate: candidate.events, baseline: baseline.events }
    }

    /// The evidence that an epoch's cases are more often bad on the candidate, or less often, given how many each arm has. What it was
    /// asked before the epoch remembers.
    pub(super) fn among_cases(&self, counts: &EpochCounts, side: Side) -> Capital {
        counts.race(Race { cases: self.cases(), side }, || self.among_cases_once(side))
    }

    /// The same of what is asked once, and not remembered.
    pub(super) fn among_cases_once(&self, side: Side) -> Capital {
        conditional::capital(&self.cases(), side)
    }

    const fn cases(&self) -> CasesEpoch {
        CasesEpoch { candidate: self.candidate, baseline: self.baseline }
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
    let Cases { probability, .. } = Cases::of(metric, counts);
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
pub(super) fn harm_by_points(epochs: &[&EpochCounts], (metric, tolerated): (Metric, f64)) -> Vec<Capital> {
    let epochs: Vec<BinaryEpoch> = epochs.iter().map(|counts| bets_of(counts, metric)).collect();
    betting::harm(&epochs, tolerated).collect()
}

/// The bets on a share in an epoch.
pub(super) fn bets_of(counts: &EpochCounts, metric: Metric) -> BinaryEpoch {
    let trials = |counts: Counts| Trials { trials: counts.trials, events: counts.events };
    let Cases { probability, candidate, baseline } = Cases::of(metric, counts);
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
    let cases = Cases::of(metric, counts);
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
    let cases = Cases::of(metric, counts);
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
