//! Why an experiment moved. It is stored with every transition.

use super::verdict::Analysis;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Why an experiment moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// When it was decided.
    pub at: Timestamp,
    /// Why, a sentence each.
    pub sentences: Vec<String>,
    /// The numbers it was decided on.
    pub analysis: Analysis,
}
