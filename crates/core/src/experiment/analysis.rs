//! What follows from the evidence of an experiment: [`analyse`] is asked as often as one likes.
//!
//! *Error.* Of experiments in which no arm is better than the control, at most [`ALPHA`] ever name a winner, over all arms and looks:
//! the interval of each arm against the control is held at its part of it. Of those in which an arm is better by what matters, at
//! most as many ever say that none is. A winner that another arm beats by what matters is named in at most as many again.

use super::checks::{Exposed, Split, exposure, split};
use super::compare::{Comparison, Gain};
use super::days::by_day;
use super::definition::Experiment;
use super::evidence::{Counted, Evidence};
use super::factors::effects;
use super::harm::{Follows, Harm, harmed};
use super::interactions::interactions;
use super::verdict::{Analysis, Standing, Verdict, Wait};
use crate::analysis::judge::unread::arm_tells_less;
use crate::analysis::judge::{MIN_GROUPS, MIN_UNITS, Units};
use crate::analysis::measurement::ArmCounts;
use crate::metric::Metric;
use crate::stats::sequence::asymptotic::is_enough;

/// The part of experiments that may conclude what is not so, over all arms and looks; see the head of this file.
pub const ALPHA: f64 = 0.05;

static NOTHING: Counted = Counted { lead_in: Vec::new(), spans: Vec::new() };

/// Judges the evidence of an experiment. `stopped` are the arms that no longer get traffic, counted from zero.
pub fn analyse(experiment: &Experiment, evidence: &Evidence, stopped: &[usize]) -> Analysis {
    let units = Units::of(&experiment.unit);
    let aim = &experiment.aim;
    let counted = evidence.applications.get(&aim.application).unwrap_or(&NOTHING);
    let comparison = Comparison::of(aim, units, counted);
    let arms = experiment.arms.len();
    let alpha = ALPHA / (arms - 1) as f64;
    let harm = harmed(experiment, evidence, units);
    // The first application whose split is off says so for all.
    let splits = evidence.applications.values().map(|counted| split(counted, units));
    let split = splits.into_iter().find(|split| *split != Split::Sound).unwrap_or(Split::Sound);
    let exposure = exposure(counted, arms, units);
    let is_out = |arm: usize| {
        stopped.contains(&arm) || harm.iter().any(|harm| harm.arm == arm && harm.follows == Follows::ArmStops)
    };
    let live: Vec<usize> = (1..arms).filter(|arm| !is_out(*arm)).collect();
    let standing = |arm: usize| Standing {
        counts: comparison.counts(arm),
        units: if units == Units::Sticky { counted.units(arm).count() } else { 0 },
        is_stopped: is_out(arm),
        gain: (arm > 0).then(|| comparison.gain(arm, 0, alpha)).flatten(),
        card: None,
    };
    let mut standings: Vec<Standing> = (0..arms).map(standing).collect();
    let wait = if split != Split::Sound {
        Some(Wait::BrokenSplit)
    } else if exposure.finding == Exposed::Twice {
        Some(Wait::SeenTwice)
    } else {
        a_person_is_asked(&harm, &live)
            .or_else(|| too_few(counted, (&standings, &live), aim.metric, units))
            .or_else(|| unread(counted, &live, aim.metric))
    };
    let verdict = match wait {
        _ if live.is_empty() => Verdict::NoArmLeft,
        Some(wait) => Verdict::Wait(wait),
        None => conclude(&comparison, &standings, &live, aim.minimum_effect.fraction()),
    };
    if split == Split::Sound && exposure.finding != Exposed::Twice {
        for arm in 1..arms {
            let can_be_told = too_few(counted, (&standings, &[arm]), aim.metric, units).is_none()
                && unread(counted, &[arm], aim.metric).is_none();
            standings[arm].card = can_be_told.then(|| comparison.card(arm)).flatten();
        }
    }
    Analysis {
        validity: comparison.validity(),
        verdict,
        harm,
        split,
        exposure,
        days: by_day(&counted.spans, aim, units),
        factors: effects(&experiment.arms, aim.better, &comparison),
        // Counts that cannot be trusted as a whole cannot be in parts.
        interactions: match wait {
            Some(Wait::BrokenSplit | Wait::SeenTwice | Wait::Unread { .. }) => Vec::new(),
            _ => interactions(experiment, counted, &evidence.companions),
        },
        arms: standings,
    }
}

