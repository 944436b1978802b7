//! Applying manifests: what is sent, and what became of each document.

use super::start::TakeoverBody;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Manifests to apply, as JSON. The text of one manifest may be sent as it is instead, as `application/yaml`.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplyRequest {
    /// The manifests; all of them are applied, or none.
    pub manifests: Vec<ManifestText>,
    /// What becomes of rollouts that have not ended when another one of the same application is started.
    #[serde(default)]
    pub takeover: TakeoverBody,
    /// Whether releases that were rejected before may be tried again.
    #[serde(default)]
    pub retry_rejected: bool,
}

/// The text of a file.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManifestText {
    /// What messages call it.
    pub file: String,
    /// YAML or JSON, several documents or one.
    pub text: String,
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
