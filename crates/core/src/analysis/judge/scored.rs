//! Tests for mean scores. Scores come from those who give any, late and in an order of their own, so two things are asked.
//!
//! Of requests drawn one by one: the bets on the mean, exact where as large a part of either arm's requests is scored, as it is
//! when a sample of answers is judged; and the comparison of the means among those that were scored, asymptotic, whatever makes
//! people speak. HARM and SAFE need both: a candidate is neither blamed nor passed because other people, or more of them,
//! give scores. The comparison for HARM is held to the error of the start that says most.
//!
//! Of units that stay together: the sums per group, as of any other mean, once enough of the groups were scored.

use super::heavy::HeavyGroups;
use super::starts::Starts;
use super::sticky::{HARM_GROUPS, plain_sums, without};
use super::{ALPHA_PROMOTE, Harm, MIN_GROUPS, Tested, Units};
use crate::analysis::measurement::{EpochCounts, Evidence};
use crate::analysis::verdict::{Effect, Wait};
use crate::arm::Arm;
use crate::guard::Guard;
use crate::metric::Metric;
use crate::score::{LEVELS, Score};
use crate::stats::evidence::capital::Capital;
use crate::stats::evidence::contrast::{Contrast, EpochSums, Hypothesis};
use crate::stats::evidence::scored::{self, ScoreEpoch};

