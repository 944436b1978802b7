//! Tests for units that stay together. Evidence counts draws, not requests: sums per group of units, compared within
//! each epoch, with the variance between the groups.
//!
//! HARM is the event race of several starts, each event counted for what it is worth; of an amount, which has no events, and of a
//! strict margin in points, which no race can ask, the interval around the difference, held to the guard's own part of the
//! error. SAFE is the interval as well, but where the margin is a part of the baseline's share: there the race is the sharper one.

use super::gap::Gap;
use super::heavy::HeavyGroups;
use super::interval::ALPHA_EITHER;
use super::reading::Reading;
use super::starts::{BestGuess, Found, Gaps, LOG_WEIGHTS, SinceStart, Starts};
use super::{
    ALPHA_PROMOTE, ALPHA_SPLIT, Harm, Tested, interval, is_material, is_relative, safe_epochs, split_check,
};
use crate::analysis::measurement::{EpochCounts, Evidence};
use crate::analysis::tally::Counts;
use crate::analysis::verdict::{Effect, SplitCheck};
use crate::arm::Arm;
use crate::guard::{Guard, Margin};
use crate::metric::Metric;
use crate::stats::evidence::capital::Capital;
use crate::stats::evidence::clustered::{self, ClusteredRace};
use crate::stats::evidence::contrast::{
    self, Contrast, DesignEffect, EpochSums, Estimate, GroupSums, Hypothesis,
};
use crate::stats::interval::Interval;

/// A regression has to show in at least this many groups: a few users who fail are no candidate that fails.
pub(super) const HARM_GROUPS: usize = 5;

