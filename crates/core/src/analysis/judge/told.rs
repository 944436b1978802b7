//! What is told beside a verdict: how the candidate compares, and the margin that would have passed. Nothing follows from
//! it.

use super::heavy::HeavyGroups;
use super::starts::Starts;
use super::{Units, independent, scored, sticky, widened};
use crate::analysis::measurement::{EpochCounts, Evidence};
use crate::analysis::tally::Counts;
use crate::analysis::verdict::{Judgement, Verdict, Wait};
use crate::arm::Arm;
use crate::guard::Guard;
use crate::metric::Metric;

/// Tells of the guards that did not fail, by all of the evidence.
pub(super) fn tell(guards: &mut [Judgement], evidence: &Evidence, units: Units) {
    let epochs: Vec<&EpochCounts> = evidence.compared().collect();
    let (starts, heavy) = (Starts::of(evidence), HeavyGroups::among(evidence, units));
    for judged in guards.iter_mut().filter(|judged| !judged.verdict.is_fail()) {
        judged.effect = match (units, judged.guard.metric) {
            (_, Metric::Score(score)) => scored::effect(score, &epochs, units),
            (Units::Independent, _) => independent::effect(&judged.guard, &epochs),
            (Units::Sticky, _) => sticky::effect(&judged.guard, &epochs),
        };
        judged.log_harm = log_harm(&judged.guard, (&starts, heavy.as_ref(), units));
        if let Verdict::Wait(Wait::Undecided | Wait::Lopsided(_)) = judged.verdict {
            judged.passes_with = widened::margin(&judged.guard, judged.effect, evidence, units);
        }
    }
}

/// Tells of a guard that failed, by what showed it: the epochs from `since` on, without heavy groups.
pub(super) fn tell_harm(
    judged: &mut Judgement,
    (evidence, starts, units): (&Evidence, &Starts<'_>, Units),
    since: usize,
) {
    let epochs = starts.since(since);
    judged.log_harm = log_harm(&judged.guard, (starts, HeavyGroups::among(evidence, units).as_ref(), units));
    judged.effect = match (units, judged.guard.metric) {
        (_, Metric::Score(score)) => scored::effect_on_others(score, evidence, epochs, units),
        (Units::Independent, _) => independent::effect(&judged.guard, epochs),
        (Units::Sticky, _) => sticky::effect_on_others(&judged.guard, evidence, epochs),
    };
    if since > 0 {
        // The whole does not show a late change.
        let total = |arm: Arm| {
            let mut total = Counts::default();
            epochs.iter().for_each(|counts| total.add(counts.arm(arm).counts(judged.guard.metric)));
            total
        };
        (judged.baseline, judged.candidate) = (total(Arm::Baseline), total(Arm::Candidate));
        judged.since = Some(starts.after(since));
    }
}

/// The logarithm of all evidence for HARM, of starts that may act and of others; nothing of a test without such a number.
fn log_harm(
    guard: &Guard,
    (starts, heavy, units): (&Starts<'_>, Option<&HeavyGroups>, Units),
) -> Option<f64> {
    match (units, guard.metric) {
        (_, Metric::Score(score)) => scored::log_harm(guard, score, starts, units),
        (Units::Independent, _) => Some(starts.log_harm(guard)),
        (Units::Sticky, _) => sticky::log_harm(guard, (starts, heavy)),
    }
}
