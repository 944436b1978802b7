//! Guards and what they found.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;
use viridian_core::analysis::metric::Metric;
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::{Effect, Judgement, Verdict};
use viridian_core::guard::{Guard, Margin, Mode, OnFail, Unproven};

/// A metric that is armed during a whole rollout.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GuardBody {
    /// What it watches, such as `errors` or `latency.p95`.
    pub metric: String,
    /// How much worse than the baseline the candidate may be, such as `0.5pp`, `20%` or, for a score, `0.2 points`.
    pub margin: String,
    /// What happens when the candidate is worse.
    pub on_fail: OnFailBody,
    /// Whether it only reports what it would have done.
    pub observe_only: bool,
    /// How old a request must be before its outcome counts.
    pub maturity_seconds: f64,
    /// What follows when the rollout is held because the guard has not shown the candidate safe; what the rollout says
    /// when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_insufficient: Option<OnInsufficientBody>,
    /// How long the rollout may be held for the guard before that; as long as the rollout says when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_hold_seconds: Option<f64>,
}

/// What follows when evidence does not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnInsufficientBody {
    /// The rollout stays held until a person decides.
    Hold,
    /// The baseline is restored.
    Rollback,
}

/// What happens when a guard finds the candidate worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnFailBody {
    /// The baseline is restored.
    Rollback,
    /// The rollout holds until a person decides.
    Pause,
    /// It is told, and nothing else happens.
    Notify,
}

/// What one guard found.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JudgementBody {
    /// The guard.
    pub guard: GuardBody,
    /// The answer.
    pub verdict: VerdictBody,
    /// What is still missing, when the answer is `wait`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// What the baseline did.
    pub baseline: CountsBody,
    /// What the candidate did.
    pub candidate: CountsBody,
    /// How the candidate compares.
    pub effect: EffectBody,
    /// The numbers, the interval and the rule, in one sentence.
    pub sentence: String,
}

/// Of so many requests, so many were bad.
#[derive(Debug, Clone, Copy, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountsBody {
    /// Requests that were looked at.
    pub requests: u64,
    /// Of these, the bad ones: failed, slow, or disliked. For an amount those that came to more than its cap; for a score none.
    pub bad: u64,
    /// Requests beside these of which what the metric asks for is not known.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unknown: u64,
    /// The mean of a score, on its scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what is skipped is asked by reference")]
const fn is_none(requests: &u64) -> bool {
    *requests == 0
}

/// The answer of a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VerdictBody {
    /// The candidate is not worse by the margin.
    Pass,
    /// The candidate is worse.
    Fail,
    /// Neither is known yet.
    Wait,
}

/// How the candidate compares with the baseline; above zero is worse.
#[derive(Debug, Clone, Copy, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EffectBody {
    /// What the numbers mean.
    pub scale: ScaleBody,
    /// The best guess.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<f64>,
    /// The least it can be, valid whenever it is looked at; absent when unbounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// The most it can be, valid whenever it is looked at; absent when unbounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
}

/// What the numbers of an effect mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScaleBody {
    /// A difference of shares: 0.005 is half a percentage point.
    Points,
    /// A part of the baseline's value: 0.2 is a fifth more.
    Relative,
    /// Points of the scale of a score: 0.2 is a fifth of a point lower.
    Score,
}

impl From<&Guard> for GuardBody {
    fn from(guard: &Guard) -> Self {
        Self {
            metric: guard.metric.to_string(),
            margin: guard.margin.to_string(),
            on_fail: guard.on_fail.into(),
            observe_only: guard.mode == Mode::Observe,
            maturity_seconds: guard.maturity.as_secs_f64(),
            on_insufficient: match guard.unproven {
                Unproven::AsRollout => None,
                Unproven::Hold => Some(OnInsufficientBody::Hold),
                Unproven::Rollback { .. } => Some(OnInsufficientBody::Rollback),
            },
            max_hold_seconds: match guard.unproven {
                Unproven::Rollback { after } => after.map(|after| after.as_secs_f64()),
                _ => None,
            },
        }
    }
}

impl From<OnFail> for OnFailBody {
    fn from(on_fail: OnFail) -> Self {
        match on_fail {
            OnFail::Rollback => Self::Rollback,
            OnFail::Pause => Self::Pause,
            OnFail::Notify => Self::Notify,
        }
    }
}

impl fmt::Display for OnFailBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rollback => "rollback",
            Self::Pause => "pause",
            Self::Notify => "notify",
        })
    }
}

impl From<&Judgement> for JudgementBody {
    fn from(judgement: &Judgement) -> Self {
        let (verdict, waits_for) = match judgement.verdict {
            Verdict::Pass => (VerdictBody::Pass, None),
            Verdict::Fail(_) => (VerdictBody::Fail, None),
            Verdict::Wait(wait) => (VerdictBody::Wait, Some(wait.to_string())),
        };
        Self {
            guard: GuardBody::from(&judgement.guard),
            verdict,
            waits_for,
            baseline: CountsBody::of(judgement.guard.metric, judgement.baseline),
            candidate: CountsBody::of(judgement.guard.metric, judgement.candidate),
            effect: EffectBody::new(judgement.effect, judgement.guard.margin),
            sentence: judgement.sentence(),
        }
    }
}

impl CountsBody {
    pub(super) fn of(metric: Metric, counts: Counts) -> Self {
        let (bad, mean) = match metric {
            Metric::Score(score) => (0, score.mean(counts.share())),
            metric if metric.is_amount() => (counts.scaled, None),
            _ => (counts.events, None),
        };
        Self { requests: counts.trials, bad, unknown: counts.unknown, mean }
    }
}

impl EffectBody {
    pub(super) const fn new(effect: Effect, margin: Margin) -> Self {
        let scale = match margin {
            Margin::Points(_) => ScaleBody::Points,
            Margin::Relative(_) => ScaleBody::Relative,
            Margin::Score(_) => ScaleBody::Score,
        };
        Self { scale, estimate: effect.estimate, lower: effect.lower, upper: effect.upper }
    }
}
