//! What judging comes to. "Bad" and "cannot tell" are different answers: missing data never passes and never
//! blames the candidate.

use super::measurement::Seen;
use super::tally::Counts;
use crate::guard::{Guard, Margin, Mode, OnFail, OnSlice};
use crate::weight::Weight;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// The judgement of a whole rollout at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// How far the numbers can be trusted.
    pub validity: Validity,
    /// How much evidence there is.
    pub seen: Seen,
    /// About how many units the candidate served; zero when every request is drawn by itself.
    pub candidate_units: u64,
    /// Something that keeps every guard from being judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// Whether the traffic was split as it was drawn.
    pub split: SplitCheck,
    /// One judgement per guard, in the order of the guards.
    pub guards: Vec<Judgement>,
    /// The most errors per request that moving a request to the candidate may add, at the promotion level; absent
    /// while nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harm_bound: Option<f64>,
    /// The slices that fare worse on the candidate, the surest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<WorseSlice>,
}

/// How far the numbers can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Validity {
    /// At any number of requests and looks.
    Exact,
    /// With many units: requests of one unit are not independent.
    Asymptotic,
}

/// The judgement of one guard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Judgement {
    /// The guard.
    pub guard: Guard,
    /// The answer.
    pub verdict: Verdict,
    /// What the baseline did.
    pub baseline: Counts,
    /// What the candidate did.
    pub candidate: Counts,
    /// How the candidate compares, on the margin's scale.
    pub effect: Effect,
    /// Natural logarithm of the evidence that the candidate is worse; absent when the test has no such number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_harm: Option<f64>,
    /// Natural logarithm of the evidence that the candidate is not worse by the margin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_safe: Option<f64>,
    /// The least margin that would have been passed, while this one is not; absent when not even a very wide one would, or
    /// when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passes_with: Option<Margin>,
    /// Groups left out, on both arms, of the comparison that found the candidate worse; `effect` is of the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<Heavy>,
    /// How long after the beginning of the comparison the candidate became worse, when the whole does not show it:
    /// counts and `effect` are of what came since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Duration>,
}

/// A slice that fares worse on the candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorseSlice {
    /// What it is sliced by.
    pub attribute: String,
    /// Its value.
    pub value: String,
    /// The guard it is worse by.
    pub guard: Guard,
    /// What the baseline did in it.
    pub baseline: Counts,
    /// What the candidate did in it.
    pub candidate: Counts,
    /// How the candidate compares in it.
    pub effect: Effect,
    /// Natural logarithm of the evidence.
    pub log_harm: f64,
    /// How long after the beginning it became worse, when the whole time does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Duration>,
    /// Whether a rollback may rest on it: that any slice of a sound release ever gets so far has a chance of at most
    /// 1 %, over all slices, guards and looks (Bonferroni on e-values).
    pub certain: bool,
}

impl WorseSlice {
    /// Whether the baseline is restored for it.
    pub fn rolls_back(&self) -> bool {
        self.certain && self.guard.mode == Mode::Enforce && self.guard.slices == OnSlice::Rollback
    }

    /// Whether people are told of it and nothing else ever happens.
    pub fn only_tells(&self) -> bool {
        self.guard.mode == Mode::Enforce && self.guard.slices == OnSlice::Notify
    }
}

/// How the candidate compares, on the margin's scale: a difference of shares for percentage points, a ratio less
/// one for per cent; above zero is worse.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// The best guess; absent while it cannot be formed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<f64>,
    /// The least it can be, valid at every look; absent when unbounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// The most it can be, valid at every look; absent when unbounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
}

/// The answer of one guard.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// The candidate is not worse by the margin.
    Pass,
    /// The candidate is worse.
    Fail(OnFail),
    /// Neither is known yet.
    Wait(Wait),
}

/// What is still missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Wait {
    /// The baseline has to be known before a candidate is compared with it.
    Calibrating {
        /// Baseline outcomes there are.
        have: u64,
        /// Baseline outcomes there have to be.
        need: u64,
    },
    /// Too few units, or in too few groups, for numbers that hold only with many.
    TooFewUnits {
        /// Candidate units there are.
        units: u64,
        /// Groups with candidate traffic there are.
        groups: usize,
    },
    /// Too few outcomes since the step began.
    TooFewSamples {
        /// Outcomes of the arm that has fewer.
        have: u64,
        /// Outcomes each arm has to have.
        need: u64,
    },
    /// The answers of too few groups of units were given scores on both arms, for numbers that hold only with many.
    TooFewScored {
        /// Groups with scores on both arms there are.
        groups: usize,
        /// Groups there have to be.
        need: usize,
    },
    /// Not one outcome the metric could be measured on.
    NoData,
    /// The load was too small for a metric that depends on it: epochs from this weight on count.
    LoadTooSmall {
        /// The weight.
        need: Weight,
    },
    /// There is evidence, and it proves neither.
    Undecided,
    /// There is evidence, and it proves neither: a few groups make so much of the requests that what befalls them
    /// weighs more than what the others show.
    Lopsided(Heavy),
    /// Fewer of the candidate's answers tell than of the baseline's: they cannot be read, or leave something out.
    Unread,
}

/// Groups of units that make an outsized part of the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Heavy {
    /// How many groups.
    pub groups: usize,
    /// Their part of the requests of both arms, in whole per cent.
    pub share: Weight,
}

/// Whether the traffic was split as it was drawn (sample ratio mismatch).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SplitCheck {
    /// Nothing speaks against it.
    Sound,
    /// The candidate's share is not what was drawn: something loses or adds requests of one arm, and comparing
    /// the arms means nothing.
    Broken {
        /// The candidate's share as drawn.
        expected: f64,
        /// The candidate's share as counted.
        observed: f64,
    },
}

impl Verdict {
    /// Whether the candidate was found worse.
    pub const fn is_fail(&self) -> bool {
        matches!(self, Self::Fail(_))
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calibrating { have, need } => {
                write!(f, "calibrating: {have} of {need} baseline outcomes seen")
            }
            Self::TooFewUnits { units, groups } => {
                write!(f, "too few units on the candidate: {units} in {groups} of 64 groups")
            }
            Self::TooFewSamples { have, need } => {
                write!(f, "too few outcomes in this step: {have} of {need} on the smaller arm")
            }
            Self::TooFewScored { groups, need } => write!(
                f,
                "too few units were given scores: those of {groups} of 64 groups on both arms, and of {need} are needed"
            ),
            Self::NoData => f.write_str("no data"),
            Self::LoadTooSmall { need } => write!(f, "no evidence yet under a weight of {need} or more"),
            Self::Undecided => f.write_str("neither worse nor shown safe yet"),
            Self::Unread => f.write_str("fewer of the candidate's answers tell than of the baseline's"),
            Self::Lopsided(heavy) => write!(f, "neither worse nor shown safe yet, lopsided by {heavy}"),
        }
    }
}

impl fmt::Display for Heavy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of 64 groups of units with {} of the requests", self.groups, self.share)
    }
}
