//! What an operator on the gateway's own machine is told through its socket.

use serde::{Deserialize, Serialize};
use viridian_core::id::{ApplicationName, Generation, NodeName, ReleaseName, Term};
use viridian_core::weight::Weight;

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

/// What a gateway serves by, and what stands above it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Its name.
    pub node: NodeName,
    /// The term of the controller its tables are from; zero before any.
    pub term: Term,
    /// For how many milliseconds the controller has not been heard; absent when it has not been since the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_ago: Option<u64>,
    /// Whether candidates get the shares their tables give them.
    pub candidates: Candidates,
    /// By application.
    pub tables: Vec<TableStanding>,
}

/// Whether candidates get the shares their tables give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Candidates {
    /// They do.
    Served,
    /// The controller was not heard for too long: every share is on its baseline.
    Withdrawn,
}

/// What an application is served by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableStanding {
    /// Which one.
    pub application: ApplicationName,
    /// The number of its table.
    pub generation: Generation,
    /// What serves whom the candidate does not.
    pub baseline: ReleaseName,
    /// What a rollout tries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<ReleaseName>,
    /// Its share by the table, in hundredths of a per cent.
    pub share: Weight,
    /// Whether an operator sends it to its baseline, whatever the table says.
    pub pinned: bool,
}
