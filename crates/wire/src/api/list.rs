//! Several things of one kind, a part at a time.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Several things of one kind, in an order that stays the same.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// The things.
    pub items: Vec<T>,
    /// Where the list goes on: what to give as `after`. Absent at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
