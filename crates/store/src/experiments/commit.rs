//! The one way an experiment moves: a transition with everything that follows from it, in one transaction.

use super::{find, orders};
use crate::column::Json;
use crate::events::{ExperimentMove, Fact, Stream};
use crate::id::CommandId;
use crate::transaction::Direction;
use crate::{Committed, Error, Store, log, tables};
use rusqlite::{Transaction, params};
use viridian_core::epoch::Epoch;
use viridian_core::experiment::report::Report;
use viridian_core::experiment::step::{Phase, State};
use viridian_core::id::{ApplicationName, ExperimentName};
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;

/// A transition of an experiment and what follows from it in the application where its aim is measured.
#[derive(Debug, Clone, Copy)]
pub struct ExperimentCommit<'a> {
    /// Which one.
    pub experiment: &'a ExperimentName,
    /// Where the aim is measured.
    pub application: &'a ApplicationName,
    /// The sequence number of the state it was decided for.
    pub expected_sequence: u64,
    /// The state it comes to: one transition further, or the same when it only answers an order.
    pub next: &'a State,
    /// Why.
    pub report: &'a Report,
    /// The routing table that goes with it, under a reserved generation.
    pub table: Option<&'a RoutingTable>,
    /// The span that begins with it.
    pub epoch: Option<&'a Epoch>,
    /// The order it answers.
    pub answered: Option<CommandId>,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Commits a transition: the event, the experiment's state, the routing table, the epoch and the answered orders, all or
    /// nothing. It may be tried again as it is, as [`Store::commit`].
    ///
    /// # Errors
    /// [`Error::Conflict`] when the experiment is not in the expected state or the table's generation does not rise,
    /// [`Error::Fenced`], [`Error::Unwritable`], [`Error::Unknown`].
    pub fn commit_experiment(&self, commit: &ExperimentCommit<'_>) -> Result<Committed, Error> {
        self.write(direction_of(&commit.next.phase), |transaction| write(transaction, commit))
    }
}

/// An arm that stops and an end lead to the control, and may use the space set aside for that.
fn direction_of(phase: &Phase) -> Direction {
    match phase {
        Phase::Ended(_) => Direction::Back,
        Phase::Running { stopped } if !stopped.is_empty() => Direction::Back,
        Phase::LeadIn | Phase::Running { .. } => Direction::Forward,
    }
}

fn write(transaction: &Transaction<'_>, commit: &ExperimentCommit<'_>) -> Result<Committed, Error> {
    let name = commit.experiment;
    let stored = find(transaction, name)?.ok_or_else(|| Error::unknown("experiment", name))?;
    let stream = Stream::Experiment(name.clone());
    let fact = Fact::ExperimentMoved(Box::new(ExperimentMove {
        next: commit.next.clone(),
        report: commit.report.clone(),
        answered: commit.answered,
        generation: commit.table.map(|table| table.generation),
        epoch: commit.epoch.map(|epoch| epoch.id),
    }));
    if let Some(event) = log::latest_if_same(transaction, &stream, &fact)? {
        return Ok(Committed::Already { event });
    }
    let found = stored.state.sequence;
    let follows = commit.next.sequence == found + 1 || *commit.next == stored.state;
    if found != commit.expected_sequence || !follows {
        let what = format!("experiment '{name}'");
        return Err(Error::Conflict { what, expected: commit.expected_sequence, found });
    }
    let event = log::append(transaction, &stream, &fact, commit.at)?;
    let has_ended = matches!(commit.next.phase, Phase::Ended(_));
    transaction.execute(
        "UPDATE experiments SET state = ?2, sequence = ?3, report = ?4, ended_at = ?5 WHERE name = ?1",
        params![
            name.as_str(),
            Json(commit.next),
            commit.next.sequence,
            Json(commit.report),
            has_ended.then_some(commit.at.0),
        ],
    )?;
    tables::publish(transaction, commit.application, commit.table, commit.epoch, commit.at)?;
    if let Some(order) = commit.answered {
        orders::answer(transaction, order, event)?;
    }
    if has_ended {
        orders::answer_all(transaction, name, event)?;
    }
    Ok(Committed::Now { event })
}
