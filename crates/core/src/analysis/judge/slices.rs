//! Which parts of the traffic fare worse on the candidate: [`found`] finds "worse only for German callers" and
//! names it.
//!
//! A slice is the traffic with one value of one attribute, such as a route, a tenant or a language. The attribute has to be
//! known of the request before it is drawn: sliced by something that the arm decides, equal arms differ. Slices of
//! different attributes overlap, and that is sound here.
//!
//! Of every slice and guard the same is asked as of the whole ("the candidate fails no more often"), by the same races
//! from several starts. Of what is named, the share of sound slices is at most [`FALSE_DISCOVERIES`] on average, whatever
//! the dependence between slices, at any moment one looks: e-BH over all slices there can be, also those without
//! traffic, so that the number of hypotheses never follows from outcomes. Only best guesses at the margin or beyond are
//! named; to leave one out can only lower what is found. Feedback comes on a clock of its own and is not judged here, as
//! moments that are chosen by the others are not its own. Nor are amounts of requests that are drawn one by one, whose spread is not
//! kept by slice. These are no hypotheses ([`slice::unasked`]). Of more values than one worker tells apart the largest are asked: how
//! many requests a slice has follows from who calls. Where others become the largest meanwhile, more are asked over the whole
//! time than are counted: of `N` that ever were among the largest `K`, the chance that any is beyond doubt is at most `N / K` times
//! what it says.
//!
//! Times are asked by the thresholds of the whole: of a slice it is counted how many answers were slow, and not how long each took. The
//! race is as true to a slice that is quick or slow by itself, and finds most where the threshold lies among its times; what is material
//! is read from the same counts ([`super::starts`]), so how much slower a slice became is not told.
//!
//! Of sticky units the sums of their groups are kept by slice, and the slice is asked what the whole is asked of them: a slice
//! with few units, or with traffic in few groups, says nothing. An amount of theirs has a bound and no e-value; at the level
//! `alpha / hypotheses` it is one all the same: `hypotheses / alpha` where the bound tells, and nothing where it does not,
//! which is no more than one on average (Vovk and Wang, "E-values", Annals of Statistics 49, 2021).

use super::heavy::HeavyGroups;
use super::starts::Starts;
use super::{ALPHA_ROLLBACK, Harm, MIN_GROUPS, Units, independent, sticky};
use crate::analysis::measurement::{EpochCounts, Evidence};
use crate::analysis::slices::{largest, most_asked};
use crate::analysis::tally::Counts;
use crate::analysis::verdict::{Effect, WorseSlice};
use crate::arm::Arm;
use crate::guard::Guard;
use crate::metric::Metric;
use crate::slice;
use crate::stats::evidence::discovery;
use std::collections::BTreeMap;

/// Of the slices that are named, at most this share is sound on average.
pub const FALSE_DISCOVERIES: f64 = 0.1;

/// A slice with fewer requests than this on the candidate is not looked at: it proves nothing yet, and looking costs.
const FEWEST: u64 = 20;

/// The slices that were counted in the evidence of a rollout and fare worse, the surest first.
pub(super) fn found(guards: &[Guard], evidence: &Evidence, units: Units) -> Vec<WorseSlice> {
    let keys = keys(evidence);
    if keys.is_empty() {
        return Vec::new();
    }
    let mut attributes: Vec<&str> = keys.iter().map(|(attribute, _)| *attribute).collect();
    attributes.dedup();
    let question = Question::of(guards, most_asked(attributes.len()), units);
    let mut part = Part::of(evidence);
    let mut asked = Vec::new();
    for (place, key) in keys.iter().enumerate() {
        part.become_that_of(*key);
        asked.extend(question.ask(place, &part.counted));
    }
    question.worst(&asked, |asked, certain| {
        part.become_that_of(keys[asked.place]);
        asked.named(keys[asked.place], &part.counted, certain)
    })
}

/// The slices that are asked, those of an attribute together.
fn keys(evidence: &Evidence) -> Vec<(&str, &str)> {
    let mut requests: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for counts in evidence.compared() {
        for arm in [&counts.baseline, &counts.candidate] {
            let slices = &arm.groups.slices;
            for slice in slices.slices() {
                *requests.entry(slice).or_default() += slices.requests(slice);
            }
        }
    }
    let (largest, _) = largest(requests.into_iter().collect(), |requests| *requests);
    largest.into_iter().map(|(slice, _)| slice).collect()
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
                let slices = &counts.arm(arm).groups.slices;
                for (metric, counted) in slices.counts(slice) {
                    tally.set_counts(metric, counted);
                }
                part.arm_mut(arm).groups.become_that_of_slice(slices, slice);
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

/// What every slice is asked.
struct Question<'a> {
    /// Those that slices are asked of, of which something is counted by slice.
    guards: Vec<&'a Guard>,
    /// How many of these guards of how many slices could be asked.
    hypotheses: usize,
    units: Units,
}

