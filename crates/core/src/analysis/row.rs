//! Counters with the key they are kept under. A row is a running total: a later row of the same key replaces the
//! earlier one, so it may arrive twice, late or out of order and still be counted once.

use super::tally::{GroupTally, Tally};
use crate::arm::Arm;
use crate::companion::Elsewhere;
use crate::id::{ApplicationName, BootId, EpochId, NodeName};
pub use crate::opinion::Opinion;
pub use crate::score::Given;
use crate::time::Timestamp;
use crate::unit::Group;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a slot of time is that tallies are kept by.
pub const SLOT: Duration = Duration::from_secs(5 * 60);

/// Where counters come from: one start of one gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The gateway.
    pub node: NodeName,
    /// Its start.
    pub boot: BootId,
}

/// What one arm did in one slot of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TallyRow {
    /// Whose requests.
    pub application: ApplicationName,
    /// The span they were decided in.
    pub epoch: EpochId,
    /// The beginning of the slot, a multiple of [`SLOT`].
    pub slot: Timestamp,
    /// Who was to serve them.
    pub arm: Arm,
    /// The running total.
    pub tally: Tally,
}

/// What one arm did per group of units in one epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupRow {
    /// Whose requests.
    pub application: ApplicationName,
    /// The span they were decided in.
    pub epoch: EpochId,
    /// Who was to serve them.
    pub arm: Arm,
    /// The running total.
    pub groups: GroupTally,
}

/// What a caller or a judge says of one answer. It is kept as a record, not as a count, so that the same answer is counted
/// once: the last opinion, and the last of each score, before the guard's maturity wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackRecord {
    /// The id of the request it is about.
    pub request: String,
    /// Whose request.
    pub application: ApplicationName,
    /// The span it was decided in.
    pub epoch: EpochId,
    /// Who served it.
    pub arm: Arm,
    /// The group of its unit.
    pub group: Group,
    /// Whether the request is evidence.
    pub evidence: Standing,
    /// When the request was answered.
    pub issued_at: Timestamp,
    /// When the feedback came.
    pub received_at: Timestamp,
    /// Whether it finds the answer good or bad, if it says that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion: Option<Opinion>,
    /// The scores it gives the answer, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Given>,
    /// The arms its unit had elsewhere.
    #[serde(default, skip_serializing_if = "Elsewhere::is_nowhere")]
    pub elsewhere: Elsewhere,
}

/// Whether the request a piece of feedback is about was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// The draw decided its arm, or there was nothing to draw.
    Measured,
    /// It is kept out of the evidence.
    Exempt,
}

/// The beginning of the slot a moment falls into.
pub fn slot_of(moment: Timestamp) -> Timestamp {
    let length = SLOT.as_secs() * 1_000;
    Timestamp(moment.0 - moment.0 % length)
}
