//! Why a step did or did not do something. It is stored with every transition and is the only source of
//! `explain`: no second explanation is ever written.

use super::command::Reach;
use super::state::{Cause, Hold, Waiting, Warned};
use crate::analysis::drift::About;
use crate::analysis::verdict::Analysis;
use crate::time::Timestamp;
use crate::weight::Weight;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a step did or did not do something.
#[must_use = "a decision nobody can explain is not one"]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// When it was decided.
    pub at: Timestamp,
    /// What was decided.
    pub finding: Finding,
    /// The numbers it was decided on.
    pub analysis: Analysis,
    /// What guards found that may only observe or tell, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<String>,
    /// What sources outside say, one sentence for each gauge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gauges: Vec<String>,
    /// The changed conditions that people are warned of while they last, one sentence each and not many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The decision in one sentence, for people.
    pub sentence: String,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Finding {
    /// Nothing: the rollout has ended, or the input was observed for an earlier state.
    Nothing,
    /// The rollout began.
    Began,
    /// A step is not over.
    Waiting {
        /// What it waits for.
        waiting: Waiting,
    },
    /// The candidate's share changes.
    Shifted {
        /// From.
        from: Weight,
        /// To.
        to: Weight,
    },
    /// Every gateway serves by the step's share: fresh evidence counts from now on.
    ClockStarted,
    /// A step is over.
    Passed {
        /// Which, counted from one.
        step: usize,
    },
    /// A person ordered it past steps without waiting for what they wait for.
    PassedOver {
        /// Who.
        by: String,
        /// The first of these steps, counted from one.
        from: usize,
        /// The last of them; lower than the first when there was none.
        to: usize,
        /// How far the order reached.
        reach: Reach,
    },
    /// The rollout is held from now on.
    Held,
    /// What holds the rollout is still there.
    StillHeld {
        /// What it is.
        reason: Hold,
    },
    /// What held it is gone, or a person resumed it.
    Resumed,
    /// The baseline is being restored.
    RollingBack {
        /// Why.
        cause: Cause,
    },
    /// Every gateway serves the baseline again.
    Restored,
    /// The candidate is the baseline now.
    Promoted,
    /// Conditions are not what they were when the rollout began, or are again; or what only tells found something, or does not
    /// any more. Nothing follows.
    Warned {
        /// What changed or was found.
        begun: Vec<About>,
        /// What is over.
        over: Vec<Warned>,
    },
    /// An order was not followed.
    Refused {
        /// Why.
        why: String,
    },
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}