/// One guard, asked of one slice.
struct Asked<'a> {
    /// Which slice.
    place: usize,
    guard: &'a Guard,
    units: Units,
    log_harm: f64,
    since: usize,
}

impl<'a> Question<'a> {
    fn of(guards: &'a [Guard], slices: usize, units: Units) -> Self {
        let guards: Vec<&Guard> =
            guards.iter().filter(|guard| slice::is_counted(guard.metric, units)).collect();
        Self { hypotheses: slices * guards.len(), guards, units }
    }

    /// Asks a slice about the guards for which anything was counted.
    fn ask(&self, place: usize, evidence: &Evidence) -> Vec<Asked<'a>> {
        if requests(evidence) < FEWEST || self.has_too_few_groups(evidence) {
            return Vec::new();
        }
        let (starts, heavy) = (Starts::of_slice(evidence), HeavyGroups::among(evidence, self.units));
        let is_counted = |guard: &&&Guard| !evidence.total(guard.metric, Arm::Candidate).is_nothing();
        let ask = |guard: &&'a Guard| {
            let (log_harm, since) = match self.units {
                Units::Independent => {
                    let found = starts.harm(guard);
                    (found.log_e, found.since)
                }
                Units::Sticky => {
                    let known = (evidence, &starts, heavy.as_ref());
                    let (harm, since) = sticky::harm(guard, known, self.alpha());
                    (self.log_e(&harm), since)
                }
            };
            Asked { place, guard, units: self.units, log_harm, since }
        };
        self.guards.iter().filter(is_counted).map(ask).collect()
    }

    fn has_too_few_groups(&self, evidence: &Evidence) -> bool {
        self.units == Units::Sticky && evidence.candidate_groups() < MIN_GROUPS
    }

    /// The level at which one guard of one slice is beyond doubt.
    fn alpha(&self) -> f64 {
        ALPHA_ROLLBACK / self.hypotheses.max(1) as f64
    }

    fn log_e(&self, harm: &Harm) -> f64 {
        match harm {
            Harm::Evidence(log_e) => *log_e,
            Harm::Tested(true) => -self.alpha().ln(),
            Harm::Tested(false) => f64::NEG_INFINITY,
        }
    }

    /// Of what was asked that which stands out among all hypotheses, the surest first. What was not asked has said nothing.
    fn worst(
        &self,
        asked: &[Asked<'a>],
        mut name: impl FnMut(&Asked<'a>, f64) -> WorseSlice,
    ) -> Vec<WorseSlice> {
        let mut log_es: Vec<f64> = asked.iter().map(|asked| asked.log_harm).collect();
        log_es.resize(self.hypotheses, 0.0);
        let found = discovery::worst(&log_es, FALSE_DISCOVERIES).into_iter();
        let named = found.filter_map(|index| asked.get(index)).map(|asked| name(asked, -self.alpha().ln()));
        let mut named: Vec<WorseSlice> = named.collect();
        named.sort_by(|a, b| b.log_harm.total_cmp(&a.log_harm));
        named
    }
}

impl Asked<'_> {
    /// The slice as it is told; `certain` is the log e-value beyond which nobody doubts it.
    fn named(&self, (attribute, value): (&str, &str), evidence: &Evidence, certain: f64) -> WorseSlice {
        let starts = Starts::of_slice(evidence);
        let epochs = starts.since(self.since);
        WorseSlice {
            attribute: attribute.to_owned(),
            value: value.to_owned(),
            guard: *self.guard,
            baseline: total(epochs, self.guard, Arm::Baseline),
            candidate: total(epochs, self.guard, Arm::Candidate),
            effect: match self.units {
                _ if !starts.has_times_for(self.guard.metric) => Effect::default(),
                Units::Independent => independent::effect(self.guard, epochs),
                Units::Sticky => sticky::effect_on_others(self.guard, evidence, epochs),
            },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Margin;

    #[test]
    fn hypotheses_are_what_slices_can_be_asked() {
        let check = |units, metrics: &[Metric], asked: usize| {
            let guard = |metric: &Metric| Guard::new(*metric, Margin::Relative(2_000));
            let guards: Vec<Guard> = metrics.iter().map(guard).collect();
            assert_eq!(Question::of(&guards, 17, units).hypotheses, 17 * asked, "{metrics:?} of {units:?}");
        };
        let drawn = Units::Independent;
        check(drawn, &[Metric::Errors, Metric::Refusals], 2);
        check(drawn, &[Metric::Errors, Metric::LatencyP95, Metric::FirstTokenP50], 3);
        check(drawn, &[Metric::Errors, Metric::Cost, Metric::OutputTokens, Metric::LatencyMean], 1);
        check(Units::Sticky, &[Metric::Errors, Metric::Cost, Metric::OutputTokens, Metric::LatencyMean], 4);
        for units in [drawn, Units::Sticky] {
            check(units, &[Metric::Errors, Metric::Feedback], 1);
            check(units, &[Metric::Feedback], 0);
        }
    }
}
