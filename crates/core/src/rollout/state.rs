//! Where a rollout stands.
//!
//! ```text
//!   Pending ──▶ Progressing ◀──▶ Held
//!                   │              ▲
//!                   ▼              │
//!                Baking ◀──────────┘      all of these ──▶ RollingBack
//!                   │
//!                   ▼
//!               Promoted
//!
//!   Pending     ─► Progressing | Held | Baking | RollingBack
//!   Progressing ─► Held | Baking | RollingBack
//!   Held        ─► Progressing | Baking | Promoted | RollingBack
//!   Baking      ─► Held | Promoted | RollingBack
//!   RollingBack ─► RolledBack | Aborted | Superseded
//! ```
//!
//! Orders explain the shortcuts: a rollout can be paused or promoted before it began, and promoted out of a hold in
//! its last watch. A test compares the list with what walks at random find.
//!
//! Baking precedes Promoted, and every state that is no end reaches RollingBack. A rollout leaves RollingBack only
//! when the baseline is known to serve everything; which end it reaches was decided by its cause.

mod cause;
mod words;

use super::command::Command;
use super::input::Oversized;
use crate::analysis::drift::About;
use crate::analysis::measurement::Seen;
use crate::analysis::verdict::Wait;
use crate::id::{GaugeName, RolloutName};
use crate::metric::Metric;
use crate::time::Timestamp;
use crate::weight::Weight;
pub use cause::Cause;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a rollout stands, and how many transitions it took to get there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Transitions so far. An input observed for another number is stale and changes nothing.
    pub sequence: u64,
    /// What it does.
    pub phase: Phase,
    /// What people were warned of and were not told the end of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warned: Vec<Warned>,
}

/// Something that people were warned of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Warned {
    /// What.
    pub about: About,
    /// When.
    pub since: Timestamp,
}

/// What a rollout does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// It has not begun.
    Pending,
    /// It follows its plan.
    Progressing(Position),
    /// It waits for longer than a step should, or because a person said so.
    Held {
        /// Why.
        reason: Hold,
        /// Since when.
        since: Timestamp,
        /// Where it goes on.
        at: Position,
    },
    /// The candidate serves everything but the holdback, under watch.
    Baking(Position),
    /// The baseline is being restored.
    RollingBack {
        /// Why.
        cause: Cause,
        /// Since when.
        since: Timestamp,
    },
    /// The candidate is the baseline now.
    Promoted,
    /// The baseline was restored and the release rejected.
    RolledBack {
        /// Why.
        cause: Cause,
    },
    /// A person stopped it; the release is not rejected.
    Aborted {
        /// Why.
        cause: Cause,
    },
    /// Another rollout took its place.
    Superseded {
        /// Which one.
        by: RolloutName,
    },
}

/// A place in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The step, counted from zero.
    pub step: usize,
    /// Since when.
    pub entered_at: Timestamp,
    /// The candidate's share.
    pub weight: Weight,
    /// When every live gateway served by that share; absent until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// From when on its patience is counted, if that is later than its beginning: a person let it go on, or the share
    /// changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience_from: Option<Timestamp>,
    /// Who ordered it to the last step, past the steps in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_by: Option<String>,
    /// Metrics whose pausing guards a person has overruled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pardoned: Vec<Metric>,
    /// Pausing gauges a person has overruled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pardoned_gauges: Vec<GaugeName>,
}

/// The start of a step's analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Clock {
    /// When.
    pub started_at: Timestamp,
    /// What had been seen by then; only what came after is fresh.
    pub seen: Seen,
}

/// Why a rollout is held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Hold {
    /// A person paused it.
    Paused {
        /// Who.
        by: String,
    },
    /// The plan pauses here until a person resumes.
    PlannedPause,
    /// A guard failed that pauses.
    Regression {
        /// Which.
        metric: Metric,
    },
    /// A gauge is out of bounds and pauses.
    OutOfBounds {
        /// Which.
        gauge: GaugeName,
    },
    /// The traffic was not split as drawn.
    SplitBroken,
    /// A gateway refuses the table of this state.
    Refused {
        /// Which gateway.
        node: String,
        /// Why, in its words.
        reason: String,
    },
    /// The table with this rollout in it is longer than gateways take.
    Oversized(Oversized),
    /// Something has been missing for longer than the rollout's patience.
    Waiting(Waiting),
}

