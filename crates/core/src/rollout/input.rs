//! What a rollout is told before it decides: orders, what gateways acknowledged, how the evidence was judged.

use super::command::Command;
use crate::analysis::drift::Sign;
use crate::analysis::tally::Counts;
use crate::analysis::verdict::Analysis;
use crate::gauge::Gauged;
use serde::{Deserialize, Serialize};

/// What is known at one moment, observed for the state with the same sequence number.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The sequence number of the state this was observed for.
    pub sequence: u64,
    /// Orders that have not been answered, oldest first.
    pub commands: Vec<Command>,
    /// What the gateways serve by.
    pub gateways: Gateways,
    /// Baseline outcomes before the candidate got its first request.
    pub calibration: u64,
    /// How the evidence was judged.
    pub analysis: Analysis,
    /// Errors of the candidate while it had all of the traffic and nothing was compared.
    pub uncompared: Counts,
    /// What sources outside say, in the order of the plan's gauges.
    pub gauges: Vec<Gauged>,
    /// Whether conditions are what they were when the rollout began.
    pub signs: Vec<Sign>,
    /// How the smoke requests went.
    pub smoke: SmokeResult,
    /// Whether the baseline answers; ready unless something is known against it, because a way back does not wait.
    pub baseline: Readiness,
    /// Whether the candidate answers; ready only when that is known, because nobody is sent to it before.
    pub candidate: Readiness,
}

/// What the gateways serve by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gateways {
    /// Gateways a step forward needs: all that are live, and those that were lost while the rollout ran.
    pub known: usize,
    /// Of these, the ones that acknowledged the table of this state.
    pub acknowledged: usize,
    /// Gateways that may still send the candidate a request: they received it, have not acknowledged a table
    /// without it, and their lease on it has not run out.
    pub exposed: usize,
    /// A gateway whose local guard acted in this rollout.
    pub tripped: Option<String>,
    /// A gateway that refuses the table of this state, and why: nothing goes forward before it takes it.
    pub refused: Option<RefusedTable>,
    /// The table with this rollout in it is longer than gateways take, so none of them is sent it.
    pub oversized: Option<Oversized>,
    /// A gateway that fares worse as a whole since it serves by the table of this state, which no other has yet.
    pub unwell: Option<Unwell>,
}

/// A gateway that fares worse since it serves by a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwell {
    /// The gateway.
    pub node: String,
    /// How, in numbers.
    pub detail: String,
}

/// A table that a gateway will not serve by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedTable {
    /// The gateway.
    pub node: String,
    /// Why, in its words.
    pub reason: String,
}

/// A table that is too long to be sent to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Oversized {
    /// How long it would be, in bytes as it is sent.
    pub length: usize,
    /// How long it may be.
    pub most: usize,
}

/// How the smoke requests of the present step went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SmokeResult {
    /// They have not all been answered.
    #[default]
    Pending,
    /// Every answer was as expected.
    Passed,
    /// One was not.
    Failed {
        /// Which, and how.
        detail: String,
    },
}

/// Whether an arm can be sent requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Readiness {
    /// It answers, or nothing is known against it.
    #[default]
    Ready,
    /// It does not.
    NotReady,
}

impl Gateways {
    /// Whether every gateway serves by the table of this state. With none there is nobody to serve.
    pub const fn all_acknowledged(&self) -> bool {
        self.known > 0 && self.acknowledged == self.known
    }
}
