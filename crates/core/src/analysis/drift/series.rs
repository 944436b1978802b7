//! Whether the newest requests, answers and opinions are like the first ones.
//!
//! Hypothesis, of each series: what was counted first and what was counted last are samples of one population. A drift is
//! clear when the population stability index is moderate beyond what chance comes to ([`MODERATE`]), and its chance among
//! equals is below the part of [`ALPHA_DRIFT`] that this series has at this look: one in `k (k + 1)` of its share at the
//! `k`-th, which come to no more than one for ever. It is gone when less than half of a moderate one is left. Of times, tokens
//! and scores the distance of Kolmogorov and Smirnov is asked as well; either may show it, so each has half.
//!
//! Times, tokens and scores are compared in the tenths of the first sample. Requests of one unit are no independent ones, so counts
//! of sticky units weigh as if those of one unit were all the same ([`Ends::of`]): too careful for units whose requests differ.

use super::ends::{Ends, Spread};
use super::shift::{BAD, GOOD, Shift, UNKNOWN};
use super::{ALPHA_DRIFT, About, Sign, Strength, words};
use crate::analysis::judge::Units;
use crate::analysis::measurement::EpochCounts;
use crate::analysis::tally::Counts;
use crate::arm::Arm;
use crate::metric::{Elapsed, Metric};
use crate::score::Score;
use crate::slice::OTHER;
use crate::stats::report::drift::MODERATE;
use std::collections::BTreeSet;

/// Series that every rollout has: two of tokens, one of times, one of opinions.
const ALWAYS: usize = 4;
/// With more requests than this among the values that are not told apart, the shares of the others follow who came first.
const UNTOLD: f64 = 0.01;

/// What is known of every series that has enough counts, the largest drift first.
pub(super) fn signs(epochs: &[&EpochCounts], units: Units) -> Vec<Sign> {
    let attributes = attributes(epochs);
    let (mut shares, scores) = (declared(epochs), scores(epochs));
    let series = attributes.len() + shares.len() + scores.len() + ALWAYS;
    shares.push(Metric::Feedback);
    // The first of two epochs is compared with nothing.
    let look = epochs.len().saturating_sub(1).max(1) as f64;
    let asked = Asked { epochs, units, level: ALPHA_DRIFT / (series as f64 * look * (look + 1.0)) };
    let sized = [
        asked.sized(About::InputTokens, |counts| counts.baseline.tally.input_tokens.counts().collect()),
        asked.sized(About::OutputTokens, |counts| counts.baseline.tally.output_tokens.counts().collect()),
        asked.sized(About::Latency, |counts| {
            let mut spread = Spread::new();
            // Those beyond the last edge have the bound of those before it.
            for (edge, count) in counts.baseline.tally.times(Elapsed::ToLastByte).counts() {
                *spread.entry(edge).or_default() += count;
            }
            spread
        }),
    ];
    let mut found: Vec<(f64, Sign)> = sized.into_iter().flatten().collect();
    found.extend(attributes.iter().filter_map(|attribute| asked.mix(attribute)));
    found.extend(shares.iter().filter_map(|metric| asked.share(*metric)));
    found.extend(scores.iter().filter_map(|score| asked.scores(*score)));
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, sign)| sign).collect()
}

/// What the requests are sliced by.
fn attributes<'a>(epochs: &[&'a EpochCounts]) -> BTreeSet<&'a str> {
    let arms = epochs.iter().flat_map(|counts| [&counts.baseline, &counts.candidate]);
    arms.flat_map(|arm| arm.groups.slices.slices()).map(|(attribute, _)| attribute).collect()
}

/// The metrics that the application declares.
fn declared(epochs: &[&EpochCounts]) -> Vec<Metric> {
    let declared = epochs.iter().flat_map(|counts| counts.baseline.tally.declared.keys());
    declared.collect::<BTreeSet<_>>().into_iter().map(|metric| Metric::Declared(*metric)).collect()
}

