//! Which parts of the traffic fare worse on the candidate: [`worse_slices`] finds "worse only for German callers" and
//! names it.
//!
//! A slice is the traffic with one value of one attribute, such as a route, a tenant or a language. The attribute has to be
//! known of the request before it is drawn: sliced by something that the arm decides, equal arms differ. Slices of
//! different attributes overlap, and that is sound here.
//!
//! Of every slice and guard the same is asked as of the whole ("the candidate fails no more often"), by the same races
//! from several starts. Of what is named, the share of sound slices is at most [`FALSE_DISCOVERIES`] on average, whatever
//! the dependence between slices, at any moment one looks: e-BH over all slices that were declared, also those without
//! traffic, so that the number of hypotheses never follows from outcomes. Only best guesses at the margin or beyond are
//! named; to leave one out can only lower what is found. Feedback comes on a clock of its own and is not judged here, as
//! moments that are chosen by the others are not its own. Sticky units are not judged either: the same users are in many
//! requests of a slice, and their sums are not kept by slice.

use super::starts::Starts;
use super::{ALPHA_ROLLBACK, Units, independent};
use crate::analysis::measurement::{EpochCounts, Evidence};
use crate::analysis::tally::Counts;
pub use crate::analysis::verdict::WorseSlice;
use crate::arm::Arm;
use crate::guard::Guard;
use crate::metric::Metric;
use crate::slice::MOST_VALUES;
use crate::stats::evidence::discovery;

/// Of the slices that are named, at most this share is sound on average.
pub const FALSE_DISCOVERIES: f64 = 0.1;

/// The traffic with one value of one attribute.
#[derive(Debug, Clone, Copy)]
pub struct Slice<'a> {
    /// What it is sliced by, such as `language`.
    pub attribute: &'a str,
    /// Its value here, such as `de`.
    pub value: &'a str,
    /// What was counted of it, in the epochs of the whole.
    pub evidence: &'a Evidence,
}

/// A slice with fewer requests than this on the candidate is not looked at: it proves nothing yet, and looking costs.
const FEWEST: u64 = 20;

/// The slices that were counted in the evidence of a rollout and fare worse, the surest first.
pub(super) fn found(guards: &[Guard], evidence: &Evidence, units: Units) -> Vec<WorseSlice> {
    let mut keys: Vec<(&str, &str)> = Vec::new();
    for counts in evidence.compared() {
        for arm in [&counts.baseline, &counts.candidate] {
            keys.extend(arm.groups.slices.slices());
        }
    }
    keys.sort_unstable();
    keys.dedup();
    if keys.is_empty() || units == Units::Sticky {
        return Vec::new();
    }
    let mut attributes: Vec<&str> = keys.iter().map(|(attribute, _)| *attribute).collect();
    attributes.dedup();
    let declared = attributes.len() * (MOST_VALUES + 1);
    let parts: Vec<(&str, &str, Evidence)> = keys
        .into_iter()
        .map(|slice| (slice.0, slice.1, part_of(evidence, slice)))
        .filter(|(.., part)| requests(part) >= FEWEST)
        .collect();
    let slices: Vec<Slice<'_>> =
        parts.iter().map(|(attribute, value, evidence)| Slice { attribute, value, evidence }).collect();
    worse_slices(guards, &slices, declared, units)
}

/// What was counted of one slice, in the epochs of the whole.
fn part_of(evidence: &Evidence, slice: (&str, &str)) -> Evidence {
    let part = |counts: &EpochCounts| {
        let mut part = EpochCounts::empty(counts.epoch);
        for arm in [Arm::Baseline, Arm::Candidate] {
            let metrics = &mut part.arm_mut(arm).tally.metrics;
            for (metric, counted) in counts.arm(arm).groups.slices.counts(slice) {
                metrics[metric.index()] = counted;
            }
        }
        part
    };
    Evidence { epochs: evidence.compared().map(part).collect() }
}

/// The requests of a slice on the candidate: of the metric that looked at most.
fn requests(part: &Evidence) -> u64 {
    let of_metric = |metric: Metric| part.total(metric, Arm::Candidate).trials;
    Metric::ALL.into_iter().map(of_metric).max().unwrap_or_default()
}

/// The slices that fare worse, the surest first. `declared` is how many slices there can be, seen or not; at least as
/// many as are given.
pub fn worse_slices(
    guards: &[Guard],
    slices: &[Slice<'_>],
    declared: usize,
    units: Units,
) -> Vec<WorseSlice> {
    if units == Units::Sticky {
        return Vec::new();
    }
    let guards: Vec<&Guard> = guards.iter().filter(|guard| !guard.metric.arrives_late()).collect();
    let asked: Vec<Asked<'_>> = slices
        .iter()
        .flat_map(|slice| {
            let starts = Starts::of(slice.evidence);
            guards.iter().map(|guard| Asked::of(slice, guard, &starts)).collect::<Vec<_>>()
        })
        .collect();
    let hypotheses = declared.max(slices.len()) * guards.len();
    let mut log_es: Vec<f64> = asked.iter().map(|asked| asked.log_harm).collect();
    log_es.resize(hypotheses, 0.0);
    let certain = (hypotheses as f64 / ALPHA_ROLLBACK).ln();
    let mut named: Vec<WorseSlice> = discovery::worst(&log_es, FALSE_DISCOVERIES)
        .into_iter()
        .filter_map(|index| asked.get(index))
        .map(|asked| asked.named(certain))
        .collect();
    named.sort_by(|a, b| b.log_harm.total_cmp(&a.log_harm));
    named
}

/// One guard, asked of one slice.
struct Asked<'a> {
    slice: &'a Slice<'a>,
    guard: &'a Guard,
    log_harm: f64,
    since: usize,
}

impl<'a> Asked<'a> {
    fn of(slice: &'a Slice<'a>, guard: &'a Guard, starts: &Starts<'_>) -> Self {
        let found = starts.harm(guard);
        Self { slice, guard, log_harm: found.material, since: found.since }
    }

    fn named(&self, certain: f64) -> WorseSlice {
        let starts = Starts::of(self.slice.evidence);
        let epochs = starts.since(self.since);
        WorseSlice {
            attribute: self.slice.attribute.to_owned(),
            value: self.slice.value.to_owned(),
            guard: *self.guard,
            baseline: total(epochs, self.guard, Arm::Baseline),
            candidate: total(epochs, self.guard, Arm::Candidate),
            effect: independent::effect(self.guard, epochs),
            log_harm: self.log_harm,
            since: (self.since > 0).then(|| starts.after(self.since)),
            certain: self.log_harm >= certain,
        }
    }
}

fn total(epochs: &[&EpochCounts], guard: &Guard, arm: Arm) -> Counts {
    let mut total = Counts::default();
    epochs.iter().for_each(|counts| total.add(counts.arm(arm).counts(guard.metric)));
    total
}
