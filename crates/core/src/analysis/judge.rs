//! Judging evidence: [`judge`] answers, for every guard, whether the candidate is worse, is safe, or cannot be
//! told yet. Which test does it depends on the units: [`independent`] for requests drawn one by one, [`sticky`] for
//! units that stay together; [`scored`] has those of mean scores.
//!
//! Rollback is one decision over all guards, so its error is bounded once for the rollout: at most [`ALPHA_ROLLBACK`]
//! of clean candidates are ever called worse, at any number of looks. Promotion needs every guard to pass, so each
//! guard has its own error, [`ALPHA_PROMOTE`].

mod events;
mod gap;
mod heavy;
mod independent;
mod interval;
pub mod pairs;
mod reading;
mod scored;
pub mod slices;
mod starts;
mod sticky;
mod told;
pub(crate) mod unread;
mod widened;

use super::measurement::{EpochCounts, Evidence};
use super::verdict::{Analysis, Effect, Heavy, Judgement, SplitCheck, Validity, Verdict, Wait};
use crate::arm::Arm;
use crate::guard::{Guard, Margin, sharing};
use crate::metric::Metric;
use crate::stats::evidence::combine::{WeightedEvidence, bonferroni_threshold, weighted_mean};
pub use crate::unit::Units;
use crate::weight::Weight;
use heavy::HeavyGroups;
use starts::Starts;

/// The share of clean candidates a rollout may wrongly call worse, over all guards and looks.
pub const ALPHA_ROLLBACK: f64 = 0.01;
/// The share of candidates exactly at a guard's margin that the guard may wrongly pass.
pub const ALPHA_PROMOTE: f64 = 0.05;
/// The share of soundly split rollouts that may wrongly be called broken.
pub const ALPHA_SPLIT: f64 = 0.001;
/// Numbers for sticky units hold only with many: below this many on the candidate nothing is said.
pub const MIN_UNITS: u64 = 100;
/// And with traffic in at least this many of the 64 groups.
pub const MIN_GROUPS: usize = 48;
/// A metric that depends on load is shown safe only by epochs with at least this share on the candidate.
pub const MIN_LOAD: Weight = match Weight::from_basis_points(2_500) {
    Ok(weight) => weight,
    Err(_) => Weight::FULL,
};

/// What the tests of one guard found, before the guards are weighed against each other.
struct Tested {
    /// The candidate is worse, at the level this guard has alone.
    harm: Harm,
    /// The candidate is not worse by the margin.
    safe: bool,
    /// Natural logarithm of the evidence for `safe`, when the test has such a number.
    log_safe: Option<f64>,
    /// Whether the best guess of what `harm` is about lies at the margin or beyond.
    material: bool,
    /// The first of the compared epochs that `harm` is about: a later start may show what the whole does not.
    since: usize,
    /// The groups that weigh most, when a few do: `harm` and `material` are about the others.
    heavy: Option<Heavy>,
    /// What the tests need before they say anything.
    lacks: Option<Wait>,
}

/// Evidence that the candidate is worse.
enum Harm {
    /// An e-value of what is material, as its natural logarithm: it can be averaged with those of other guards.
    Evidence(f64),
    /// A test at the guard's own level.
    Tested(bool),
}

/// Judges the evidence of a rollout, and tells how the candidate compares by every guard: [`decided`], then [`tell`].
pub fn judge(guards: &[Guard], evidence: &Evidence, units: Units) -> Analysis {
    let mut analysis = decided(guards, evidence, units);
    tell(&mut analysis, evidence, units);
    analysis
}

/// What a step depends on: the verdicts, and the most harm that more traffic may do.
pub fn decided(guards: &[Guard], evidence: &Evidence, units: Units) -> Analysis {
    Analysis { harm_bound: harm_bound(evidence, units), ..verdicts(guards, evidence, units) }
}

/// What people are told besides, of the guards that did not fail: how the candidate compares, all of the evidence for HARM, and
/// the margin that would have passed. It takes several times as long as to decide, and nothing follows from it.
pub fn tell(analysis: &mut Analysis, evidence: &Evidence, units: Units) {
    told::tell(&mut analysis.guards, evidence, units);
}

/// The most errors per request that moving a request to the candidate may add, at the promotion level; nothing while nothing
/// is known. Before the candidate gets more, a step asks for it.
pub fn harm_bound(evidence: &Evidence, units: Units) -> Option<f64> {
    match units {
        Units::Independent => independent::harm_bound(evidence),
        Units::Sticky => sticky::harm_bound(evidence),
    }
}

/// The verdicts of [`judge`] alone, for those who look very often: how the candidate compares and all of the evidence for HARM
/// are told of guards that fail and of no other, and [`harm_bound`] of none.
pub fn verdicts(guards: &[Guard], evidence: &Evidence, units: Units) -> Analysis {
    asked(guards, evidence, units, (Asked::Both, ALPHA_ROLLBACK))
}

