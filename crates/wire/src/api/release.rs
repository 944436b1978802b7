//! A release and what became of it.

use super::moment::Moment;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use viridian_core::release::{Precedence, Release};

/// A release and what became of it.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseBody {
    /// Its name.
    pub name: String,
    /// The application it is a release of.
    pub application: String,
    /// The version people speak of.
    pub version: String,
    /// `sha256:` and the digest of its content.
    pub digest: String,
    /// Where it runs; absent when it runs wherever the baseline runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The model it asks the upstream for; absent when the caller's choice stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelBody>,
    /// Request parameters it sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Value>,
    /// Whether they win over the caller's.
    #[serde(default)]
    pub parameters_override: bool,
    /// Whether it is its application's baseline.
    pub is_baseline: bool,
    /// When it was registered.
    pub registered_at: Moment,
    /// Why it was rejected, if a rollout rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<RejectionBody>,
}

/// The model a release asks its upstream for.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelBody {
    /// The name the upstream knows.
    pub name: String,
    /// The version the upstream knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Why a release was rejected.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectionBody {
    /// When.
    pub at: Moment,
    /// The rollout that found out.
    pub rollout: String,
    /// What it found.
    pub because: String,
}

/// What became of a release.
#[derive(Debug, Clone)]
pub struct Fate {
    /// Whether it is its application's baseline.
    pub is_baseline: bool,
    /// When it was registered.
    pub registered_at: Moment,
    /// Why it was rejected, if a rollout rejected it.
    pub rejected: Option<RejectionBody>,
}

impl ReleaseBody {
    /// A release and what became of it.
    pub fn new(release: &Release, fate: Fate) -> Self {
        // What is no JSON was never accepted as a parameter; it is shown as the text it is.
        let value =
            |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()));
        let parameters = &release.parameters;
        Self {
            name: release.name.to_string(),
            application: release.application.to_string(),
            version: release.version.clone(),
            digest: release.digest.0.clone(),
            environment: release.environment.as_ref().map(ToString::to_string),
            model: release
                .model
                .as_ref()
                .map(|model| ModelBody { name: model.name.clone(), version: model.version.clone() }),
            parameters: parameters.values.iter().map(|(name, text)| (name.clone(), value(text))).collect(),
            parameters_override: parameters.precedence == Precedence::Release,
            is_baseline: fate.is_baseline,
            registered_at: fate.registered_at,
            rejected: fate.rejected,
        }
    }
}
