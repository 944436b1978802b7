//! Judging pairs: [`judge`] answers for shadow traffic what [`super::judge`] answers for live traffic, from answers to the
//! same requests.
//!
//! | what is watched | margin | HARM | SAFE |
//! |---|---|---|---|
//! | a share, such as errors | points | McNemar's mixture | bets on the mean difference |
//! | a share | per cent | McNemar's mixture | bets on `candidate - (1 + margin) baseline` |
//! | a percentile | per cent | McNemar's mixture of slow answers | bets, the candidate's slow only beyond the margin |
//! | an amount, such as cost | per cent | bets on the logarithm of the ratio, within a factor of e | the same against `1 + margin` |
//! | disagreement | points: the most there may be | bets on the mean | bets on the mean |
//! | preference of a judge | points | McNemar's mixture | bets on the mean difference |
//!
//! A guard that finds HARM fails when its best guess is at the margin or beyond. Disagreement has nothing to be compared
//! with, so both of its questions are about the margin itself. Each guard holds its own part of the error, and so the error of
//! all is held in whatever order outcomes and judges' words come in.

use super::{ALPHA_PROMOTE, is_relative};
use crate::analysis::pairs::{AmountPairs, PairTally, SharePairs};
use crate::analysis::verdict::{Effect, Verdict, Wait};
use crate::guard::{Margin, OnFail};
use crate::metric::Metric;
use crate::stats::evidence::graded::{Ends, Grades};
use crate::stats::evidence::paired::{self, Pairs};

/// What pairs are asked, and how much worse the candidate may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairGuard {
    watched: Watched,
    margin: Margin,
    /// What happens when the candidate is worse.
    pub on_fail: OnFail,
}

/// What is watched in pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// What each answer comes to by itself.
    Metric(Metric),
    /// How far the two answers disagree.
    Disagreement,
    /// Which of them a judge prefers.
    Preference,
}

/// Why a margin does not fit what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// A part of a whole, or a preference, is compared in percentage points.
    NeedsPoints,
    /// An amount, or a percentile, is compared in per cent.
    NeedsPerCent,
    /// A margin lies above zero and below the whole; of an amount, below a factor of e.
    OutOfRange,
    /// The metric is about several answers together, so pairs tell nothing of it.
    NotOfPairs,
}

/// The judgement of one guard over pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairJudgement {
    /// The guard.
    pub guard: PairGuard,
    /// The answer.
    pub verdict: Verdict,
    /// How many pairs tell of it.
    pub pairs: u64,
    /// How the candidate compares on the margin's scale; of disagreement, how much there is.
    pub effect: Effect,
    /// Natural logarithm of the evidence that the candidate is worse.
    pub log_harm: f64,
    /// Natural logarithm of the evidence that the candidate is not worse by the margin.
    pub log_safe: f64,
}

impl PairGuard {
    /// A guard that rolls back.
    ///
    /// # Errors
    /// The margin does not fit what is watched.
    pub fn new(watched: Watched, margin: Margin) -> Result<Self, Unfit> {
        let is_ratio = match watched {
            Watched::Disagreement | Watched::Preference => Some(false),
            Watched::Metric(Metric::Feedback | Metric::CostPerSuccess | Metric::Score(_)) => {
                return Err(Unfit::NotOfPairs);
            }
            Watched::Metric(metric) if metric.is_amount() || metric.percentile().is_some() => Some(true),
            Watched::Metric(_) => None,
        };
        match is_ratio {
            _ if matches!(margin, Margin::Score(_)) => return Err(Unfit::NeedsPoints),
            Some(false) if is_relative(margin) => return Err(Unfit::NeedsPoints),
            Some(true) if !is_relative(margin) => return Err(Unfit::NeedsPerCent),
            _ => {}
        }
        let whole = match watched {
            Watched::Metric(metric) if metric.is_amount() => std::f64::consts::E - 1.0,
            _ if is_relative(margin) => f64::INFINITY,
            _ => 1.0,
        };
        if margin.fraction() <= 0.0 || margin.fraction() >= whole {
            return Err(Unfit::OutOfRange);
        }
        Ok(Self { watched, margin, on_fail: OnFail::Rollback })
    }

