//! The one way a rollout moves: a transition with everything that follows from it, in one transaction.

use crate::column::Json;
use crate::events::{Fact, Move, Stream};
use crate::id::CommandId;
use crate::log;
use crate::releases::Rejected;
use crate::transaction::Direction;
use crate::{
    Committed, Error, Store, StoredRollout, baselines, orders, outbox, releases, rollouts, start, tables,
};
use rusqlite::{Transaction, params};
use viridian_core::epoch::Epoch;
use viridian_core::id::RolloutName;
use viridian_core::rollout::effect::Effect;
use viridian_core::rollout::report::Report;
use viridian_core::rollout::state::{Phase, State};
use viridian_core::routing::table::RoutingTable;
use viridian_core::time::Timestamp;

/// A transition of a rollout and what follows from it.
#[derive(Debug, Clone, Copy)]
pub struct Commit<'a> {
    /// Which one.
    pub rollout: &'a RolloutName,
    /// The sequence number of the state it was decided for.
    pub expected_sequence: u64,
    /// The state it comes to: one transition further, or the same when it only answers orders.
    pub next: &'a State,
    /// Why.
    pub report: &'a Report,
    /// The routing table that goes with it, under a reserved generation.
    pub table: Option<&'a RoutingTable>,
    /// The span that begins with it.
    pub epoch: Option<&'a Epoch>,
    /// What it asks the world for.
    pub effects: &'a [Effect],
    /// The orders it answers.
    pub answered: &'a [CommandId],
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Commits a transition: the event, the rollout's state, the routing table, the epoch, the effects, the baseline,
    /// the rejection and the answered orders, all or nothing.
    ///
    /// After [`Error::Unwritable`] the same commit may be tried again as it is: if the first attempt reached the disk
    /// after all, the answer is [`Committed::Already`]. A commit towards the baseline may use the space set aside.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the rollout is not in the expected state or the table's generation does not rise,
    /// [`Error::Fenced`], [`Error::Unwritable`], [`Error::Unknown`].
    pub fn commit(&self, commit: &Commit<'_>) -> Result<Committed, Error> {
        self.write(direction_of(&commit.next.phase), |transaction| write(transaction, commit))
    }
}

/// The way back may use the space set aside for it.
const fn direction_of(phase: &Phase) -> Direction {
    match phase {
        Phase::RollingBack { .. }
        | Phase::RolledBack { .. }
        | Phase::Aborted { .. }
        | Phase::Superseded { .. } => Direction::Back,
        Phase::Pending | Phase::Progressing(_) | Phase::Held { .. } | Phase::Baking(_) | Phase::Promoted => {
            Direction::Forward
        }
    }
}

fn write(transaction: &Transaction<'_>, commit: &Commit<'_>) -> Result<Committed, Error> {
    let stored = rollouts::find(transaction, commit.rollout)?
        .ok_or_else(|| Error::unknown("rollout", commit.rollout))?;
    let stream = Stream::Rollout(commit.rollout.clone());
    let fact = Fact::Moved(Box::new(Move {
        next: commit.next.clone(),
        report: commit.report.clone(),
        effects: commit.effects.to_vec(),
        answered: commit.answered.to_vec(),
        generation: commit.table.map(|table| table.generation),
        epoch: commit.epoch.map(|epoch| epoch.id),
    }));
    if let Some(event) = log::latest_if_same(transaction, &stream, &fact)? {
        return Ok(Committed::Already { event });
    }
    check_sequence(&stored, commit)?;
    let event = log::append(transaction, &stream, &fact, commit.at)?;
    update(transaction, commit)?;
    for effect in commit.effects {
        carry_out(transaction, &stored, commit, effect)?;
    }
    // After the effects: an epoch remembers the baseline it is served with.
    let application = &stored.proposal.application;
    tables::publish(transaction, application, commit.table, commit.epoch, commit.at)?;
    orders::answer(transaction, commit.answered, event)?;
    if commit.next.is_end() {
        orders::answer_all(transaction, commit.rollout, event)?;
        start::release_waiting(transaction, &stored)?;
    }
    Ok(Committed::Now { event })
}

fn check_sequence(stored: &StoredRollout, commit: &Commit<'_>) -> Result<(), Error> {
    let found = stored.state.sequence;
    let conflict =
        |expected| Err(Error::Conflict { what: format!("rollout '{}'", commit.rollout), expected, found });
    if found != commit.expected_sequence {
        return conflict(commit.expected_sequence);
    }
    let moves_on = commit.next.sequence == found + 1;
    let stays = *commit.next == stored.state;
    if moves_on || stays { Ok(()) } else { conflict(commit.next.sequence) }
}

fn update(transaction: &Transaction<'_>, commit: &Commit<'_>) -> Result<(), Error> {
    let sql = "UPDATE rollouts SET state = ?2, sequence = ?3, report = ?4, ended_at = ?5, phase = ?6 WHERE name = ?1";
    let ended_at = commit.next.is_end().then_some(commit.at.0);
    transaction.execute(
        sql,
        params![
            commit.rollout.as_str(),
            Json(commit.next),
            commit.next.sequence,
            Json(commit.report),
            ended_at,
            commit.next.phase.word(),
        ],
    )?;
    Ok(())
}

/// Carries out what the database can, and puts the rest into the outbox.
fn carry_out(
    transaction: &Transaction<'_>,
    stored: &StoredRollout,
    commit: &Commit<'_>,
    effect: &Effect,
) -> Result<(), Error> {
    let candidate = &stored.proposal.candidate;
    match effect {
        Effect::MakeBaseline => baselines::move_baseline(
            transaction,
            &stored.proposal.application,
            candidate,
            commit.rollout,
            commit.at,
        ),
        Effect::RejectCandidate => {
            let rejected =
                Rejected { at: commit.at, rollout: commit.rollout.clone(), because: because(commit) };
            releases::reject(transaction, candidate, &rejected)
        }
        Effect::Notify { .. } => outbox::add(transaction, commit.rollout, effect, commit.at),
    }
}

/// Why a release is rejected: the cause of the rollback, which the last sentence of a rollout no longer tells.
fn because(commit: &Commit<'_>) -> String {
    match &commit.next.phase {
        Phase::RolledBack { cause } => cause.to_string(),
        _ => commit.report.sentence.clone(),
    }
}
