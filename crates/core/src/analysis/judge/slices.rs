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
    let guards = judged(guards);
    let mut part = Part::of(evidence);
    let mut asked = Vec::new();
    for (place, key) in keys.iter().enumerate() {
        part.become_that_of(*key);
        if requests(&part.counted) >= FEWEST {
            asked.extend(ask(place, &guards, &part.counted));
        }
    }
    worst(&asked, declared * guards.len(), |asked, certain| {
        part.become_that_of(keys[asked.place]);
        let (attribute, value) = keys[asked.place];
        asked.named(&Slice { attribute, value, evidence: &part.counted }, certain)
    })
}

/// What was counted of one slice after the other, in the epochs of the whole: they share the memory.
struct Part<'a> {
    whole: &'a Evidence,
    counted: Evidence,
}

impl<'a> Part<'a> {
    fn of(whole: &'a Evidence) -> Self {
        let epochs = whole.compared().map(|counts| EpochCounts::empty(counts.epoch)).collect();
        Self { whole, counted: Evidence { epochs } }
    }

    fn become_that_of(&mut self, slice: (&str, &str)) {
        for (counts, part) in self.whole.compared().zip(&mut self.counted.epochs) {
            for arm in [Arm::Baseline, Arm::Candidate] {
                let tally = &mut part.arm_mut(arm).tally;
                tally.metrics.fill(Counts::default());
                tally.declared.clear();
                for (metric, counted) in counts.arm(arm).groups.slices.counts(slice) {
                    tally.set_counts(metric, counted);
                }
            }
        }
    }
}

/// The requests of a slice on the candidate: of the metric that looked at most.
fn requests(part: &Evidence) -> u64 {
    let of_metric = |metric: Metric| part.total(metric, Arm::Candidate).trials;
    let declared = part.epochs.iter().flat_map(|counts| counts.candidate.tally.declared.keys());
    let declared = declared.map(|metric| Metric::Declared(*metric));
    Metric::ALL.into_iter().chain(declared).map(of_metric).max().unwrap_or_default()
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
    let guards = judged(guards);
    let asked: Vec<Asked<'_>> =
        slices.iter().enumerate().flat_map(|(place, slice)| ask(place, &guards, slice.evidence)).collect();
    let hypotheses = declared.max(slices.len()) * guards.len();
    worst(&asked, hypotheses, |asked, certain| asked.named(&slices[asked.place], certain))
}

/// Feedback comes on a clock of its own.
fn judged(guards: &[Guard]) -> Vec<&Guard> {
    guards.iter().filter(|guard| !guard.metric.arrives_late()).collect()
}

/// Of many slices and guards those that stand out among so many hypotheses, the surest first. One that was not asked, because
/// nothing was counted for it, has said nothing.
fn worst<'a>(
    asked: &[Asked<'a>],
    hypotheses: usize,
    mut name: impl FnMut(&Asked<'a>, f64) -> WorseSlice,
) -> Vec<WorseSlice> {
    let mut log_es: Vec<f64> = asked.iter().map(|asked| asked.log_harm).collect();
    log_es.resize(hypotheses, 0.0);
    let certain = (hypotheses as f64 / ALPHA_ROLLBACK).ln();
    let found = discovery::worst(&log_es, FALSE_DISCOVERIES);
    let mut named: Vec<WorseSlice> =
        found.into_iter().filter_map(|index| asked.get(index)).map(|asked| name(asked, certain)).collect();
    named.sort_by(|a, b| b.log_harm.total_cmp(&a.log_harm));
    named
}

/// One guard, asked of one slice.
struct Asked<'a> {
    /// Which slice.
    place: usize,
    guard: &'a Guard,
    log_harm: f64,
    since: usize,
}

/// Asks the guards for which anything was counted.
fn ask<'a>(place: usize, guards: &[&'a Guard], evidence: &Evidence) -> Vec<Asked<'a>> {
    let starts = Starts::of(evidence);
    let is_counted = |guard: &&&Guard| !evidence.total(guard.metric, Arm::Candidate).is_nothing();
    guards
        .iter()
        .filter(is_counted)
        .map(|guard| {
            let found = starts.harm(guard);
            Asked { place, guard, log_harm: found.log_e, since: found.since }
        })
        .collect()
}

impl Asked<'_> {
    fn named(&self, slice: &Slice<'_>, certain: f64) -> WorseSlice {
        let starts = Starts::of(slice.evidence);
        let epochs = starts.since(self.since);
        WorseSlice {
            attribute: slice.attribute.to_owned(),
            value: slice.value.to_owned(),
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