    /// What it watches.
    pub const fn watched(&self) -> Watched {
        self.watched
    }

    /// How much worse the candidate may be.
    pub const fn margin(&self) -> Margin {
        self.margin
    }
}

/// Judges pairs by every guard, and tells how far the candidate may differ. Of candidates that are no worse, at most `alpha`
/// are ever called worse, over all guards and looks; of candidates exactly at a margin the guard passes at most
/// [`ALPHA_PROMOTE`].
pub fn judge(guards: &[PairGuard], pairs: &PairTally, alpha: f64) -> Vec<PairJudgement> {
    let mut judged = verdicts(guards, pairs, alpha);
    for judgement in judged.iter_mut().filter(|judgement| judgement.pairs > 0) {
        (judgement.effect.lower, judgement.effect.upper) = interval(&judgement.guard, pairs);
    }
    judged
}

/// The verdicts of [`judge`] without intervals.
pub fn verdicts(guards: &[PairGuard], pairs: &PairTally, alpha: f64) -> Vec<PairJudgement> {
    let needed = needed(guards, alpha);
    guards.iter().map(|guard| judged(*guard, Told::by(guard, pairs), needed)).collect()
}

/// Whether [`verdicts`] fails a guard, for those who look after every pair: whether one passes is not asked.
pub fn finds_harm(guards: &[PairGuard], pairs: &PairTally, alpha: f64) -> bool {
    let needed = needed(guards, alpha);
    let is_worse = |guard: &PairGuard| {
        let margin = guard.margin.fraction();
        Told::by(guard, pairs).is_some_and(|told| told.is_material(margin) && told.log_harm(margin) >= needed)
    };
    guards.iter().any(is_worse)
}

/// The log evidence that fails a guard.
fn needed(guards: &[PairGuard], alpha: f64) -> f64 {
    -(alpha / guards.len().max(1) as f64).ln()
}

fn judged(guard: PairGuard, told: Option<Told<'_>>, needed: f64) -> PairJudgement {
    let none = PairJudgement {
        guard,
        verdict: Verdict::Wait(Wait::NoData),
        pairs: 0,
        effect: Effect::default(),
        log_harm: 0.0,
        log_safe: 0.0,
    };
    let Some(told) = told else { return none };
    let margin = guard.margin.fraction();
    let (log_harm, log_safe) = (told.log_harm(margin), told.log_safe(margin));
    let verdict = if told.is_material(margin) && log_harm >= needed {
        Verdict::Fail(guard.on_fail)
    } else if log_safe >= -ALPHA_PROMOTE.ln() {
        Verdict::Pass
    } else {
        Verdict::Wait(Wait::Undecided)
    };
    let effect = Effect { estimate: told.estimate(), ..Effect::default() };
    PairJudgement { verdict, pairs: told.pairs(), effect, log_harm, log_safe, ..none }
}

