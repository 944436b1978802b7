//! What an operator on the gateway's own machine is told through its socket.

use serde::{Deserialize, Serialize};
use viridian_core::id::ApplicationName;

/// The applications that are pinned to their baselines on a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PinList {
    /// By name.
    pub pinned: Vec<ApplicationName>,
}

/// How an application stands after an operator asked for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PinStatus {
    /// Whose pin.
    pub application: ApplicationName,
    /// Whether it is sent to its baseline.
    pub pinned: bool,
    /// Why this ends with the gateway's process, when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_stopped: Option<String>,
}