/// What a step waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Waiting {
    /// Gateways that serve by an older table.
    Gateways {
        /// How many have acknowledged.
        acknowledged: usize,
        /// How many are known.
        known: usize,
    },
    /// The answers to the smoke requests.
    Smoke,
    /// Time.
    Time {
        /// When it is over.
        until: Timestamp,
    },
    /// Evidence.
    Evidence(Wait),
    /// A guard that has not shown the candidate safe.
    Guard {
        /// Which.
        metric: Metric,
        /// Why.
        wait: Wait,
    },
    /// A source outside that has not said that a number is within bounds.
    Gauge {
        /// What it was asked.
        gauge: GaugeName,
        /// What is known of it.
        detail: String,
    },
    /// The next share would risk too much.
    Risk {
        /// The share.
        next: Weight,
        /// The errors per request it may add, in basis points.
        bound: u32,
    },
    /// A baseline that answers: nobody is sent back to a dead one.
    Baseline,
    /// A candidate that answers: nobody is sent to a dead one.
    Candidate,
    /// A person: nothing is compared, and there is no limit to hold the candidate to.
    Person,
}

/// Why an order cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

impl State {
    /// A rollout that has not begun.
    pub const fn new() -> Self {
        Self { sequence: 0, phase: Phase::Pending, warned: Vec::new() }
    }

    /// The candidate's share of the traffic.
    pub const fn weight(&self) -> Weight {
        match &self.phase {
            Phase::Progressing(at) | Phase::Held { at, .. } | Phase::Baking(at) => at.weight,
            _ => Weight::ZERO,
        }
    }

    /// The place in the plan, while it follows one.
    pub const fn position(&self) -> Option<&Position> {
        match &self.phase {
            Phase::Progressing(at) | Phase::Held { at, .. } | Phase::Baking(at) => Some(at),
            _ => None,
        }
    }

    /// Whether nothing can change any more.
    pub const fn is_end(&self) -> bool {
        matches!(
            self.phase,
            Phase::Promoted | Phase::RolledBack { .. } | Phase::Aborted { .. } | Phase::Superseded { .. }
        )
    }

    /// Whether the candidate became the baseline.
    pub const fn is_promoted(&self) -> bool {
        matches!(self.phase, Phase::Promoted)
    }

    /// Whether an order can be followed now.
    pub fn accepts(&self, command: &Command) -> Result<(), Refusal> {
        if self.is_end() {
            return Err(Refusal(format!("the rollout has ended: {}", self.phase.word())));
        }
        if matches!(self.phase, Phase::RollingBack { .. }) && !command.is_towards_baseline() {
            return Err(Refusal("the rollout is being rolled back".to_owned()));
        }
        let held = matches!(self.phase, Phase::Held { .. });
        match command {
            Command::Resume { .. } if !held => Err(Refusal("the rollout is not held".to_owned())),
            Command::Pause { .. }
                if matches!(&self.phase, Phase::Held { reason: Hold::Paused { .. }, .. }) =>
            {
                Err(Refusal("the rollout is paused already".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

impl Position {
    /// Whether a person has overruled the pausing guards of a metric.
    pub fn pardons(&self, metric: Metric) -> bool {
        self.pardoned.contains(&metric)
    }

    /// Whether a person has overruled a pausing gauge.
    pub fn pardons_gauge(&self, gauge: &GaugeName) -> bool {
        self.pardoned_gauges.contains(gauge)
    }

    /// The beginning of a step, before the candidate has a share.
    pub const fn at(step: usize, entered_at: Timestamp) -> Self {
        Self {
            step,
            entered_at,
            weight: Weight::ZERO,
            clock: None,
            patience_from: None,
            ordered_by: None,
            pardoned: Vec::new(),
            pardoned_gauges: Vec::new(),
        }
    }
}

impl Waiting {
    /// Whether it is evidence that is missing, rather than time or an answer.
    pub const fn is_want_of_data(&self) -> bool {
        matches!(self, Self::Evidence(_) | Self::Guard { .. } | Self::Gauge { .. } | Self::Risk { .. })
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

impl Phase {
    /// One word for it, as in tables and logs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Progressing(_) => "Progressing",
            Self::Held { .. } => "Held",
            Self::Baking(_) => "Baking",
            Self::RollingBack { .. } => "RollingBack",
            Self::Promoted => "Promoted",
            Self::RolledBack { .. } => "RolledBack",
            Self::Aborted { .. } => "Aborted",
            Self::Superseded { .. } => "Superseded",
        }
    }
}
