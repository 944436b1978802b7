//! A gateway, as the controller knows it.

use super::moment::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A gateway, as the controller knows it.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayBody {
    /// Its name.
    pub name: String,
    /// Whether it was heard lately; one that was not keeps rollouts from going forward.
    pub live: bool,
    /// When it was heard last.
    pub heard_at: Moment,
    /// What it serves by, by application.
    pub serving: Vec<ServingBody>,
    /// Tables it refused, by application.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedTableBody>,
    /// Applications that an operator on its machine sends to their baselines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<String>,
    /// By how many milliseconds its clock is ahead of the controller's, as far as it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead_ms: Option<i64>,
    /// Pieces of feedback it gave up, because it could not keep them until the controller took them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: u64,
}

/// What is nothing is not told.
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The table a gateway serves an application by.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServingBody {
    /// The application.
    pub application: String,
    /// The table's number.
    pub generation: u64,
}

/// A table a gateway refused.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedTableBody {
    /// The application.
    pub application: String,
    /// Why, in the gateway's words.
    pub reason: String,
}
