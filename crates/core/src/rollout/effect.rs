//! What a transition asks the world for. Effects are data; they are written down in the same transaction as the
//! transition and carried out after it.

use serde::{Deserialize, Serialize};

/// What a transition asks the world for. The routing table is not among them: it is computed from the state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Effect {
    /// The candidate is the application's baseline from now on.
    MakeBaseline,
    /// The release is remembered as rejected.
    RejectCandidate,
    /// People are told.
    Notify {
        /// How much it matters.
        severity: Severity,
        /// What happened, one sentence.
        message: String,
    },
}

/// How much a notification matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// As planned.
    Info,
    /// Someone should look.
    Warning,
    /// Somebody has to look: the baseline was restored, or could not be; the rollout stands still until a person decides or
    /// mends something; or what somebody asked to be told of was found.
    Critical,
}