/// The same without a word on what is safe, for those who look very often while nothing is to be promoted: a guard that would
/// pass waits. Of clean candidates at most `alpha` are ever called worse.
pub fn verdicts_of_harm(guards: &[Guard], evidence: &Evidence, units: Units, alpha: f64) -> Analysis {
    asked(guards, evidence, units, (Asked::Harm, alpha))
}

fn asked(guards: &[Guard], evidence: &Evidence, units: Units, (asked, alpha): (Asked, f64)) -> Analysis {
    let starts = Starts::of(evidence);
    let test = tests(guards, (evidence, &starts, units), (asked, alpha));
    let tested: Vec<Tested> = guards.iter().map(test).collect();
    let wait = too_few_units(evidence, units);
    let worse = worse(guards, &tested, alpha);
    // Too few units for the whole are too few for its parts.
    let slices = if wait.is_some() { Vec::new() } else { slices::found(guards, evidence, units) };
    let guards = guards
        .iter()
        .zip(tested)
        .zip(worse)
        .map(|((guard, tested), worse)| {
            let verdict = wait.map_or_else(|| verdict(guard, evidence, &tested, worse), Verdict::Wait);
            judgement(guard, (evidence, &starts, units), &tested, verdict)
        })
        .collect();
    Analysis {
        validity: match units {
            Units::Independent => Validity::Exact,
            Units::Sticky => Validity::Asymptotic,
        },
        seen: evidence.seen(),
        candidate_units: evidence.units(Arm::Candidate),
        wait,
        split: match units {
            Units::Independent => independent::split(evidence),
            // Few units may all fall on one arm: that says nothing of what was drawn.
            Units::Sticky if wait.is_some() => SplitCheck::Sound,
            Units::Sticky => sticky::split(evidence),
        },
        guards,
        slices,
        harm_bound: None,
    }
}

/// Whether [`verdicts`] fails a guard after an outcome that spoke against the candidate by some metrics, for those who look
/// after every one: where the best guess of none of these is at its margin, nothing has come that acts.
pub fn finds_harm(
    guards: &[Guard],
    evidence: &Evidence,
    units: Units,
    spoke: impl Fn(Metric) -> bool,
) -> bool {
    let starts = Starts::of(evidence);
    let test = tests(guards, (evidence, &starts, units), (Asked::Harm, ALPHA_ROLLBACK));
    let concerned: Vec<Option<Tested>> =
        guards.iter().map(|guard| spoke(guard.metric).then(|| test(guard))).collect();
    if !concerned.iter().flatten().any(|tested| tested.material) {
        return false;
    }
    let all: Vec<Tested> =
        guards.iter().zip(concerned).map(|(guard, tested)| tested.unwrap_or_else(|| test(guard))).collect();
    worse(guards, &all, ALPHA_ROLLBACK).contains(&true) && too_few_units(evidence, units).is_none()
}

/// What is asked of a guard's tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Whether the candidate is worse, and whether it is safe.
    Both,
    /// Whether it is worse: nothing is found safe.
    Harm,
}

/// The test of a guard among those of its rollout, which together have the error `alpha`.
fn tests<'a>(
    guards: &[Guard],
    (evidence, starts, units): (&'a Evidence, &'a Starts<'a>, Units),
    (asked, alpha): (Asked, f64),
) -> impl Fn(&Guard) -> Tested {
    let heavy = HeavyGroups::among(evidence, units);
    let alpha = alpha * share(guards);
    move |guard| {
        let known = (evidence, starts, heavy.as_ref());
        match (units, guard.metric) {
            (_, Metric::Score(score)) => scored::test(guard, score, known, (units, alpha)),
            (Units::Independent, _) if asked == Asked::Harm => independent::harm(guard, starts),
            (Units::Independent, _) => independent::test(guard, evidence, starts),
            (Units::Sticky, _) if asked == Asked::Harm => sticky::test_harm(guard, known, alpha),
            (Units::Sticky, _) => sticky::test(guard, known, alpha),
        }
    }
}

/// The part of the rollout's error that each guard has. Those that may act share it; one that only tells is held to as much,
/// and takes nothing from them.
fn share(guards: &[Guard]) -> f64 {
    1.0 / sharing(guards).max(1) as f64
}

fn too_few_units(evidence: &Evidence, units: Units) -> Option<Wait> {
    if units == Units::Independent {
        return None;
    }
    let (units, groups) = (evidence.units(Arm::Candidate), evidence.candidate_groups());
    (units < MIN_UNITS || groups < MIN_GROUPS).then_some(Wait::TooFewUnits { units, groups })
}

