//! Applying manifests.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Manifests to apply, as JSON. The text of a manifest may be sent as it is instead, as `application/yaml`.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplyRequest {
    /// What the file is called in messages; `manifest` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The manifests, YAML or JSON, several documents or one.
    pub manifest: String,
}

/// What applying came to, in the order of the documents: everything or nothing was applied.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyResult {
    /// Whether nothing was changed, because that was asked.
    pub dry_run: bool,
    /// What became of each document.
    pub changes: Vec<Change>,
}

/// What became of one document.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// `Application`, `Release` or `Rollout`.
    pub kind: String,
    /// The name in its metadata.
    pub name: String,
    /// What was done.
    pub action: Action,
    /// What whoever applied it should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What was done with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It is new. A rollout was started.
    Created,
    /// It was changed.
    Configured,
    /// It was as it is.
    Unchanged,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
        })
    }
}
