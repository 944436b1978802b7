//! Tests for units that stay together. Evidence counts draws, not requests: sums per group of units, compared within
//! each epoch, with the variance between the groups. Guards do not share one order of events here, so each is held to
//! its own part of the error.

use super::{
    ALPHA_PROMOTE, ALPHA_SPLIT, Harm, Tested, is_relative, quantile_excess, safe_epochs, split_check,
};
use crate::analysis::measurement::{EpochCounts, Evidence};
use crate::analysis::tally::Counts;
use crate::analysis::verdict::{Effect, SplitCheck};
use crate::arm::Arm;
use crate::guard::Guard;
use crate::metric::Metric;
use crate::stats::contrast::{self, Contrast, EpochSums, GroupSums, Hypothesis};

/// A regression has to show in at least this many groups: a few users who fail are no candidate that fails.
const HARM_GROUPS: usize = 5;
/// The candidate does as the baseline does.
const EQUAL: Hypothesis = Hypothesis { ratio: 1.0, difference: 0.0 };

pub(super) fn test(guard: &Guard, evidence: &Evidence, alpha: f64) -> Tested {
    let all: Vec<EpochSums> =
        evidence.compared().map(|counts| sums(counts, guard.metric, as_counted)).collect();
    let harm = Contrast::of(&all, EQUAL);
    let worse = harm.is_some_and(|harm| harm.lower(alpha) > 0.0 && harm.event_groups >= HARM_GROUPS);
    let safe = margin_contrast(guard, evidence).is_some_and(|distance| distance.upper(ALPHA_PROMOTE) < 0.0);
    Tested { harm: Harm::Tested(worse), safe, log_safe: None, effect: effect(guard, evidence, &all) }
}

/// Whether the candidate got the share of the requests that was drawn for it.
pub(super) fn split(evidence: &Evidence) -> SplitCheck {
    let epochs: Vec<EpochSums> =
        evidence.compared().map(|counts| sums(counts, Metric::Errors, as_counted)).collect();
    split_check(contrast::split_is_off(&epochs, ALPHA_SPLIT), evidence)
}

/// The most errors per request the candidate may add.
pub(super) fn harm_bound(evidence: &Evidence) -> Option<f64> {
    let all: Vec<EpochSums> =
        evidence.compared().map(|counts| sums(counts, Metric::Errors, as_counted)).collect();
    Contrast::of(&all, EQUAL).map(|distance| distance.upper(ALPHA_PROMOTE).max(0.0))
}

/// The distance to the margin: below zero the candidate is safe.
fn margin_contrast(guard: &Guard, evidence: &Evidence) -> Option<Contrast> {
    let margin = guard.margin.fraction();
    let epochs = safe_epochs(guard.metric, evidence);
    if guard.metric == Metric::LatencyP95 {
        let granted: Vec<EpochSums> = epochs.map(|counts| sums(counts, guard.metric, as_granted)).collect();
        return Contrast::of(&granted, EQUAL);
    }
    let hypothesis = if is_relative(guard.margin) {
        Hypothesis { ratio: 1.0 + margin, difference: 0.0 }
    } else {
        Hypothesis { ratio: 1.0, difference: margin }
    };
    let counted: Vec<EpochSums> = epochs.map(|counts| sums(counts, guard.metric, as_counted)).collect();
    Contrast::of(&counted, hypothesis)
}

fn effect(guard: &Guard, evidence: &Evidence, all: &[EpochSums]) -> Effect {
    if guard.metric == Metric::LatencyP95 {
        return Effect { estimate: quantile_excess(evidence), lower: None, upper: None };
    }
    let Some(distance) = Contrast::of(all, EQUAL) else { return Effect::default() };
    let scale = if is_relative(guard.margin) { baseline_share(all) } else { Some(1.0) };
    scale.map_or_else(Effect::default, |scale| Effect {
        estimate: Some(distance.estimate / scale),
        lower: Some(distance.lower(ALPHA_PROMOTE / 2.0) / scale),
        upper: Some(distance.upper(ALPHA_PROMOTE / 2.0) / scale),
    })
}

fn baseline_share(epochs: &[EpochSums]) -> Option<f64> {
    let groups = || epochs.iter().flat_map(|epoch| &epoch.groups);
    let (events, trials) =
        (groups().map(|g| g.baseline_events).sum::<f64>(), groups().map(|g| g.baseline).sum::<f64>());
    (events > 0.0).then(|| events / trials)
}

fn sums(counts: &EpochCounts, metric: Metric, bad_on_candidate: fn(Counts) -> u64) -> EpochSums {
    let of = |arm: Arm| &counts.arm(arm).groups.metrics[metric.index()];
    let groups = of(Arm::Candidate).iter().zip(of(Arm::Baseline)).map(|(candidate, baseline)| GroupSums {
        candidate: candidate.trials as f64,
        candidate_events: bad_on_candidate(*candidate) as f64,
        baseline: baseline.trials as f64,
        baseline_events: baseline.events as f64,
    });
    EpochSums { probability: counts.epoch.weight.probability(), groups: groups.collect() }
}

const fn as_counted(counts: Counts) -> u64 {
    counts.events
}

/// The candidate's answers are slow only beyond the margin.
const fn as_granted(counts: Counts) -> u64 {
    counts.scaled
}
