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

/// The verdicts of [`judge`] without intervals, for those who look very often.
pub fn verdicts(guards: &[PairGuard], pairs: &PairTally, alpha: f64) -> Vec<PairJudgement> {
    let needed = -(alpha / guards.len().max(1) as f64).ln();
    guards.iter().map(|guard| judged(*guard, &Found::of(guard, pairs), needed)).collect()
}

fn judged(guard: PairGuard, found: &Found, needed: f64) -> PairJudgement {
    let is_material = found.estimate.is_some_and(|estimate| estimate >= guard.margin.fraction());
    let verdict = if found.pairs == 0 {
        Verdict::Wait(Wait::NoData)
    } else if is_material && found.log_harm >= needed {
        Verdict::Fail(guard.on_fail)
    } else if found.log_safe >= -ALPHA_PROMOTE.ln() {
        Verdict::Pass
    } else {
        Verdict::Wait(Wait::Undecided)
    };
    PairJudgement {
        guard,
        verdict,
        pairs: found.pairs,
        effect: Effect { estimate: found.estimate, ..Effect::default() },
        log_harm: found.log_harm,
        log_safe: found.log_safe,
    }
}

/// What pairs say of one guard.
#[derive(Default)]
struct Found {
    pairs: u64,
    /// The best guess on the margin's scale.
    estimate: Option<f64>,
    log_harm: f64,
    log_safe: f64,
}

impl Found {
    fn of(guard: &PairGuard, pairs: &PairTally) -> Self {
        let margin = guard.margin.fraction();
        match guard.watched {
            Watched::Preference => Self::of_points(pairs.preference(), pairs.preference(), margin),
            Watched::Disagreement => Self::of_disagreement(pairs.disagreement(), margin),
            Watched::Metric(metric) if metric.is_amount() => {
                pairs.amounts(metric).map_or_else(Self::default, |told| Self::of_amounts(told, margin))
            }
            Watched::Metric(metric) => pairs.shares(metric).map_or_else(Self::default, |told| {
                if let Some(percentile) = metric.percentile() {
                    Self::of_percentile(told, pairs.slower(percentile))
                } else if is_relative(guard.margin) {
                    Self::of_ratio(told, margin)
                } else {
                    Self::of_points(told.harm.pairs(), told.safe.pairs(), margin)
                }
            }),
        }
    }

    fn of_points(harm: Pairs, safe: Pairs, margin: f64) -> Self {
        Self {
            pairs: harm.count(),
            estimate: paired::difference(&harm),
            log_harm: paired::log_e_harm(&harm),
            log_safe: paired::log_e_safe(&safe, margin),
        }
    }

    fn of_ratio(told: &SharePairs, margin: f64) -> Self {
        Self {
            pairs: told.harm.count(),
            estimate: told.harm.excess(),
            log_harm: paired::log_e_harm(&told.harm.pairs()),
            log_safe: paired::log_e_safe_ratio(&told.safe.pairs(), told.safe.both, margin),
        }
    }

    fn of_percentile(told: &SharePairs, slower: Option<f64>) -> Self {
        Self {
            pairs: told.harm.count(),
            estimate: slower,
            log_harm: paired::log_e_harm(&told.harm.pairs()),
            log_safe: paired::log_e_safe(&told.safe.pairs(), 0.0),
        }
    }

    fn of_amounts(told: &AmountPairs, margin: f64) -> Self {
        Self {
            pairs: told.harm.count(),
            estimate: told.harm.mean().map(f64::exp_m1),
            log_harm: told.harm.log_e_above(0.0, Ends::DIFFERENCES),
            log_safe: told.safe.log_e_below(margin.ln_1p(), Ends::DIFFERENCES),
        }
    }

    fn of_disagreement(told: &Grades, margin: f64) -> Self {
        Self {
            pairs: told.count(),
            estimate: told.mean(),
            log_harm: told.log_e_above(margin, Ends::PARTS),
            log_safe: told.log_e_below(margin, Ends::PARTS),
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