/// Tests a guard on a score, with `alpha` the error it may make alone in calling the candidate worse.
pub(super) fn test(
    guard: &Guard,
    score: Score,
    (evidence, starts, heavy): (&Evidence, &Starts<'_>, Option<&HeavyGroups>),
    (units, alpha): (Units, f64),
) -> Tested {
    match units {
        Units::Independent => test_independent(guard, score, (evidence, starts), alpha),
        Units::Sticky => test_sticky(guard, score, (evidence, heavy), alpha),
    }
}

fn test_independent(
    guard: &Guard,
    score: Score,
    (evidence, starts): (&Evidence, &Starts<'_>),
    alpha: f64,
) -> Tested {
    let mut harm = starts.harm_of_mean(guard, bets(guard, score));
    let since = epochs_of(score, starts.since(harm.since).iter().copied());
    let is_lower_among_scored = harm.log_e > f64::NEG_INFINITY
        && scored::contrast(&since).is_some_and(|distance| {
            distance.lower(alpha * starts.weight_of(harm.since)) > guard.tolerated() / score.width()
        });
    if !is_lower_among_scored {
        harm.log_e = f64::NEG_INFINITY;
    }
    let log_safe = log_safe(guard, score, evidence);
    Tested {
        harm: Harm::Evidence(harm.log_e),
        safe: shows_safe(log_safe, guard, score, evidence),
        log_safe: Some(log_safe),
        material: harm.log_e > f64::NEG_INFINITY,
        since: harm.since,
        heavy: None,
        lacks: None,
    }
}

/// The logarithm of all evidence for HARM, where it is one of bets.
pub(super) fn log_harm(guard: &Guard, score: Score, starts: &Starts<'_>, units: Units) -> Option<f64> {
    (units == Units::Independent).then(|| starts.log_harm_of_mean(bets(guard, score)))
}

/// What the bets make of each of some epochs.
fn bets(guard: &Guard, score: Score) -> impl Fn(&[&EpochCounts]) -> Vec<Capital> {
    let tolerated = guard.tolerated() / score.width();
    move |epochs| scored::harm(&epochs_of(score, epochs.iter().copied()), tolerated)
}

fn test_sticky(
    guard: &Guard,
    score: Score,
    (evidence, heavy): (&Evidence, Option<&HeavyGroups>),
    alpha: f64,
) -> Tested {
    let all = sums(score, evidence.compared());
    let others = without(heavy, all.clone());
    let groups = scored_groups(&all);
    let lacks = (groups < MIN_GROUPS).then_some(Wait::TooFewScored { groups, need: MIN_GROUPS });
    let distance = Contrast::of_amounts(&others, Hypothesis::EQUAL).filter(|_| lacks.is_none());
    let estimate = distance.map(|distance| distance.estimate * unit(score));
    let tolerated = guard.tolerated() / unit(score);
    let is_harm =
        |distance: Contrast| distance.lower(alpha) > tolerated && distance.event_groups >= HARM_GROUPS;
    let harm = distance.is_some_and(is_harm);
    Tested {
        harm: Harm::Tested(harm),
        safe: is_safe(guard, score, evidence, Units::Sticky),
        log_safe: None,
        material: estimate.is_some_and(|estimate| estimate >= guard.margin.fraction()),
        since: 0,
        heavy: heavy.map(HeavyGroups::told),
        lacks,
    }
}

/// Whether the candidate is shown safe by a guard on a score.
pub(super) fn is_safe(guard: &Guard, score: Score, evidence: &Evidence, units: Units) -> bool {
    match units {
        Units::Independent => shows_safe(log_safe(guard, score, evidence), guard, score, evidence),
        Units::Sticky => {
            let sums = sums(score, evidence.compared());
            let at_margin = Hypothesis { ratio: 1.0, difference: guard.margin.fraction() / unit(score) };
            let distance = Contrast::of_amounts(&sums, at_margin).filter(|_| are_enough(&sums));
            distance.is_some_and(|distance| distance.upper(ALPHA_PROMOTE) < 0.0)
        }
    }
}

fn log_safe(guard: &Guard, score: Score, evidence: &Evidence) -> f64 {
    scored::log_e_safe(&epochs_of(score, evidence.compared()), guard.margin.fraction() / score.width())
}

fn shows_safe(log_safe: f64, guard: &Guard, score: Score, evidence: &Evidence) -> bool {
    let margin = guard.margin.fraction() / score.width();
    log_safe >= -ALPHA_PROMOTE.ln()
        && scored::contrast(&epochs_of(score, evidence.compared()))
            .is_some_and(|distance| distance.upper(ALPHA_PROMOTE) < margin)
}

/// How the candidate's mean compares in these epochs, in points of the scale, above zero for a lower one.
pub(super) fn effect(score: Score, epochs: &[&EpochCounts], units: Units) -> Effect {
    match units {
        Units::Independent => {
            let distance = scored::contrast(&epochs_of(score, epochs.iter().copied()));
            distance.map_or_else(Effect::default, |distance| told(distance, (score.width(), score.width())))
        }
        Units::Sticky => effect_of_sums(score, &sums(score, epochs.iter().copied())),
    }
}

/// The same of what HARM is about: of all groups but the heavy ones.
pub(super) fn effect_on_others(
    score: Score,
    evidence: &Evidence,
    epochs: &[&EpochCounts],
    units: Units,
) -> Effect {
    match units {
        Units::Independent => effect(score, epochs, units),
        Units::Sticky => {
            let heavy = HeavyGroups::of(evidence);
            effect_of_sums(score, &without(heavy.as_ref(), sums(score, epochs.iter().copied())))
        }
    }
}

/// Bounds of a few groups would be no bounds.
fn effect_of_sums(score: Score, sums: &[EpochSums]) -> Effect {
    match Contrast::of_amounts(sums, Hypothesis::EQUAL) {
        None => Effect::default(),
        Some(distance) if are_enough(sums) => told(distance, (unit(score), score.width())),
        Some(distance) => {
            Effect { estimate: Some(distance.estimate * unit(score)), lower: None, upper: None }
        }
    }
}

/// No end lies beyond the scale, whatever a few scores leave open.
fn told(distance: Contrast, (unit, width): (f64, f64)) -> Effect {
    Effect {
        estimate: Some(distance.estimate * unit),
        lower: Some((distance.lower(ALPHA_PROMOTE / 2.0) * unit).max(-width)),
        upper: Some((distance.upper(ALPHA_PROMOTE / 2.0) * unit).min(width)),
    }
}

/// The points of a hundredth of the scale.
fn unit(score: Score) -> f64 {
    score.width() / f64::from(LEVELS)
}

fn epochs_of<'a>(score: Score, epochs: impl Iterator<Item = &'a EpochCounts>) -> Vec<ScoreEpoch<'a>> {
    let of_epoch = |counts: &'a EpochCounts| ScoreEpoch {
        probability: counts.epoch.weight.probability(),
        centre: counts.epoch.thresholds.expected(score),
        candidate: counts.arm(Arm::Candidate).tally.scores(score),
        baseline: counts.arm(Arm::Baseline).tally.scores(score),
    };
    epochs.map(of_epoch).collect()
}

/// By group, in hundredths of the scale below its top.
fn sums<'a>(score: Score, epochs: impl Iterator<Item = &'a EpochCounts>) -> Vec<EpochSums> {
    plain_sums(Metric::Score(score), epochs)
}

/// Whether enough of the groups were scored on both arms: few of them vary more than they can show.
fn are_enough(epochs: &[EpochSums]) -> bool {
    scored_groups(epochs) >= MIN_GROUPS
}

/// How many of the groups were scored on both arms.
fn scored_groups(epochs: &[EpochSums]) -> usize {
    let groups = epochs.iter().map(|epoch| epoch.groups.len()).max().unwrap_or(0);
    let any = |group: usize, is: fn(&(f64, f64)) -> bool| {
        let of_group = epochs.iter().filter_map(|epoch| epoch.groups.get(group));
        of_group.map(|sums| (sums.candidate, sums.baseline)).any(|sums| is(&sums))
    };
    let scored = |group: &usize| {
        any(*group, |(candidate, _)| *candidate > 0.0) && any(*group, |(_, baseline)| *baseline > 0.0)
    };
    (0..groups).filter(scored).count()
}