/// The scores that its answers are given.
fn scores(epochs: &[&EpochCounts]) -> BTreeSet<Score> {
    epochs.iter().flat_map(|counts| counts.baseline.tally.scores.keys()).copied().collect()
}

/// What every series is asked by.
struct Asked<'a> {
    epochs: &'a [&'a EpochCounts],
    units: Units,
    /// The chance that a single series may have to be told wrongly at this look.
    level: f64,
}

impl<'a> Asked<'a> {
    /// The requests of both arms by the values of an attribute: the draw does not see them. Nothing while many have values
    /// that are not told apart.
    fn mix(&self, attribute: &str) -> Option<(f64, Sign)> {
        let spread = |counts: &'a EpochCounts| {
            let mut spread: Spread<&'a str> = Spread::new();
            for slices in [&counts.baseline, &counts.candidate].map(|arm| &arm.groups.slices) {
                for (_, value) in slices.slices().filter(|(found, _)| *found == attribute) {
                    *spread.entry(value).or_default() += slices.requests((attribute, value));
                }
            }
            spread
        };
        let ends =
            Ends::of(self.epochs, (self.units, &[Arm::Baseline, Arm::Candidate], Metric::Errors), spread)?;
        let untold = |spread: &Spread<&str>| {
            let other = spread.get(OTHER).copied().unwrap_or_default();
            other as f64 / spread.values().sum::<u64>().max(1) as f64
        };
        if untold(&ends.first).max(untold(&ends.newest)) > UNTOLD {
            return None;
        }
        let cells: Vec<_> = ends.cells().into_iter().map(|value| ends.at(value)).collect();
        let shift = Shift::of(&ends, &cells);
        let sentence = words::mix(attribute, &ends, shift);
        Some(self.sign(About::Mix { attribute: attribute.to_owned() }, shift, sentence))
    }

    /// Something of the baseline's that has a size.
    fn sized(&self, about: About, spread: impl Fn(&EpochCounts) -> Spread<u64>) -> Option<(f64, Sign)> {
        let ends = Ends::of(self.epochs, (self.units, &[Arm::Baseline], Metric::Errors), spread)?;
        let shift = Shift::of_sizes(&ends);
        let sentence = words::sized(&about, &ends, shift);
        Some(self.sign(about, shift, sentence))
    }

    /// A share of what the baseline's answers are, or its callers said.
    fn share(&self, metric: Metric) -> Option<(f64, Sign)> {
        let spread = |counts: &EpochCounts| {
            let Counts { trials, events, unknown, .. } = counts.baseline.counts(metric);
            Spread::from([(GOOD, trials.saturating_sub(events)), (BAD, events), (UNKNOWN, unknown)])
        };
        let ends = Ends::of(self.epochs, (self.units, &[Arm::Baseline], Metric::Errors), spread)?;
        let shift = Shift::of(&ends, &[ends.at(GOOD), ends.at(BAD), ends.at(UNKNOWN)]);
        Some(self.sign(About::Share { metric }, shift, words::share(metric, &ends, shift)))
    }

    /// What the baseline's answers are given, of those that are given a score. Scores have an order, as sizes do.
    fn scores(&self, score: Score) -> Option<(f64, Sign)> {
        let spread = |counts: &EpochCounts| {
            let grades = counts.baseline.tally.scores(score).hundredths();
            grades.map(|(below, answers)| (u64::from(below.unsigned_abs()), answers)).collect::<Spread<u64>>()
        };
        let ends = Ends::of(self.epochs, (self.units, &[Arm::Baseline], Metric::Score(score)), spread)?;
        let shift = Shift::of_sizes(&ends);
        Some(self.sign(About::Scores { score }, shift, words::scores(score, &ends, shift)))
    }

    fn sign(&self, about: About, shift: Shift, sentence: String) -> (f64, Sign) {
        let strength = match shift.beyond {
            beyond if beyond >= MODERATE && shift.p <= self.level => Strength::Clear,
            beyond if beyond >= MODERATE / 2.0 => Strength::Faint,
            _ => Strength::Gone,
        };
        (shift.beyond, Sign { about, strength, sentence })
    }
}
