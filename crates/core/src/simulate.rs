//! Rollouts and experiments told as text. [`simulate`] reads a script of what people order and what the world does, replays it with
//! the rules that run in production ([`judge`](crate::analysis::judge), [`step`](crate::rollout::step),
//! [`decide`](crate::routing::decide), [`build`](crate::routing::build)) and tells what happened.
//!
//! Only the world around the rules is made up here: gateways, callers, two releases that answer well or badly. It is
//! drawn from the seed in the script, so the same script always tells the same story. The language is described in
//! [`script`], and that of experiments, whose stories begin with `experiment`, in [`experiment`].

mod script;
mod traffic;
mod world;
mod story;
mod experiment;

use std::fmt;
pub use traffic::Dice;

/// A rollout or an experiment, told.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The script with what happened between its lines, and a summary.
    pub text: String,
    /// How the rollout or experiment ended, in a word; absent when it was still under way.
    pub end: Option<&'static str>,
    /// Expectations of the script that were not met.
    pub unmet: Vec<Unmet>,
}

/// An expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The line of the script, counted from one.
    pub line: usize,
    /// What was expected, and what was the case.
    pub message: String,
}

/// A line of a script that cannot be understood or comes at the wrong place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptFault {
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong with it and what would be right.
    pub message: String,
}

/// Tells the story of a script; all its faults at once if it has any.
pub fn simulate(script: &str) -> Result<Story, Vec<ScriptFault>> {
    if experiment::is_one(script) {
        return experiment::simulate(script);
    }
    script::parse(script).map(|script| story::tell(&script))
}

impl Story {
    /// Whether everything the script expects was the case.
    pub const fn is_as_expected(&self) -> bool {
        self.unmet.is_empty()
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl fmt::Display for ScriptFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ScriptFault {}

#[cfg(test)]
mod tests;
