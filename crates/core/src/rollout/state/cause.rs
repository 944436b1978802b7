//! Why a rollout goes back: [`Cause`].

use crate::id::{GaugeName, RolloutName};
use crate::metric::Metric;
use crate::weight::Weight;
use serde::{Deserialize, Serialize};

/// Why the baseline is being restored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// A guard found the candidate worse.
    Regression {
        /// Which.
        metric: Metric,
    },
    /// A guard found the candidate worse in a slice of the traffic.
    Slice {
        /// By which guard.
        metric: Metric,
        /// What the traffic is sliced by.
        attribute: String,
        /// The value of the slice.
        value: String,
    },
    /// A gauge was out of bounds.
    OutOfBounds {
        /// Which.
        gauge: GaugeName,
        /// What it said.
        detail: String,
    },
    /// A gateway's local guard acted.
    LocalGuard {
        /// On which gateway.
        node: String,
    },
    /// The first gateway that served by a new table fared worse as a whole.
    Unwell {
        /// Which gateway.
        node: String,
        /// How, in numbers.
        detail: String,
    },
    /// Where nothing is compared, the candidate's errors reached the limit.
    Limit {
        /// The share of errors.
        errors: Weight,
    },
    /// The candidate did not answer its smoke requests.
    SmokeFailed {
        /// What happened.
        detail: String,
    },
    /// The evidence never sufficed and the rollout says what follows.
    Insufficient,
    /// The evidence of a guard never sufficed, and the guard says what follows.
    Unproven {
        /// What it watches.
        metric: Metric,
    },
    /// A person ordered it.
    Ordered {
        /// Who.
        by: String,
        /// Why, in their words.
        reason: Option<String>,
    },
    /// A person stopped the rollout.
    Aborted {
        /// Who.
        by: String,
        /// Why, in their words.
        reason: Option<String>,
    },
    /// Another rollout takes its place.
    Superseded {
        /// Which one.
        by: RolloutName,
    },
}
