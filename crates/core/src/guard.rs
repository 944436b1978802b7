//! A guard: a metric that is armed during the whole rollout, how much worse the candidate may be, and what
//! happens when it is.

pub mod hasty;

use crate::hundredths::{Hundredths, Thousandths};
use crate::metric::Metric;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A metric that is armed during the whole rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Guard {
    /// What it watches.
    pub metric: Metric,
    /// How much worse than the baseline the candidate may be.
    pub margin: Margin,
    /// What happens when the candidate is worse.
    pub on_fail: OnFail,
    /// Whether it may act.
    #[serde(default)]
    pub mode: Mode,
    /// How old a request must be before its outcome counts; zero for outcomes that come with the answer.
    #[serde(default)]
    pub maturity: Duration,
    /// What follows while it has not shown the candidate safe and the rollout is held for that.
    #[serde(default, skip_serializing_if = "Unproven::is_unsaid")]
    pub unproven: Unproven,
    /// What happens when a slice of the traffic fares worse on the candidate.
    #[serde(default, skip_serializing_if = "OnSlice::is_unsaid")]
    pub slices: OnSlice,
    /// Whether a candidate has to be shown worse by more than the margin before it is called worse, and not only worse at all
    /// with a best guess beyond the margin.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
}

/// What happens when a guard finds a slice of the traffic worse on the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnSlice {
    /// It is told, and nothing else happens.
    #[default]
    Notify,
    /// The baseline is restored and the release rejected, where the slice is worse beyond what chance among all slices
    /// explains.
    Rollback,
}

/// What follows while a guard's evidence does not suffice to promote. There is no "pass".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unproven {
    /// What the rollout says.
    #[default]
    AsRollout,
    /// The rollout stays held until a person decides.
    Hold,
    /// The baseline is restored once the rollout has been held for so long.
    Rollback {
        /// How long; as long as the rollout says when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Duration>,
    },
}

/// How much worse than the baseline the candidate may be, above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Margin {
    /// Percentage points of the share itself, in hundredths: 50 is half a point.
    Points(u32),
    /// A part of the baseline's value, in hundredths of a per cent: 2 000 is a fifth.
    Relative(u32),
    /// Points of the scale of a score, in thousandths: 200 is a fifth of a point.
    Score(u32),
}

/// What happens when a guard finds the candidate worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnFail {
    /// The baseline is restored and the release rejected.
    Rollback,
    /// The rollout holds until a person decides.
    Pause,
    /// It is told, and nothing else happens.
    Notify,
}

/// Whether a guard may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// It acts.
    #[default]
    Enforce,
    /// It reports what it would have done.
    Observe,
}

impl Margin {
    /// The margin as a fraction: 0.005 for half a percentage point, 0.2 for a fifth. Of a score in points of its scale.
    pub fn fraction(self) -> f64 {
        match self {
            Self::Points(hundredths) | Self::Relative(hundredths) => f64::from(hundredths) / 10_000.0,
            Self::Score(thousandths) => f64::from(thousandths) / 1_000.0,
        }
    }
}

impl fmt::Display for Margin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Points(points) => write!(f, "{}pp", Hundredths(*points)),
            Self::Relative(parts) => write!(f, "{}%", Hundredths(*parts)),
            Self::Score(1_000) => f.write_str("1 point"),
            Self::Score(thousandths) => write!(f, "{} points", Thousandths(*thousandths)),
        }
    }
}

impl Unproven {
    const fn is_unsaid(&self) -> bool {
        matches!(self, Self::AsRollout)
    }
}

impl OnSlice {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature the serializer asks for")]
    const fn is_unsaid(&self) -> bool {
        matches!(self, Self::Notify)
    }
}

impl Guard {
    /// A guard that rolls back at once, with nothing else said.
    pub const fn new(metric: Metric, margin: Margin) -> Self {
        Self {
            metric,
            margin,
            on_fail: OnFail::Rollback,
            mode: Mode::Enforce,
            maturity: Duration::ZERO,
            unproven: Unproven::AsRollout,
            slices: OnSlice::Notify,
            strict: false,
        }
    }

    /// What a candidate may be and is not called worse: as bad as the baseline, or by the margin worse where it is strict. In the
    /// unit of the margin.
    pub fn tolerated(&self) -> f64 {
        if self.strict { self.margin.fraction() } else { 0.0 }
    }

    /// Whether the candidate has to be shown safe by this guard before it is promoted, and what fails by it moves the rollout.
    pub const fn gates_promotion(&self) -> bool {
        matches!(self.mode, Mode::Enforce) && !matches!(self.on_fail, OnFail::Notify)
    }
}

/// How old a request has to be before what callers say of it counts. One maturity holds for all that is said of an application, the
/// longest of these.
pub fn maturity(guards: &[Guard]) -> Duration {
    guards.iter().map(|guard| guard.maturity).max().unwrap_or_default()
}

/// How many of these share the error of a rollout: those that may move it.
pub fn sharing(guards: &[Guard]) -> usize {
    guards.iter().filter(|guard| guard.gates_promotion()).count()
}