/// HARM is asked of all groups but the heavy ones, because what befalls one large user would hide what befalls the many;
/// SAFE is asked of all of them, because a large user's share of the requests is to be safe as well.
pub(super) fn test(
    guard: &Guard,
    (evidence, starts, heavy): (&Evidence, &Starts<'_>, Option<&HeavyGroups>),
    alpha: f64,
) -> Tested {
    let log_safe = log_safe(guard, evidence);
    let safe = shows_safe(log_safe, guard, evidence);
    Tested { safe, log_safe, ..test_harm(guard, (evidence, starts, heavy), alpha) }
}

/// The same of HARM alone: nothing is found safe.
pub(super) fn test_harm(
    guard: &Guard,
    (evidence, starts, heavy): (&Evidence, &Starts<'_>, Option<&HeavyGroups>),
    alpha: f64,
) -> Tested {
    let (harm, since) = harm(guard, (evidence, starts, heavy), alpha);
    let material = match harm {
        Harm::Evidence(log_e) => log_e > f64::NEG_INFINITY,
        Harm::Tested(worse) => worse,
    };
    let heavy = heavy.map(HeavyGroups::told);
    Tested { harm, safe: false, log_safe: None, material, since, heavy, lacks: None }
}

/// What speaks for HARM that is material, and since which of the compared epochs.
pub(super) fn harm(
    guard: &Guard,
    (evidence, starts, heavy): (&Evidence, &Starts<'_>, Option<&HeavyGroups>),
    alpha: f64,
) -> (Harm, usize) {
    if guard.metric.is_amount() {
        return (Harm::Tested(costs_more(guard, (evidence, heavy), alpha)), 0);
    }
    if guard.strict && matches!(guard.margin, Margin::Points(_)) {
        return (Harm::Tested(is_beyond_margin(guard, (evidence, heavy), alpha)), 0);
    }
    let found = Found::least(Reading::all(guard.metric).iter().map(|reading| {
        let groups = Groups { guard, reading: *reading, epochs: starts.since(0), heavy };
        let material = match heavy {
            None if starts.has_times_for(guard.metric) => {
                starts.material(Gaps::of(guard, &gaps(guard, starts)))
            }
            _ => starts.material(ToMargin { groups, distance: Estimate::from(at_margin(guard)) }),
        };
        starts.mixed(&material, groups.race(), &LOG_WEIGHTS)
    }));
    (Harm::Evidence(found.log_e), found.since)
}

/// The logarithm of all evidence for HARM, where it is a race; zero before there is any.
pub(super) fn log_harm(guard: &Guard, (starts, heavy): (&Starts<'_>, Option<&HeavyGroups>)) -> Option<f64> {
    let epochs = starts.since(0);
    if guard.metric.is_amount() || guard.strict && matches!(guard.margin, Margin::Points(_)) {
        return None;
    }
    let of_reading = |reading: &Reading| {
        let groups = Groups { guard, reading: *reading, epochs, heavy };
        starts.mixed(&starts.all(), groups.race(), &LOG_WEIGHTS)
    };
    let found = Found::least(Reading::all(guard.metric).iter().map(of_reading));
    Some(if epochs.is_empty() { 0.0 } else { found.log_e })
}

fn gaps(guard: &Guard, starts: &Starts<'_>) -> Vec<Gap> {
    starts.since(0).iter().map(|counts| Gap::of(guard, counts)).collect()
}

/// An amount has no events that could race: the bound of the difference of its capped means tells.
fn costs_more(guard: &Guard, (evidence, heavy): (&Evidence, Option<&HeavyGroups>), alpha: f64) -> bool {
    let sums = without(heavy, plain_sums(guard.metric, evidence.compared()));
    let is_worse = |reading: &Reading| {
        let sums = amount_sums(guard.metric, *reading, evidence.compared());
        let tolerated = Hypothesis { ratio: 1.0 + guard.tolerated(), difference: 0.0 };
        Contrast::of_amounts(&without(heavy, sums), tolerated)
            .is_some_and(|distance| distance.lower(alpha) > 0.0 && distance.event_groups >= HARM_GROUPS)
    };
    is_material(guard, estimate_of_sums(guard, &sums)) && Reading::all(guard.metric).iter().all(is_worse)
}

/// A race is about ratios, so a strict margin in points is asked of the bound of the difference.
fn is_beyond_margin(guard: &Guard, (evidence, heavy): (&Evidence, Option<&HeavyGroups>), alpha: f64) -> bool {
    let sums = without(heavy, plain_sums(guard.metric, evidence.compared()));
    Contrast::of(&sums, at_margin(guard))
        .is_some_and(|distance| distance.lower(alpha) > 0.0 && distance.event_groups >= HARM_GROUPS)
}

/// The groups of units, epoch by epoch, without the heavy ones.
#[derive(Clone, Copy)]
struct Groups<'a> {
    guard: &'a Guard,
    reading: Reading,
    epochs: &'a [&'a EpochCounts],
    heavy: Option<&'a HeavyGroups>,
}

impl<'a> Groups<'a> {
    /// Their bad events in an epoch: a strict guard on a percentile grants the candidate its margin.
    fn events(self, epoch: usize) -> EpochSums {
        if self.guard.strict && self.guard.metric.percentile().is_some() {
            return self.to_margin(epoch);
        }
        let bad = |counts: Counts| [counts.trials, self.reading.bad(counts)];
        self.others(sums(self.epochs[epoch], self.guard.metric, bad, bad))
    }

    /// The same as they are held against the margin.
    fn to_margin(self, epoch: usize) -> EpochSums {
        self.others(epoch_to_margin(self.guard, self.reading, self.epochs[epoch]))
    }

    fn others(self, sums: EpochSums) -> EpochSums {
        match self.heavy {
            Some(heavy) => heavy.left_out_of(&sums),
            None => sums,
        }
    }

    fn race(self) -> Race<'a> {
        let is_percentile = self.guard.metric.percentile().is_some();
        let ratio = if is_percentile { 1.0 } else { 1.0 + self.guard.tolerated() };
        Race { groups: self, race: ClusteredRace::harm(ratio) }
    }
}

/// Their race since a start.
struct Race<'a> {
    groups: Groups<'a>,
    race: ClusteredRace,
}

impl SinceStart for Race<'_> {
    fn add(&mut self, epoch: usize) {
        self.race.add(&self.groups.events(epoch));
    }

    /// Nothing is said while too few groups have events: what a few users meet with varies more than they can show.
    fn capital(&self) -> Capital {
        let capital = self.race.capital().filter(|_| self.race.event_groups() >= HARM_GROUPS);
        capital.unwrap_or_default()
    }
}

/// The best guess where heavy groups are left out, and of a slice's times: how far the groups lie from the margin.
struct ToMargin<'a> {
    groups: Groups<'a>,
    distance: Estimate,
}

impl BestGuess for ToMargin<'_> {
    fn add(&mut self, epoch: usize) {
        self.distance.add(&self.groups.to_margin(epoch));
    }

    fn is_material(&self) -> bool {
        self.distance.value().is_some_and(|distance| distance >= 0.0)
    }
}

/// Whether the candidate is shown safe by a guard.
pub(super) fn is_safe(guard: &Guard, evidence: &Evidence) -> bool {
    shows_safe(log_safe(guard, evidence), guard, evidence)
}

fn shows_safe(log_safe: Option<f64>, guard: &Guard, evidence: &Evidence) -> bool {
    if let Some(log_e) = log_safe {
        return log_e >= -ALPHA_PROMOTE.ln();
    }
    Reading::all(guard.metric).iter().all(|reading| {
        let sums = sums_to_margin(guard, *reading, safe_epochs(guard.metric, evidence));
        contrast(guard.metric, &sums, at_margin(guard))
            .is_some_and(|distance| distance.upper(ALPHA_PROMOTE) < 0.0)
    })
}

