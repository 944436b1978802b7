//! Tests for requests drawn one by one: exact at every number of requests and looks where every request is a case, and given how many
//! cases each arm has elsewhere, see [`reading`](super::reading).
//!
//! HARM of a share or a percentile is an event race: of the bad events, more fell on the candidate than the draw explains. A
//! strict margin in points is bet on instead.
//! SAFE follows the margin's unit: percentage points are bets on the difference of shares, per cent of a share is a
//! race against the margin, per cent of a quantile is a race in which the candidate is granted the margin. An amount is
//! bet on under its cap, and what exceeds the cap is raced.

use super::events::{Events, bets_of, capital_of_amounts, log_e_safe_by_amounts};
use super::gap::Gap;
use super::interval::ALPHA_EITHER;
use super::reading::Reading;
use super::starts::{LOG_WEIGHTS, Starts};
use super::{ALPHA_PROMOTE, ALPHA_SPLIT, Harm, Tested, interval, is_relative, safe_epochs, split_check};
use crate::analysis::measurement::{EpochCounts, Evidence};
use crate::analysis::verdict::{Effect, SplitCheck};
use crate::arm::Arm;
use crate::guard::Guard;
use crate::metric::Metric;
use crate::stats::evidence::betting::{self, BinaryEpoch, Trials};
use crate::stats::evidence::capital::{Capital, Side};
use crate::stats::evidence::contrast::{EpochSums, GroupSums};
use crate::stats::evidence::race::{self, RaceEpoch};
use crate::stats::evidence::srm::{self, SplitEpoch};
use crate::stats::interval::Interval;

pub(super) fn test(guard: &Guard, evidence: &Evidence, starts: &Starts<'_>) -> Tested {
    let log_safe = log_safe(guard, evidence);
    let safe = shows_safe(log_safe, guard, evidence);
    Tested { safe, log_safe: Some(log_safe), ..harm(guard, starts) }
}

/// What speaks for HARM alone.
pub(super) fn harm(guard: &Guard, starts: &Starts<'_>) -> Tested {
    let harm = starts.harm(guard);
    Tested {
        harm: Harm::Evidence(harm.log_e),
        safe: false,
        log_safe: None,
        material: harm.log_e > f64::NEG_INFINITY,
        since: harm.since,
        heavy: None,
        lacks: None,
    }
}

fn shows_safe(log_safe: f64, guard: &Guard, evidence: &Evidence) -> bool {
    log_safe >= -ALPHA_PROMOTE.ln() && !exceeds_its_cap_more_often(guard, evidence)
}

/// Whether the candidate is shown safe by a guard with another margin than the rollout's, for which nothing is remembered and no
/// thresholds of percentiles were published: what it grants is counted from the answers' times.
pub(super) fn is_safe(guard: &Guard, evidence: &Evidence) -> bool {
    let epochs = || safe_epochs(guard.metric, evidence);
    let (metric, margin) = (guard.metric, guard.margin.fraction());
    let log_safe = if metric.is_amount() {
        least(metric, |reading| log_e_safe_by_amounts(epochs(), metric, reading, margin))
    } else if metric.percentile().is_some() {
        least(metric, |reading| {
            let granting = |counts: &EpochCounts| Events::granting(counts, metric, reading, margin);
            let capitals = epochs().map(|counts| granting(counts).among_cases_once(Side::Safe));
            capitals.sum::<Capital>().log_e()
        })
    } else {
        log_safe(guard, evidence)
    };
    shows_safe(log_safe, guard, evidence)
}

/// Whether the candidate got the share of the requests that was drawn for it.
pub(super) fn split(evidence: &Evidence) -> SplitCheck {
    let epochs: Vec<SplitEpoch> = evidence
        .compared()
        .map(|counts| SplitEpoch {
            probability: counts.epoch.weight.probability(),
            candidate: counts.requests(Arm::Candidate),
            baseline: counts.requests(Arm::Baseline),
        })
        .collect();
    split_check(srm::log_e(&epochs) >= -ALPHA_SPLIT.ln(), evidence)
}

/// The most errors per request the candidate may add.
pub(super) fn harm_bound(evidence: &Evidence) -> Option<f64> {
    let epochs = bets(evidence.compared(), Metric::Errors);
    betting::difference(&epochs).map(|_| betting::upper_bound(&epochs, ALPHA_PROMOTE).max(0.0))
}

/// The least evidence in any reading.
fn least(metric: Metric, log_e: impl Fn(Reading) -> f64) -> f64 {
    Reading::all(metric).iter().map(|reading| log_e(*reading)).fold(f64::INFINITY, f64::min)
}

fn log_safe(guard: &Guard, evidence: &Evidence) -> f64 {
    let (metric, margin) = (guard.metric, guard.margin.fraction());
    let epochs: Vec<&EpochCounts> = safe_epochs(metric, evidence).collect();
    least(metric, |reading| {
        let epochs = || epochs.iter().copied();
        if metric.percentile().is_some() {
            return epochs()
                .map(|counts| Events::granted(counts, metric, reading).among_cases(counts, Side::Safe))
                .sum::<Capital>()
                .log_e();
        }
        if metric.is_amount() {
            let asked = (metric, Side::Safe, margin);
            return epochs()
                .map(|counts| capital_of_amounts(counts, asked, reading))
                .sum::<Capital>()
                .log_e();
        }
        if is_relative(guard.margin) {
            return race::log_e_safe(&plain_races(epochs(), metric, reading), 1.0 + margin);
        }
        betting::log_e_safe(&bets(epochs(), metric), margin)
    })
}

