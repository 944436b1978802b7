//! The two sides of a comparison.

use serde::{Deserialize, Serialize};

/// The role of a placement in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Arm {
    /// What served before the rollout.
    Baseline,
    /// What is on trial.
    Candidate,
}

impl Arm {
    /// The word for it, as in headers, logs and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Candidate => "candidate",
        }
    }
}