fn a_person_is_asked(harm: &[Harm], live: &[usize]) -> Option<Wait> {
    let asks = |harm: &&Harm| harm.follows == Follows::APerson && live.contains(&harm.arm);
    harm.iter().find(asks).map(|harm| Wait::Guard { arm: harm.arm })
}

/// Whether an arm that takes part has too little for its numbers to hold.
fn too_few(
    counted: &Counted,
    (arms, live): (&[Standing], &[usize]),
    metric: Metric,
    units: Units,
) -> Option<Wait> {
    [0].iter().chain(live).find_map(|&arm| {
        let Standing { counts, units: seen, .. } = arms.get(arm)?;
        // Every outcome of a unit adds one to what is looked at for errors.
        let (groups, scored) = (groups(counted, arm, Metric::Errors), || groups(counted, arm, metric));
        match (units, metric) {
            (Units::Sticky, _) if *seen < MIN_UNITS || groups < MIN_GROUPS => {
                Some(Wait::TooFewUnits { arm, units: *seen, groups })
            }
            (Units::Sticky, Metric::Score(_)) if scored() < MIN_GROUPS => {
                Some(Wait::TooFewScored { arm, groups: scored() })
            }
            _ if !is_enough(counts.known() as f64, None) => Some(Wait::TooFewOutcomes { arm }),
            _ => None,
        }
    })
}

/// Whether answers of an arm that takes part tell less of the aim than the control's, or those more: what is told is then of a part
/// of the answers that need not be like the rest.
fn unread(counted: &Counted, live: &[usize], metric: Metric) -> Option<Wait> {
    let tells_less = |arm: usize, than: usize| {
        let spans = counted.spans.iter().filter(|span| span.arms.len() > arm.max(than));
        arm_tells_less(metric, spans.map(|span| (&span.thresholds, &span.arms[arm], &span.arms[than])))
    };
    let pairs = live.iter().flat_map(|arm| [(*arm, 0), (0, *arm)]);
    pairs
        .into_iter()
        .find(|(arm, than)| tells_less(*arm, *than))
        .map(|(arm, than)| Wait::Unread { arm, than })
}

/// How many groups had something that a metric looks at on an arm.
fn groups(counted: &Counted, arm: usize, metric: Metric) -> usize {
    let arms: Vec<_> = counted.spans.iter().filter_map(|span| span.arms.get(arm)).collect();
    let is_seen = |group: &usize| {
        let of =
            |arm: &&ArmCounts| arm.groups.counts(metric).get(*group).is_some_and(|counts| counts.trials > 0);
        arms.iter().any(of)
    };
    (0..crate::unit::GROUPS).filter(is_seen).count()
}

fn conclude(comparison: &Comparison<'_>, arms: &[Standing], live: &[usize], least: f64) -> Verdict {
    let gain = |arm: usize| arms.get(arm).and_then(|standing| standing.gain);
    let is_ruled_out = |arm: &usize| gain(*arm).is_some_and(|gain| is_below(gain, least));
    if live.iter().all(is_ruled_out) {
        return Verdict::NoDifference;
    }
    let estimate = |arm: &usize| gain(*arm).map_or(f64::NEG_INFINITY, |gain| gain.estimate);
    let best = live.iter().copied().max_by(|one, other| estimate(one).total_cmp(&estimate(other)));
    let Some((arm, best)) = best.and_then(|arm| Some((arm, gain(arm)?))) else {
        return Verdict::KeepGoing;
    };
    if best.estimate < least {
        return Verdict::KeepGoing;
    }
    let is_better = best.lower.is_some_and(|lower| lower > 0.0);
    // Any of the others could have been named in its place.
    let alpha = ALPHA / (arms.len().saturating_sub(2)).max(1) as f64;
    let is_beaten_by_none = || {
        let rivals = live.iter().filter(|rival| **rival != arm);
        rivals
            .into_iter()
            .all(|rival| comparison.gain(*rival, arm, alpha).is_some_and(|gain| is_below(gain, least)))
    };
    if is_better && is_beaten_by_none() { Verdict::Winner { arm } } else { Verdict::Leading { arm } }
}

/// Whether a gain is shown to be less than what matters.
fn is_below(gain: Gain, least: f64) -> bool {
    gain.upper.is_some_and(|upper| upper < least)
}
