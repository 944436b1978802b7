//! Whether the requests of every slice are split between the arms as they are drawn.
//!
//! Hypothesis, of each slice: a request with this value fell on the candidate with its epoch's draw probability. An
//! attribute is known before the draw, so the split of every slice is that of the whole; one that differs is a sign that its
//! callers keep to an arm, are answered from a cache, or are routed past the draw. Tested by the sequential split test
//! ([`srm`]), each slice with its part of [`ALPHA_SLICE_SPLIT`]: valid at any look, because e-values are. Of sticky units it is
//! the test of the whole, by the groups of units ([`contrast::split_is_off`]). It is the whole rollout that
//! is asked about, as in the check of the whole: what is told lasts for as long as what was counted under it weighs.

use super::ends::as_independent;
use super::{ALPHA_SLICE_SPLIT, About, Sign, Strength, words};
use crate::analysis::judge::{MIN_UNITS, Units};
use crate::analysis::measurement::{ArmCounts, EpochCounts};
use crate::analysis::slices::{largest, most_asked};
use crate::analysis::tally::Counts;
use crate::metric::Metric;
use crate::stats::evidence::contrast::{self, EpochSums, GroupSums};
use crate::stats::evidence::srm::{self, SplitEpoch};
use crate::unit::GROUPS;
use std::collections::{BTreeMap, BTreeSet};

/// A split of sticky units that was told is no longer told when it could be chance at this level.
const NO_LONGER: f64 = 0.5;

/// A slice, by its attribute and value.
type Slice<'a> = (&'a str, &'a str);
/// What was counted of slices.
type Slices<'a> = BTreeMap<Slice<'a>, Vec<SplitEpoch>>;

/// What is known of every slice, the surest first, and of equally sure ones the largest.
pub(super) fn signs(epochs: &[&EpochCounts], units: Units) -> Vec<Sign> {
    let slices = counted(epochs);
    let mut attributes: Vec<&str> = slices.keys().map(|(attribute, _)| *attribute).collect();
    attributes.dedup();
    let alpha = ALPHA_SLICE_SPLIT / most_asked(attributes.len()) as f64;
    let of = |split: &Vec<SplitEpoch>| split.iter().map(requests).sum();
    let (largest, others) = largest(slices.into_iter().collect(), of);
    let mut found: Vec<(f64, u64, Sign)> = largest
        .into_iter()
        .map(|(slice, split)| {
            let (log_e, strength) = match units {
                Units::Independent => of_requests(&split, alpha),
                Units::Sticky => (0.0, of_units(&groups(epochs, slice), alpha)),
            };
            (log_e, of(&split), sign(slice, &split, strength))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    // What was told of one that is asked no more is over: it weighs little among the others.
    let others = others.into_iter().map(|(slice, split)| sign(slice, &split, Strength::Gone));
    found.into_iter().map(|(.., sign)| sign).chain(others).collect()
}

fn sign(slice: Slice<'_>, split: &[SplitEpoch], strength: Strength) -> Sign {
    let about = About::Split { attribute: slice.0.to_owned(), value: slice.1.to_owned() };
    Sign { about, strength, sentence: words::split(slice, split) }
}

fn of_requests(split: &[SplitEpoch], alpha: f64) -> (f64, Strength) {
    let log_e = srm::log_e(split);
    let strength = match log_e {
        log_e if log_e >= -alpha.ln() => Strength::Clear,
        log_e if log_e >= 0.0 => Strength::Faint,
        _ => Strength::Gone,
    };
    (log_e, strength)
}

/// Few units may all fall on one arm: nothing is said while fewer than [`MIN_UNITS`] were to be drawn for either.
fn of_units(epochs: &[EpochSums], alpha: f64) -> Strength {
    let (mut requests, mut drawn) = ([0.0; GROUPS], 0.0);
    for epoch in epochs {
        for (sum, group) in requests.iter_mut().zip(&epoch.groups) {
            let all = group.candidate + group.baseline;
            *sum += all;
            drawn += all * epoch.probability;
        }
    }
    let share = drawn / requests.iter().sum::<f64>();
    match as_independent(&requests) * share.min(1.0 - share) {
        units if units < MIN_UNITS as f64 => Strength::Gone,
        _ if contrast::split_is_off(epochs, alpha) => Strength::Clear,
        _ if contrast::split_is_off(epochs, NO_LONGER) => Strength::Faint,
        _ => Strength::Gone,
    }
}

/// Requests of a slice by group of units, epoch by epoch.
fn groups(epochs: &[&EpochCounts], slice: Slice<'_>) -> Vec<EpochSums> {
    let of_epoch = |counts: &&EpochCounts| {
        let mut groups = vec![GroupSums::default(); GROUPS];
        for (sum, counts) in groups.iter_mut().zip(requests_by_group(&counts.baseline, slice)) {
            sum.baseline = counts.trials as f64;
        }
        for (sum, counts) in groups.iter_mut().zip(requests_by_group(&counts.candidate, slice)) {
            sum.candidate = counts.trials as f64;
        }
        EpochSums { probability: counts.epoch.weight.probability(), groups }
    };
    epochs.iter().map(of_epoch).collect()
}

/// Errors are asked of every request.
fn requests_by_group<'a>(arm: &'a ArmCounts, slice: Slice<'_>) -> &'a [Counts] {
    let mut groups = arm.groups.slices.groups(slice).filter(|(metric, _)| *metric == Metric::Errors);
    groups.next().map_or(&[][..], |(_, groups)| groups)
}

fn counted<'a>(epochs: &[&'a EpochCounts]) -> Slices<'a> {
    let mut slices = Slices::new();
    for counts in epochs {
        let probability = counts.epoch.weight.probability();
        let arms = [&counts.baseline, &counts.candidate].map(|arm| &arm.groups.slices);
        let seen: BTreeSet<_> = arms.iter().flat_map(|tally| tally.slices()).collect();
        for slice in seen {
            let [baseline, candidate] = arms.map(|tally| tally.requests(slice));
            let split = SplitEpoch { probability, candidate, baseline };
            if requests(&split) > 0 {
                slices.entry(slice).or_default().push(split);
            }
        }
    }
    slices
}

const fn requests(split: &SplitEpoch) -> u64 {
    split.candidate + split.baseline
}
