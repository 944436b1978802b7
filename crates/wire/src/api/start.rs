//! Starting a rollout without a file.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A rollout to start: either a manifest, or the fields of one.
#[derive(Debug, Clone, PartialEq, Eq, Default, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartRequest {
    /// The text of one manifest of kind `Rollout`, YAML or JSON. With it, no other field of a manifest is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// The rollout's name; the candidate's name unless given, with a number when that is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What becomes of a rollout of the same application that has not ended.
    #[serde(default)]
    pub takeover: TakeoverBody,
    /// Whether a release that was rejected before may be tried again.
    #[serde(default)]
    pub retry_rejected: bool,
    /// The `spec` of the manifest: `application`, `candidate`, `strategy` and the rest. Without a strategy it is a
    /// canary of 5 %, 25 % and 50 %.
    #[serde(flatten)]
    pub spec: Map<String, Value>,
}

/// What becomes of a rollout of the same application that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TakeoverBody {
    /// It goes on and the new one is refused.
    #[default]
    Refuse,
    /// It gives way, and the new one begins when the baseline is back.
    Supersede,
}
