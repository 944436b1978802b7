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
