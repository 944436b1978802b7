//! What a gateway tells the controller about the requests it served: running totals and feedback.

use serde::{Deserialize, Serialize};
use viridian_core::analysis::row::{FeedbackRecord, GroupRow, Origin, TallyRow};
use viridian_core::id::{ApplicationName, EpochId, RolloutName};
use viridian_core::time::Timestamp;

/// Running totals of one gateway since it started. Later reports replace earlier ones row by row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TallyReport {
    /// The gateway and its start.
    pub origin: Origin,
    /// Per slot of time.
    pub tallies: Vec<TallyRow>,
    /// Per group of units.
    pub groups: Vec<GroupRow>,
    /// Feedback that came in since the last report.
    pub feedback: Vec<FeedbackRecord>,
    /// Local guards that have acted and still hold.
    pub trips: Vec<Trip>,
    /// How it fares as a whole; absent from gateways of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vitals: Option<Vitals>,
}

/// How a gateway fares as a whole, as running totals since it started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vitals {
    /// What its clock shows.
    pub clock: Timestamp,
    /// Requests that have ended.
    pub ended: u64,
    /// Of these, those that failed, and not by their callers.
    pub failed: u64,
    /// What was counted or said here and given up, because it could not be kept until the controller took it.
    pub lost: u64,
    /// Applications that an operator on its machine sends to their baselines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<ApplicationName>,
}

/// A local guard that has acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trip {
    /// Whose traffic it sent to the baseline.
    pub application: ApplicationName,
    /// The rollout it acted in.
    pub rollout: RolloutName,
    /// The span it acted in.
    pub epoch: EpochId,
}
