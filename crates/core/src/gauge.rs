//! A gauge: one number that a source outside measures, and the bounds it is held to during a rollout. Entry point:
//! [`standing`], which says what the latest readings come to.
//!
//! Nothing is tested here and nothing is compared with the baseline: a bound that somebody set is passed or it is not, and
//! there is no limit on false alarms but how often in a row it has to be passed. What was not measured, is no number or
//! is too old is unknown, which never passes and never blames.

pub mod unchecked;

use crate::guard::{Mode, OnFail};
use crate::id::{GaugeName, SourceName};
use crate::time::{Timestamp, readable};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// How often a source is asked unless told otherwise.
pub const DEFAULT_EVERY: Duration = Duration::from_secs(30);
/// How often in a row a bound has to be passed unless told otherwise.
pub const DEFAULT_TIMES: u32 = 3;
/// A reading counts for this many times the span in which there should have been another.
const STALE_AFTER: u32 = 3;

/// One number that a source measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gauge {
    /// The name, unique within its application.
    pub name: GaugeName,
    /// Who measures.
    pub source: SourceName,
    /// What it is asked; `{{release}}`, `{{environment}}`, `{{application}}` and `{{rollout}}` stand for the candidate's.
    pub query: String,
    /// What the number has to lie between.
    pub bounds: Bounds,
    /// The unit of the number, in the source's words: a source that says another is not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// How often the source is asked.
    pub every: Duration,
    /// How often in a row the number has to be out of bounds.
    pub times: u32,
    /// What happens then.
    pub on_fail: OnFail,
    /// Whether it may act.
    pub mode: Mode,
}

/// What a number has to lie between, the bounds included; at least one is there.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bounds {
    /// The least it may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The most it may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// What a source said once.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// When it was measured.
    pub at: Timestamp,
    /// The number, or why there is none.
    pub value: Result<f64, String>,
}

/// A gauge and what it says now.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauged {
    /// The gauge.
    pub gauge: Gauge,
    /// What it says.
    pub standing: Standing,
}

/// What the latest readings of a gauge come to.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// Nothing that can be relied on.
    Unknown {
        /// Why.
        why: String,
    },
    /// The latest number is within bounds.
    Within {
        /// The number.
        value: f64,
        /// When it was measured.
        at: Timestamp,
    },
    /// The number has been out of bounds as often in a row as it takes.
    Beyond {
        /// The latest number.
        value: f64,
    },
}

/// What the latest readings come to, oldest first. A reading without a number neither adds to a row nor is passed over: what
/// happened meanwhile is unknown.
pub fn standing(gauge: &Gauge, readings: &[Reading], now: Timestamp) -> Standing {
    let unknown = |why: String| Standing::Unknown { why };
    let Some(latest) = readings.last() else { return unknown("it has not been read yet".to_owned()) };
    let value = match &latest.value {
        Ok(value) if value.is_finite() => *value,
        Ok(value) => return unknown(format!("its value is {value}")),
        Err(why) => return unknown(why.clone()),
    };
    let age = now.since(latest.at);
    if age > gauge.oldest() {
        return unknown(format!("its latest value is {} old", readable(age)));
    }
    if gauge.bounds.hold(value) {
        return Standing::Within { value, at: latest.at };
    }
    let beyond = |reading: &&Reading| {
        reading.value.as_ref().is_ok_and(|value| value.is_finite() && !gauge.bounds.hold(*value))
    };
    let row = readings.iter().rev().take_while(beyond).count();
    if row >= gauge.times as usize {
        return Standing::Beyond { value };
    }
    unknown(format!("{value} is not {}, {row} of {} times in a row", gauge.bounds, gauge.times))
}

impl Bounds {
    /// Whether a number lies within them. What is no number does not.
    pub fn hold(&self, value: f64) -> bool {
        self.at_least.is_none_or(|least| value >= least) && self.at_most.is_none_or(|most| value <= most)
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => write!(f, "from {least} to {most}"),
            (Some(least), None) => write!(f, "at least {least}"),
            (None, Some(most)) => write!(f, "at most {most}"),
            (None, None) => f.write_str("anything"),
        }
    }
}

impl Gauge {
    /// How old a number may be that still counts.
    pub fn oldest(&self) -> Duration {
        self.every * STALE_AFTER
    }

    /// Whether it has to be within bounds before a candidate gets more than it has.
    pub const fn gates(&self) -> bool {
        matches!(self.mode, Mode::Enforce) && !matches!(self.on_fail, OnFail::Notify)
    }
}

impl Gauged {
    /// Whether it may act in this way, and has reason to.
    pub fn fails(&self, on_fail: OnFail) -> bool {
        self.gauge.mode == Mode::Enforce
            && self.gauge.on_fail == on_fail
            && matches!(self.standing, Standing::Beyond { .. })
    }

    /// Whether it has reason to act and may only tell.
    pub const fn fails_idly(&self) -> bool {
        !self.gauge.gates() && matches!(self.standing, Standing::Beyond { .. })
    }

    /// What it says, in one sentence.
    pub fn sentence(&self) -> String {
        let Gauge { name, bounds, times, unit, .. } = &self.gauge;
        let unit = unit.as_ref().map_or_else(String::new, |unit| format!(" {unit}"));
        match &self.standing {
            Standing::Unknown { why } => format!("{name} is unknown: {why}"),
            Standing::Within { value, .. } => format!("{name} is {value}{unit}, {bounds} as it should be"),
            Standing::Beyond { value } => {
                format!("{name} is {value}{unit}, and should be {bounds}, {times} times in a row")
            }
        }
    }
}