/// The evidence for SAFE where it is a race; nothing where the interval tells.
fn log_safe(guard: &Guard, evidence: &Evidence) -> Option<f64> {
    let is_raced =
        is_relative(guard.margin) && guard.metric.percentile().is_none() && !guard.metric.is_amount();
    let sums = || plain_sums(guard.metric, safe_epochs(guard.metric, evidence));
    is_raced.then(|| clustered::log_e_safe(&sums(), 1.0 + guard.margin.fraction()).unwrap_or_default())
}

pub(super) fn without(heavy: Option<&HeavyGroups>, all: Vec<EpochSums>) -> Vec<EpochSums> {
    match heavy {
        Some(heavy) => all.iter().map(|sums| heavy.left_out_of(sums)).collect(),
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

/// Whether the candidate got the share of the requests that was drawn for it.
pub(super) fn split(evidence: &Evidence) -> SplitCheck {
    let epochs: Vec<EpochSums> = evidence.compared().map(requests).collect();
    split_check(contrast::split_is_off(&epochs, ALPHA_SPLIT), evidence)
}

/// The requests of each group that fell on the arms.
fn requests(counts: &EpochCounts) -> EpochSums {
    let of = |arm: Arm| counts.arm(arm).requests_by_group(counts.ending());
    let groups = of(Arm::Candidate).zip(of(Arm::Baseline)).map(|(candidate, baseline)| GroupSums {
        candidate: candidate as f64,
        baseline: baseline as f64,
        ..GroupSums::default()
    });
    EpochSums { probability: counts.epoch.weight.probability(), groups: groups.collect() }
}

/// The most errors per request the candidate may add.
pub(super) fn harm_bound(evidence: &Evidence) -> Option<f64> {
    let all = plain_sums(Metric::Errors, evidence.compared());
    Contrast::of(&all, Hypothesis::EQUAL).map(|distance| distance.upper(ALPHA_PROMOTE).max(0.0))
}

/// What is held against the margin: of a percentile it is granted by the threshold.
fn at_margin(guard: &Guard) -> Hypothesis {
    let margin = guard.margin.fraction();
    match is_relative(guard.margin) {
        _ if guard.metric.percentile().is_some() => Hypothesis::EQUAL,
        true => Hypothesis { ratio: 1.0 + margin, difference: 0.0 },
        false => Hypothesis { ratio: 1.0, difference: margin },
    }
}

/// The sums whose distance from [`at_margin`] is below zero when the candidate is safe.
fn sums_to_margin<'a>(
    guard: &Guard,
    reading: Reading,
    epochs: impl Iterator<Item = &'a EpochCounts>,
) -> Vec<EpochSums> {
    if guard.metric.is_amount() {
        return amount_sums(guard.metric, reading, epochs);
    }
    epochs.map(|counts| epoch_to_margin(guard, reading, counts)).collect()
}

fn epoch_to_margin(guard: &Guard, reading: Reading, counts: &EpochCounts) -> EpochSums {
    let is_percentile = guard.metric.percentile().is_some();
    let bad = |counts: Counts| [counts.trials, reading.bad(counts)];
    let if_granted = |counts: Counts| [counts.trials, reading.bad_if_granted(counts)];
    sums(counts, guard.metric, |counts| if is_percentile { if_granted(counts) } else { bad(counts) }, bad)
}

/// How the candidate compares in these epochs. Percentiles are not kept per group: what a slow answer is worth is how the groups
/// have theirs.
pub(super) fn effect(guard: &Guard, epochs: &[&EpochCounts]) -> Effect {
    if guard.metric.percentile().is_none() {
        return effect_of_sums(guard, epochs, None);
    }
    let estimate = epochs.iter().map(|counts| Gap::of(guard, counts)).sum::<Gap>().estimate(guard);
    interval::of_times(guard, epochs, estimate, |reading| {
        let bad = |counts: Counts| [counts.trials, reading.bad(counts)];
        let sums: Vec<EpochSums> = epochs.iter().map(|counts| sums(counts, guard.metric, bad, bad)).collect();
        DesignEffect::of(&sums).map_or(0.0, |effect| 1.0 / effect.factor)
    })
}

/// The same of what HARM is about: of all groups but the heavy ones.
pub(super) fn effect_on_others(guard: &Guard, evidence: &Evidence, epochs: &[&EpochCounts]) -> Effect {
    match HeavyGroups::of(evidence) {
        None => effect(guard, epochs),
        Some(_) if guard.metric.percentile().is_some() => Effect::default(),
        Some(heavy) => effect_of_sums(guard, epochs, Some(&heavy)),
    }
}

/// In per cent the range is of the ratio: the baseline is not known for certain either.
fn effect_of_sums(guard: &Guard, epochs: &[&EpochCounts], heavy: Option<&HeavyGroups>) -> Effect {
    let alpha = ALPHA_PROMOTE / 2.0;
    let sums = without(heavy, plain_sums(guard.metric, epochs.iter().copied()));
    let range = match (guard.metric.is_amount(), is_relative(guard.margin)) {
        (true, _) => ratio_of_amounts(guard.metric, epochs, heavy).map(interval::excess),
        (false, true) => clustered::confidence(&sums, alpha).map(interval::excess),
        (false, false) => difference(&sums),
    };
    range.map_or_else(Effect::default, |range| interval::around(estimate_of_sums(guard, &sums), range))
}

/// The range of the ratio of mean amounts that holds in every reading of early failures.
fn ratio_of_amounts(
    metric: Metric,
    epochs: &[&EpochCounts],
    heavy: Option<&HeavyGroups>,
) -> Option<Interval> {
    let in_reading = |reading: &Reading| {
        let sums = without(heavy, amount_sums(metric, *reading, epochs.iter().copied()));
        contrast::ratio::confidence(&sums, ALPHA_PROMOTE / 2.0)
    };
    let wider = |one: Interval, other: Interval| Interval {
        lower: one.lower.min(other.lower),
        upper: one.upper.max(other.upper),
    };
    let ranges: Option<Vec<Interval>> = Reading::all(metric).iter().map(in_reading).collect();
    ranges?.into_iter().reduce(wider)
}

fn difference(epochs: &[EpochSums]) -> Option<Interval> {
    let distance = Contrast::of(epochs, Hypothesis::EQUAL)?;
    let ratio = clustered::least_excess(epochs, ALPHA_EITHER, &LOG_WEIGHTS);
    let ratio = ratio.filter(|_| distance.event_groups >= HARM_GROUPS);
    let lower = interval::points(distance.lower(ALPHA_EITHER), ratio, epochs);
    // No end lies beyond what shares can differ by, whatever a few groups leave open.
    Some(Interval { lower: lower.max(-1.0), upper: distance.upper(ALPHA_PROMOTE / 2.0).min(1.0) })
}

/// The best guess: the difference, as a part of the baseline's share or mean where the margin is one. Beside a baseline that has
/// none whatever the candidate has is too much to be a part of it.
fn estimate_of_sums(guard: &Guard, epochs: &[EpochSums]) -> Option<f64> {
    let mut difference = Estimate::from(Hypothesis::EQUAL);
    epochs.iter().for_each(|epoch| difference.add(epoch));
    let (difference, share) = (difference.value()?, interval::baseline_share(epochs)?);
    match is_relative(guard.margin) {
        false => Some(difference),
        true if share > 0.0 => Some(difference / share),
        true => (difference > 0.0).then_some(f64::MAX),
    }
}

/// Bad requests or capped amounts, as they were counted, among those of which it is known.
pub(super) fn plain_sums<'a>(
    metric: Metric,
    epochs: impl Iterator<Item = &'a EpochCounts>,
) -> Vec<EpochSums> {
    let events = |counts: Counts| [counts.known(), counts.events];
    epochs.map(|counts| sums(counts, metric, events, events)).collect()
}

