//! Tests for units that stay together. Evidence counts draws, not requests: sums per group of units, compared within
//! each epoch, with the variance between the groups. Guards do not share one order of events here, so each is held to
//! its own part of the error.

use super::early::Reading;
use super::heavy::HeavyGroups;
use super::{
    ALPHA_PROMOTE, ALPHA_SPLIT, Harm, Tested, estimate, is_material, is_relative, safe_epochs, split_check,
};
use crate::analysis::measurement::{EpochCounts, Evidence};
use crate::analysis::tally::Counts;
use crate::analysis::verdict::{Effect, SplitCheck};
use crate::arm::Arm;
use crate::guard::Guard;
use crate::metric::Metric;
use crate::stats::evidence::contrast::{self, Contrast, EpochSums, GroupSums, Hypothesis};

/// A regression has to show in at least this many groups: a few users who fail are no candidate that fails.
const HARM_GROUPS: usize = 5;
/// The candidate does as the baseline does.
const EQUAL: Hypothesis = Hypothesis { ratio: 1.0, difference: 0.0 };

/// HARM is asked of all groups but the heavy ones, because what befalls one large user would hide what befalls the many;
/// SAFE is asked of all of them, because a large user's share of the requests is to be safe as well.
pub(super) fn test(guard: &Guard, evidence: &Evidence, alpha: f64) -> Tested {
    let heavy = HeavyGroups::of(evidence);
    let in_every_reading =
        |holds: &dyn Fn(Reading) -> bool| Reading::all(guard.metric).iter().all(|r| holds(*r));
    let safe = is_safe(guard, evidence);
    let harm = in_every_reading(&|reading| {
        let all = all_sums(evidence, guard.metric, |counts| reading.bad(counts));
        is_worse(guard.metric, &without(heavy.as_ref(), all), alpha)
    });
    let all = all_sums(evidence, guard.metric, |counts| counts.events);
    let mut effect = effect(guard, evidence, &all);
    let material = match &heavy {
        None => is_material(guard, &effect),
        Some(_) => in_every_reading(&|reading| {
            distance_to_margin(guard, reading, evidence.compared(), heavy.as_ref())
                .is_some_and(|distance| distance.estimate >= 0.0)
        }),
    };
    if heavy.is_some() && harm && material {
        effect = effect_on_shares(guard, &without(heavy.as_ref(), all));
    }
    let heavy = heavy.map(|heavy| heavy.told());
    Tested {
        harm: Harm::Tested(harm),
        log_harm: None,
        safe,
        log_safe: None,
        material,
        since: 0,
        effect,
        heavy,
    }
}

/// Whether the candidate is shown safe by a guard.
pub(super) fn is_safe(guard: &Guard, evidence: &Evidence) -> bool {
    Reading::all(guard.metric).iter().all(|reading| {
        let epochs = safe_epochs(guard.metric, evidence);
        distance_to_margin(guard, *reading, epochs, None)
            .is_some_and(|distance| distance.upper(ALPHA_PROMOTE) < 0.0)
    })
}

fn without(heavy: Option<&HeavyGroups>, all: Vec<EpochSums>) -> Vec<EpochSums> {
    match heavy {
        Some(heavy) => heavy.left_out_of(&all),
        None => all,
    }
}

/// The distance of the arms from a hypothesis: of shares, or of mean amounts under their cap.
fn contrast(metric: Metric, epochs: &[EpochSums], hypothesis: Hypothesis) -> Option<Contrast> {
    if metric.is_amount() {
        Contrast::of_amounts(epochs, hypothesis)
    } else {
        Contrast::of(epochs, hypothesis)
    }
}

fn is_worse(metric: Metric, epochs: &[EpochSums], alpha: f64) -> bool {
    contrast(metric, epochs, EQUAL)
        .is_some_and(|distance| distance.lower(alpha) > 0.0 && distance.event_groups >= HARM_GROUPS)
}

/// Whether the candidate got the share of the requests that was drawn for it.
pub(super) fn split(evidence: &Evidence) -> SplitCheck {
    let epochs = all_sums(evidence, Metric::Errors, |counts| counts.events);
    split_check(contrast::split_is_off(&epochs, ALPHA_SPLIT), evidence)
}

/// The most errors per request the candidate may add.
pub(super) fn harm_bound(evidence: &Evidence) -> Option<f64> {
    let all = all_sums(evidence, Metric::Errors, |counts| counts.events);
    Contrast::of(&all, EQUAL).map(|distance| distance.upper(ALPHA_PROMOTE).max(0.0))
}

/// The distance to the margin in these epochs, of all groups or of those that are not heavy: below zero the candidate
/// is safe.
fn distance_to_margin<'a>(
    guard: &Guard,
    reading: Reading,
    epochs: impl Iterator<Item = &'a EpochCounts>,
    heavy: Option<&HeavyGroups>,
) -> Option<Contrast> {
    let margin = guard.margin.fraction();
    let is_percentile = guard.metric.percentile().is_some();
    let hypothesis = match is_relative(guard.margin) {
        // The margin is granted by the threshold.
        _ if is_percentile => EQUAL,
        true => Hypothesis { ratio: 1.0 + margin, difference: 0.0 },
        false => Hypothesis { ratio: 1.0, difference: margin },
    };
    let on_candidate =
        |counts| if is_percentile { reading.bad_if_granted(counts) } else { reading.bad(counts) };
    let on_baseline = |counts| reading.bad(counts);
    let all = epochs.map(|counts| sums(counts, guard.metric, on_candidate, on_baseline)).collect();
    contrast(guard.metric, &without(heavy, all), hypothesis)
}

fn effect(guard: &Guard, evidence: &Evidence, all: &[EpochSums]) -> Effect {
    if guard.metric.percentile().is_some() {
        return Effect { estimate: estimate(guard, evidence), lower: None, upper: None };
    }
    effect_on_shares(guard, all)
}

/// Nothing for percentiles, which are not kept per group.
fn effect_on_shares(guard: &Guard, epochs: &[EpochSums]) -> Effect {
    let scale = match guard.metric {
        metric if metric.percentile().is_some() => None,
        _ if is_relative(guard.margin) => baseline_share(epochs),
        _ => Some(1.0),
    };
    let (Some(distance), Some(scale)) = (contrast(guard.metric, epochs, EQUAL), scale) else {
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

fn all_sums(evidence: &Evidence, metric: Metric, bad: impl Fn(Counts) -> u64) -> Vec<EpochSums> {
    evidence.compared().map(|counts| sums(counts, metric, &bad, &bad)).collect()
}

fn sums(
    counts: &EpochCounts,
    metric: Metric,
    bad_on_candidate: impl Fn(Counts) -> u64,
    bad_on_baseline: impl Fn(Counts) -> u64,
) -> EpochSums {
    let of = |arm: Arm| counts.arm(arm).groups.counts(metric);
    let groups = of(Arm::Candidate).iter().zip(of(Arm::Baseline)).map(|(candidate, baseline)| GroupSums {
        candidate: candidate.trials as f64,
        candidate_events: bad_on_candidate(*candidate) as f64,
        baseline: baseline.trials as f64,
        baseline_events: bad_on_baseline(*baseline) as f64,
    });
    EpochSums { probability: counts.epoch.weight.probability(), groups: groups.collect() }
}
