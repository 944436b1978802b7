//! Whether the requests of every slice are split between the arms as they are drawn.
//!
//! Hypothesis, of each slice: a request with this value fell on the candidate with its epoch's draw probability. An
//! attribute is known before the draw, so the split of every slice is that of the whole; one that differs is a sign that its
//! callers keep to an arm, are answered from a cache, or are routed past the draw. Tested by the sequential split test
//! ([`srm`]), each slice with its part of [`ALPHA_SLICE_SPLIT`]: valid at any look, because e-values are. It is the whole rollout that
//! is asked about, as in the check of the whole: what is told lasts for as long as what was counted under it weighs.

use super::{ALPHA_SLICE_SPLIT, About, Sign, Strength, words};
use crate::analysis::judge::Units;
use crate::analysis::measurement::EpochCounts;
use crate::slice::MOST_VALUES;
use crate::stats::evidence::srm::{self, SplitEpoch};
use std::collections::{BTreeMap, BTreeSet};

/// What was counted of one slice, by its attribute and value.
type Slices<'a> = BTreeMap<(&'a str, &'a str), Vec<SplitEpoch>>;

/// What is known of every slice, the surest first. Of sticky units nothing is: slices are not counted for them.
pub(super) fn signs(epochs: &[&EpochCounts], units: Units) -> Vec<Sign> {
    if units == Units::Sticky {
        return Vec::new();
    }
    let slices = counted(epochs);
    let mut attributes: Vec<&str> = slices.keys().map(|(attribute, _)| *attribute).collect();
    attributes.dedup();
    // As many as one worker tells apart; of more that several tell, the largest.
    let hypotheses = attributes.len() * (MOST_VALUES + 1);
    let needed = (hypotheses as f64 / ALPHA_SLICE_SPLIT).ln();
    let mut largest: Vec<_> = slices.into_iter().collect();
    largest.sort_by_key(|(_, split)| std::cmp::Reverse(split.iter().map(requests).sum::<u64>()));
    largest.truncate(hypotheses);
    let mut found: Vec<(f64, Sign)> = largest
        .into_iter()
        .map(|((attribute, value), split)| {
            let log_e = srm::log_e(&split);
            let strength = match log_e {
                log_e if log_e >= needed => Strength::Clear,
                log_e if log_e >= 0.0 => Strength::Faint,
                _ => Strength::Gone,
            };
            let about = About::Split { attribute: attribute.to_owned(), value: value.to_owned() };
            (log_e, Sign { about, strength, sentence: words::split((attribute, value), &split) })
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, sign)| sign).collect()
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