/// What pairs tell of one guard; there is one at least.
#[derive(Clone, Copy)]
enum Told<'a> {
    /// A share, or a preference, in points.
    Points {
        harm: Pairs,
        safe: Pairs,
    },
    /// A share in per cent.
    Ratio(&'a SharePairs),
    /// A percentile, and how much slower the candidate's is.
    Percentile(&'a SharePairs, Option<f64>),
    Amounts(&'a AmountPairs),
    Disagreement(&'a Grades),
}

impl<'a> Told<'a> {
    fn by(guard: &PairGuard, pairs: &'a PairTally) -> Option<Self> {
        let told = match guard.watched {
            Watched::Preference => Self::Points { harm: pairs.preference(), safe: pairs.preference() },
            Watched::Disagreement => Self::Disagreement(pairs.disagreement()),
            Watched::Metric(metric) if metric.is_amount() => Self::Amounts(pairs.amounts(metric)?),
            Watched::Metric(metric) => {
                let told = pairs.shares(metric)?;
                if let Some(percentile) = metric.percentile() {
                    Self::Percentile(told, pairs.slower(percentile))
                } else if is_relative(guard.margin) {
                    Self::Ratio(told)
                } else {
                    Self::Points { harm: told.harm.pairs(), safe: told.safe.pairs() }
                }
            }
        };
        (told.pairs() > 0).then_some(told)
    }

    fn pairs(&self) -> u64 {
        match self {
            Self::Points { harm, .. } => harm.count(),
            Self::Ratio(told) | Self::Percentile(told, _) => told.harm.count(),
            Self::Amounts(told) => told.harm.count(),
            Self::Disagreement(told) => told.count(),
        }
    }

    /// The best guess on the margin's scale.
    fn estimate(&self) -> Option<f64> {
        match self {
            Self::Points { harm, .. } => paired::difference(harm),
            Self::Ratio(told) => told.harm.excess(),
            Self::Percentile(_, slower) => *slower,
            Self::Amounts(told) => told.harm.mean().map(f64::exp_m1),
            Self::Disagreement(told) => told.mean(),
        }
    }

    /// Whether the best guess lies at the margin or beyond.
    fn is_material(&self, margin: f64) -> bool {
        self.estimate().is_some_and(|estimate| estimate >= margin)
    }

    fn log_harm(&self, margin: f64) -> f64 {
        match self {
            Self::Points { harm, .. } => paired::log_e_harm(harm),
            Self::Ratio(told) | Self::Percentile(told, _) => paired::log_e_harm(&told.harm.pairs()),
            Self::Amounts(told) => told.harm.log_e_above(0.0, Ends::DIFFERENCES),
            Self::Disagreement(told) => told.log_e_above(margin, Ends::PARTS),
        }
    }

    fn log_safe(&self, margin: f64) -> f64 {
        match self {
            Self::Points { safe, .. } => paired::log_e_safe(safe, margin),
            Self::Ratio(told) => paired::log_e_safe_ratio(&told.safe.pairs(), told.safe.both, margin),
            Self::Percentile(told, _) => paired::log_e_safe(&told.safe.pairs(), 0.0),
            Self::Amounts(told) => told.safe.log_e_below(margin.ln_1p(), Ends::DIFFERENCES),
            Self::Disagreement(told) => told.log_e_below(margin, Ends::PARTS),
        }
    }
}

/// The least and the most that the estimate's true value can be, at every look; nothing for percentiles and for margins in per
/// cent of a share.
fn interval(guard: &PairGuard, pairs: &PairTally) -> (Option<f64>, Option<f64>) {
    let error = ALPHA_PROMOTE / 2.0;
    let of_points = |harm: Pairs, safe: Pairs| {
        (Some(-paired::upper_bound(&harm.turned(), error)), Some(paired::upper_bound(&safe, error)))
    };
    match guard.watched {
        Watched::Preference => of_points(pairs.preference(), pairs.preference()),
        Watched::Disagreement => {
            let told = pairs.disagreement();
            (Some(told.lower_bound(error, Ends::PARTS)), Some(told.upper_bound(error, Ends::PARTS)))
        }
        Watched::Metric(metric) if metric.is_amount() => match pairs.amounts(metric) {
            Some(told) => (
                Some(told.harm.lower_bound(error, Ends::DIFFERENCES).exp_m1()),
                Some(told.safe.upper_bound(error, Ends::DIFFERENCES).exp_m1()),
            ),
            None => (None, None),
        },
        Watched::Metric(metric) => match pairs.shares(metric) {
            Some(told) if metric.percentile().is_none() && !is_relative(guard.margin) => {
                of_points(told.harm.pairs(), told.safe.pairs())
            }
            _ => (None, None),
        },
    }
}
