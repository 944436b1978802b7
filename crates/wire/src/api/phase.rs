//! What a rollout does, in one word.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;
use viridian_core::rollout::state::Phase;

/// What a rollout does. `Promoted`, `RolledBack`, `Aborted` and `Superseded` are ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ToSchema, Serialize, Deserialize)]
pub enum PhaseBody {
    /// It has not begun.
    Pending,
    /// It follows its plan.
    Progressing,
    /// It waits for longer than a step should, or because a person said so.
    Held,
    /// The candidate serves everything but the holdback, under watch.
    Baking,
    /// The baseline is being restored.
    RollingBack,
    /// The candidate is the baseline now.
    Promoted,
    /// The baseline was restored.
    RolledBack,
    /// A person stopped it and the baseline was restored.
    Aborted,
    /// Another rollout took its place.
    Superseded,
}

impl PhaseBody {
    /// Whether nothing can change any more.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Promoted | Self::RolledBack | Self::Aborted | Self::Superseded)
    }
}

impl From<&Phase> for PhaseBody {
    fn from(phase: &Phase) -> Self {
        match phase {
            Phase::Pending => Self::Pending,
            Phase::Progressing(_) => Self::Progressing,
            Phase::Held { .. } => Self::Held,
            Phase::Baking(_) => Self::Baking,
            Phase::RollingBack { .. } => Self::RollingBack,
            Phase::Promoted => Self::Promoted,
            Phase::RolledBack { .. } => Self::RolledBack,
            Phase::Aborted { .. } => Self::Aborted,
            Phase::Superseded { .. } => Self::Superseded,
        }
    }
}

impl fmt::Display for PhaseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pending => "Pending",
            Self::Progressing => "Progressing",
            Self::Held => "Held",
            Self::Baking => "Baking",
            Self::RollingBack => "RollingBack",
            Self::Promoted => "Promoted",
            Self::RolledBack => "RolledBack",
            Self::Aborted => "Aborted",
            Self::Superseded => "Superseded",
        })
    }
}
