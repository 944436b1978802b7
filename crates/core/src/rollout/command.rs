//! Orders people give a rollout. They are remembered until the rollout has answered them.

use crate::id::RolloutName;
use serde::{Deserialize, Serialize};

/// An order. `by` is who gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Command {
    /// Hold where it stands.
    Pause {
        /// Who.
        by: String,
    },
    /// Go on.
    Resume {
        /// Who.
        by: String,
    },
    /// Go to the next step without waiting for this one's gate, or to the end.
    Promote {
        /// Who.
        by: String,
        /// How far.
        reach: Reach,
    },
    /// Stop and restore the baseline; the release is not rejected.
    Abort {
        /// Who.
        by: String,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Restore the baseline and reject the release.
    Rollback {
        /// Who.
        by: String,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Give way to another rollout of the same application.
    Supersede {
        /// Which one.
        by: RolloutName,
    },
}

/// How far a promotion order reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reach {
    /// The next step.
    Step,
    /// Past every step to the last watch, and out of the last watch to the end.
    Full,
}

impl Command {
    /// Whether it restores the baseline. Such an order is followed even when nothing can be written down.
    pub const fn is_towards_baseline(&self) -> bool {
        matches!(self, Self::Abort { .. } | Self::Rollback { .. } | Self::Supersede { .. })
    }
}
