//! Several things of one kind.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Several things of one kind, in an order that stays the same.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// The things.
    pub items: Vec<T>,
}