/// A mean that is safe under the cap is not if it grows beyond it.
fn exceeds_its_cap_more_often(guard: &Guard, evidence: &Evidence) -> bool {
    if !guard.metric.is_amount() {
        return false;
    }
    let tails = races(evidence.compared(), |counts| Events::beyond_cap(counts, guard.metric, Reading::Quick));
    race::log_e_harm(&tails, 1.0) >= -ALPHA_PROMOTE.ln()
}

/// Requests that are independent are one group.
fn sums(counts: &EpochCounts, metric: Metric) -> EpochSums {
    let (candidate, baseline) = (counts.candidate.counts(metric), counts.baseline.counts(metric));
    let all = GroupSums {
        candidate: candidate.trials as f64,
        candidate_events: candidate.events as f64,
        baseline: baseline.trials as f64,
        baseline_events: baseline.events as f64,
    };
    EpochSums { probability: counts.epoch.weight.probability(), groups: vec![all] }
}

/// How the candidate compares in these epochs.
pub(super) fn effect(guard: &Guard, epochs: &[&EpochCounts]) -> Effect {
    let estimate = epochs.iter().map(|counts| Gap::of(guard, counts)).sum::<Gap>().estimate(guard);
    if guard.metric.percentile().is_some() {
        return interval::of_times(guard, epochs, estimate, |_| 1.0);
    }
    if guard.metric.is_amount() {
        return interval::of_amounts(guard, epochs, estimate);
    }
    let races = plain_races(epochs.iter().copied(), guard.metric, Reading::Quick);
    if is_relative(guard.margin) {
        let ratios = race::confidence(&races, ALPHA_PROMOTE / 2.0);
        return interval::around(estimate, interval::excess(ratios));
    }
    let bets = bets(epochs.iter().copied(), guard.metric);
    let sums: Vec<EpochSums> = epochs.iter().map(|counts| sums(counts, guard.metric)).collect();
    let ratio = race::least_excess(&races, ALPHA_EITHER, &LOG_WEIGHTS)
        .or_else(|| is_more_often_bad(guard.metric, epochs).then_some(1.0));
    let lower = interval::points(betting::lower_bound(&bets, ALPHA_EITHER), ratio, &sums);
    let upper = betting::upper_bound(&bets, ALPHA_PROMOTE / 2.0);
    interval::around(estimate, Interval { lower, upper })
}

/// Whether cases are more often bad on the candidate, by the race that finds it sooner and gives no bound of how much more often.
fn is_more_often_bad(metric: Metric, epochs: &[&EpochCounts]) -> bool {
    let among_cases =
        |counts: &&EpochCounts| Events::of(counts, metric, Reading::Quick).among_cases(counts, Side::Harm);
    let capital: Capital = epochs.iter().map(among_cases).sum();
    !metric.cases_are_drawn() && capital.log_e_weighted(&LOG_WEIGHTS) > -ALPHA_EITHER.ln()
}

/// The races of epochs, those with the same draw probability as one: their likelihoods are the same, and a rollout
/// of days has hundreds of epochs.
fn races<'a>(
    epochs: impl Iterator<Item = &'a EpochCounts>,
    events: impl Fn(&EpochCounts) -> Events,
) -> Vec<RaceEpoch> {
    let mut merged: Vec<RaceEpoch> = Vec::new();
    for epoch in epochs.map(|counts| events(counts).race()) {
        match merged.iter_mut().find(|earlier| earlier.probability == epoch.probability) {
            Some(earlier) => {
                earlier.candidate += epoch.candidate;
                earlier.baseline += epoch.baseline;
            }
            None => merged.push(epoch),
        }
    }
    merged
}

/// The races of a share.
fn plain_races<'a>(
    epochs: impl Iterator<Item = &'a EpochCounts>,
    metric: Metric,
    reading: Reading,
) -> Vec<RaceEpoch> {
    races(epochs, |counts| Events::of(counts, metric, reading))
}

/// The bets of epochs, those with the same draw probability and centre as one, for the same reason.
fn bets<'a>(epochs: impl Iterator<Item = &'a EpochCounts>, metric: Metric) -> Vec<BinaryEpoch> {
    let mut merged: Vec<BinaryEpoch> = Vec::new();
    let add = |arm: &mut Trials, more: Trials| {
        arm.trials += more.trials;
        arm.events += more.events;
    };
    for epoch in epochs.map(|counts| bets_of(counts, metric)) {
        let is_same = |earlier: &&mut BinaryEpoch| {
            earlier.probability == epoch.probability && earlier.centre == epoch.centre
        };
        match merged.iter_mut().find(is_same) {
            Some(earlier) => {
                add(&mut earlier.candidate, epoch.candidate);
                add(&mut earlier.baseline, epoch.baseline);
            }
            None => merged.push(epoch),
        }
    }
    merged
}
