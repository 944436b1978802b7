//! Experiments told as text: users are drawn by the [`draw`](crate::routing::draw) of production, and what follows from their
//! counts is said by its [`analysis`](crate::experiment::analysis) and its [`step`](crate::experiment::step). It shows how long an
//! experiment will take with the traffic there is, before it is begun. The language is described in [`script`].

mod script;
mod world;
mod tell;

use super::{ScriptFault, Story};

/// The word that a story of an experiment begins with.
const BEGINS: &str = "experiment";

/// Whether a script is of an experiment: its first statement names one.
pub(super) fn is_one(script: &str) -> bool {
    let mut lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().and_then(|line| line.split_whitespace().next()) == Some(BEGINS)
}

/// Tells the story of a script; all its faults at once if it has any.
pub(super) fn simulate(script: &str) -> Result<Story, Vec<ScriptFault>> {
    script::parse(script).map(|script| tell::tell(&script))
}

#[cfg(test)]
mod tests;
