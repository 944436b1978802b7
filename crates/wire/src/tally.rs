//! What a gateway tells the controller about the requests it served: running totals and feedback.

use serde::{Deserialize, Serialize};
use viridian_core::analysis::row::{FeedbackRecord, GroupRow, Origin, TallyRow};
use viridian_core::id::{ApplicationName, EpochId, RolloutName};

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
