//! What an experiment says so far. Like every verdict here it tells "not known" from "no": missing or broken evidence waits.

use super::checks::{Exposure, Split};
use super::compare::{Card, Gain};
use super::days::Day;
use super::factors::Factors;
use super::harm::Harm;
use super::interactions::Interaction;
use crate::analysis::tally::Counts;
use crate::analysis::verdict::Validity;
use serde::{Deserialize, Serialize};

/// Everything that is known of an experiment at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// How far the intervals can be trusted.
    pub validity: Validity,
    /// The arms, the control first.
    pub arms: Vec<Standing>,
    /// What follows.
    pub verdict: Verdict,
    /// The arms that a guard found worse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub harm: Vec<Harm>,
    /// Whether the traffic was split as it was drawn.
    pub split: Split,
    /// Whether units were seen on more than one arm.
    pub exposure: Exposure,
    /// The effect day by day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
    /// What two crossed choices do, when the arms cross two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factors: Option<Factors>,
    /// What experiments elsewhere change of what its arms do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interactions: Vec<Interaction>,
}

/// How one arm stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// What it came to by the experiment's aim.
    pub counts: Counts,
    /// About how many units it served; zero when requests are drawn by themselves.
    pub units: u64,
    /// Whether it gets no more traffic.
    #[serde(default)]
    pub is_stopped: bool,
    /// How much better it does than the control; absent for the control, and while it cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<Gain>,
    /// What is believed of it and the control, for display only; absent for the control, and while its numbers cannot be trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// What follows from an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// This arm is better than the control, by what matters as far as one can guess, and no other is better than it by as much.
    Winner {
        /// Which, counted from zero.
        arm: usize,
    },
    /// This arm does best so far, and it is not shown yet.
    Leading {
        /// Which, counted from zero.
        arm: usize,
    },
    /// No arm is better than the control by what matters.
    NoDifference,
    /// Every arm but the control was stopped by a guard.
    NoArmLeft,
    /// Neither is known yet.
    KeepGoing,
    /// What there is cannot be judged.
    Wait(Wait),
}

/// Why an experiment cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Wait {
    /// An arm has no outcomes, or too few to tell a range.
    TooFewOutcomes {
        /// Which, counted from zero.
        arm: usize,
    },
    /// An arm has too few units, or in too few groups, for numbers that hold only with many.
    TooFewUnits {
        /// Which, counted from zero.
        arm: usize,
        /// Units it has.
        units: u64,
        /// Groups with traffic on it.
        groups: usize,
    },
    /// An arm's answers were given scores in too few groups of units, for numbers that hold only with many.
    TooFewScored {
        /// Which, counted from zero.
        arm: usize,
        /// Groups with scores on it.
        groups: usize,
    },
    /// Fewer answers of one of two arms tell what the aim asks for than of the other: what is known of them does not compare.
    Unread {
        /// The arm of which fewer tell, counted from zero.
        arm: usize,
        /// The other.
        than: usize,
    },
    /// The traffic was not split as it was drawn.
    BrokenSplit,
    /// Units were seen on more than one arm.
    SeenTwice,
    /// A guard found an arm worse, and says that a person decides.
    Guard {
        /// Which, counted from zero.
        arm: usize,
    },
}