/// Which guards found the candidate worse: significantly, and by the best guess at least by the margin.
///
/// Guards that may act share one error, so their evidence is averaged. Only material evidence enters the mean: to
/// leave a term out can only lower it, and a tolerable slow-down must not lend its weight to a chance error. When the
/// mean alarms, the strongest guard is named, and every one that would alarm alone; nobody is blamed for another.
/// Late outcomes arrive in an order of their own, and guards that may not act are asked alone: both are held to their
/// own part of the error.
fn worse(guards: &[Guard], tested: &[Tested], alpha: f64) -> Vec<bool> {
    let share = share(guards);
    let family: Vec<WeightedEvidence> = guards
        .iter()
        .zip(tested)
        .filter(|(guard, tested)| is_in_family(guard) && tested.material)
        .filter_map(|(_, tested)| match tested.harm {
            Harm::Evidence(log_e) => Some(WeightedEvidence { weight: share, log_e }),
            Harm::Tested(_) => None,
        })
        .collect();
    let alarm = !family.is_empty() && weighted_mean(&family) >= -alpha.ln();
    let strongest = family.iter().map(|evidence| evidence.log_e).fold(f64::NEG_INFINITY, f64::max);
    let alone = bonferroni_threshold(alpha, share);
    let is_significant = |guard: &Guard, tested: &Tested| match tested.harm {
        Harm::Evidence(log_e) if is_in_family(guard) && alarm && log_e >= strongest => true,
        Harm::Evidence(log_e) => log_e >= alone,
        Harm::Tested(worse) => worse,
    };
    guards
        .iter()
        .zip(tested)
        .map(|(guard, tested)| tested.material && is_significant(guard, tested))
        .collect()
}

const fn is_in_family(guard: &Guard) -> bool {
    guard.gates_promotion() && !guard.metric.arrives_late()
}

fn is_material(guard: &Guard, estimate: Option<f64>) -> bool {
    estimate.is_some_and(|estimate| estimate >= guard.margin.fraction())
}

fn verdict(guard: &Guard, evidence: &Evidence, tested: &Tested, worse: bool) -> Verdict {
    let missing = |arm| evidence.total(guard.metric, arm).is_nothing();
    if worse {
        Verdict::Fail(guard.on_fail)
    } else if missing(Arm::Baseline) || missing(Arm::Candidate) {
        Verdict::Wait(Wait::NoData)
    } else if unread::tells_less(guard.metric, evidence) {
        Verdict::Wait(Wait::Unread)
    } else if tested.safe {
        Verdict::Pass
    } else if let Some(lacks) = tested.lacks {
        Verdict::Wait(lacks)
    } else if guard.metric.depends_on_load() && safe_epochs(guard.metric, evidence).next().is_none() {
        Verdict::Wait(Wait::LoadTooSmall { need: MIN_LOAD })
    } else {
        Verdict::Wait(tested.heavy.map_or(Wait::Undecided, Wait::Lopsided))
    }
}

fn judgement(
    guard: &Guard,
    (evidence, starts, units): (&Evidence, &Starts<'_>, Units),
    tested: &Tested,
    verdict: Verdict,
) -> Judgement {
    let mut judged = Judgement {
        guard: *guard,
        verdict,
        baseline: evidence.total(guard.metric, Arm::Baseline),
        candidate: evidence.total(guard.metric, Arm::Candidate),
        effect: Effect::default(),
        log_harm: None,
        log_safe: tested.log_safe,
        passes_with: None,
        without: tested.heavy.filter(|_| verdict.is_fail()),
        since: None,
    };
    if verdict.is_fail() {
        told::tell_harm(&mut judged, (evidence, starts, units), tested.since);
    }
    judged
}

/// The epochs that can show a metric safe: all compared ones, or those with enough load for a metric that
/// depends on it.
fn safe_epochs(metric: Metric, evidence: &Evidence) -> impl Iterator<Item = &EpochCounts> {
    evidence.compared().filter(move |counts| !metric.depends_on_load() || counts.epoch.weight >= MIN_LOAD)
}

/// A check whose result says by how much the split is off.
fn split_check(broken: bool, evidence: &Evidence) -> SplitCheck {
    if !broken {
        return SplitCheck::Sound;
    }
    let (mut expected, mut observed, mut all) = (0.0, 0.0, 0.0);
    for counts in evidence.compared() {
        let candidate = counts.requests(Arm::Candidate);
        let requests = (counts.requests(Arm::Baseline) + candidate) as f64;
        expected += requests * counts.epoch.weight.probability();
        observed += candidate as f64;
        all += requests;
    }
    SplitCheck::Broken { expected: expected / all, observed: observed / all }
}

/// Whether the margin is a part of the baseline's value rather than points of the share.
const fn is_relative(margin: Margin) -> bool {
    matches!(margin, Margin::Relative(_))
}