/// Capped amounts, with early failures as the reading has them.
fn amount_sums<'a>(
    metric: Metric,
    reading: Reading,
    epochs: impl Iterator<Item = &'a EpochCounts>,
) -> Vec<EpochSums> {
    let of_epoch = |counts: &EpochCounts| {
        let cap = counts.epoch.thresholds.cap(metric).unwrap_or_default();
        let sum = |counts: Counts| [counts.trials, reading.sum(counts, cap)];
        sums(counts, metric, sum, sum)
    };
    epochs.map(of_epoch).collect()
}

/// What each arm's counts are taken for, group by group: how many cases, and what they come to.
fn sums(
    counts: &EpochCounts,
    metric: Metric,
    of_candidate: impl Fn(Counts) -> [u64; 2],
    of_baseline: impl Fn(Counts) -> [u64; 2],
) -> EpochSums {
    let of = |arm: Arm| counts.arm(arm).groups.counts(metric);
    let groups = of(Arm::Candidate).iter().zip(of(Arm::Baseline)).map(|(candidate, baseline)| {
        let [candidate, candidate_events] = of_candidate(*candidate).map(|count| count as f64);
        let [baseline, baseline_events] = of_baseline(*baseline).map(|count| count as f64);
        GroupSums { candidate, candidate_events, baseline, baseline_events }
    });
    EpochSums { probability: counts.epoch.weight.probability(), groups: groups.collect() }
}
