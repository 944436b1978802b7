//! Tests for units that stay together. Evidence counts draws, not requests: sums per group of units, compared within
//! each epoch, with the variance between the groups. Guards do not share one order of events here, so each is held to
//! its own part of the error.

use super::heavy::HeavyGroups;
use super::{
    ALPHA_PROMOTE, ALPHA_SPLIT, Harm, Tested, is_material, is_relative, quantile_excess, safe_epochs,
    split_check,
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

/// HARM is asked of all groups but the heavy ones, because what befalls one large user would hide what befalls the many;
/// SAFE is asked of all of them, because a large user's share of the requests is to be safe as well.
pub(super) fn test(guard: &Guard, evidence: &Evidence, alpha: f64) -> Tested {
    let safe = distance_to_margin(guard, safe_epochs(guard.metric, evidence), None);
    let safe = safe.is_some_and(|distance| distance.upper(ALPHA_PROMOTE) < 0.0);
    let all: Vec<EpochSums> =
        evidence.compared().map(|counts| sums(counts, guard.metric, as_counted)).collect();
    let effect = effect(guard, evidence, &all);
    let Some(heavy) = HeavyGroups::of(evidence) else {
        let (harm, material) = (is_worse(&all, alpha), is_material(guard, &effect));
        return Tested { harm: Harm::Tested(harm), safe, log_safe: None, material, effect, heavy: None };
    };
    let others = heavy.left_out_of(&all);
    let harm = is_worse(&others, alpha);
    let distance = distance_to_margin(guard, evidence.compared(), Some(&heavy));
    let material = distance.is_some_and(|distance| distance.estimate >= 0.0);
    let effect = if harm && material { effect_on_shares(guard, &others) } else { effect };
    Tested { harm: Harm::Tested(harm), safe, log_safe: None, material, effect, heavy: Some(heavy.told()) }
}

fn is_worse(epochs: &[EpochSums], alpha: f64) -> bool {
    Contrast::of(epochs, EQUAL)
        .is_some_and(|distance| distance.lower(alpha) > 0.0 && distance.event_groups >= HARM_GROUPS)
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

/// The distance to the margin in these epochs, of all groups or of those that are not heavy: below zero the candidate
/// is safe.
fn distance_to_margin<'a>(
    guard: &Guard,
    epochs: impl Iterator<Item = &'a EpochCounts>,
    heavy: Option<&HeavyGroups>,
) -> Option<Contrast> {
    let margin = guard.margin.fraction();
    let (bad_on_candidate, hypothesis): (fn(Counts) -> u64, Hypothesis) =
        if guard.metric == Metric::LatencyP95 {
            (as_granted, EQUAL)
        } else if is_relative(guard.margin) {
            (as_counted, Hypothesis { ratio: 1.0 + margin, difference: 0.0 })
        } else {
            (as_counted, Hypothesis { ratio: 1.0, difference: margin })
        };
    let all: Vec<EpochSums> = epochs.map(|counts| sums(counts, guard.metric, bad_on_candidate)).collect();
    match heavy {
        Some(heavy) => Contrast::of(&heavy.left_out_of(&all), hypothesis),
        None => Contrast::of(&all, hypothesis),
    }
}

fn effect(guard: &Guard, evidence: &Evidence, all: &[EpochSums]) -> Effect {
    if guard.metric == Metric::LatencyP95 {
        return Effect { estimate: quantile_excess(evidence), lower: None, upper: None };
    }
    effect_on_shares(guard, all)
}

/// Nothing for latency, whose percentiles are not kept per group.
fn effect_on_shares(guard: &Guard, epochs: &[EpochSums]) -> Effect {
    let scale = match guard.metric {
        Metric::LatencyP95 => None,
        _ if is_relative(guard.margin) => baseline_share(epochs),
        _ => Some(1.0),
    };
    let (Some(distance), Some(scale)) = (Contrast::of(epochs, EQUAL), scale) else {
        return Effect::default();
    };
    Effect {
        estimate: Some(distance.estimate / scale),
        lower: Some(distance.lower(ALPHA_PROMOTE / 2.0) / scale),
        upper: Some(distance.upper(ALPHA_PROMOTE / 2.0) / scale),
    }
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
