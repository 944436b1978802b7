//! Orders people give a rollout.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;
use viridian_core::rollout::command::{Command, Reach};

/// An order. Which one it is, the path says.
#[derive(Debug, Clone, PartialEq, Eq, Default, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderRequest {
    /// Who gives it; `api` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why; for `abort` and `rollback`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How far; for `promote`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<ReachBody>,
}

/// How far a promotion reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReachBody {
    /// The next step.
    #[default]
    Step,
    /// Past every step to the last watch, and out of the last watch to the end.
    Full,
}

/// An order that was taken. The rollout answers it in its next transition.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderReceipt {
    /// The order's number, found again in the rollout's history.
    pub id: u64,
    /// The rollout it was given.
    pub rollout: String,
    /// The order in words.
    pub order: String,
    /// Whether it survives a restart. Only an order towards the baseline is ever taken without, when the disk is full.
    pub durable: bool,
}

impl From<ReachBody> for Reach {
    fn from(reach: ReachBody) -> Self {
        match reach {
            ReachBody::Step => Self::Step,
            ReachBody::Full => Self::Full,
        }
    }
}

/// An order in words.
pub struct InWords<'a>(pub &'a Command);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Command::Pause { by } => write!(f, "pause, ordered by {by}"),
            Command::Resume { by } => write!(f, "resume, ordered by {by}"),
            Command::Promote { by, reach: Reach::Step } => {
                write!(f, "promote to the next step, ordered by {by}")
            }
            Command::Promote { by, reach: Reach::Full } => write!(f, "promote all the way, ordered by {by}"),
            Command::Abort { by, reason } => {
                write!(f, "abort, ordered by {by}{}", because(reason.as_deref()))
            }
            Command::Rollback { by, reason } => {
                write!(f, "rollback, ordered by {by}{}", because(reason.as_deref()))
            }
            Command::Supersede { by } => write!(f, "give way to rollout {by}"),
        }
    }
}

fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}
