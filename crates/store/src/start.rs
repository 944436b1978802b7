//! Beginning a rollout. An application has one that moves its traffic; a newer one that takes over waits until the
//! older has put the baseline back.

use crate::change::Change;
use crate::column::Json;
use crate::events::{Fact, Stream};
use crate::log;
use crate::rollouts::{find, last_in_line};
use crate::transaction::Direction;
use crate::{Error, Store, StoredRollout, baselines, epochs, experiments, orders, releases};
use rusqlite::{Transaction, params};
use viridian_core::id::{ApplicationName, ReleaseName, RolloutName};
use viridian_core::rollout::command::Command;
use viridian_core::rollout::plan::{Plan, Proposal};
use viridian_core::rollout::state::State;
use viridian_core::routing::table::Salt;
use viridian_core::time::Timestamp;

/// A rollout to begin.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// What is asked for.
    pub proposal: &'a Proposal,
    /// What it follows.
    pub plan: &'a Plan,
    /// The secret key of its draw.
    pub salt: Salt,
    /// What becomes of a rollout that has not ended.
    pub takeover: Takeover,
    /// Whether a rejected release may be tried again.
    pub retry: Retry,
    /// When.
    pub at: Timestamp,
}

/// What becomes of a rollout of the same application that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Takeover {
    /// It goes on and the new one is refused.
    #[default]
    Refuse,
    /// It is ordered to give way and the new one waits for that.
    Supersede,
}

/// Whether a rejected release may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retry {
    /// It may not.
    #[default]
    Refuse,
    /// Whoever asks says that they know.
    Acknowledged,
}

impl Store {
    /// Begins a rollout, or puts it in line behind the one it takes over from.
    ///
    /// # Errors
    /// [`Error::Exists`] when the name is taken, [`Error::Rejected`] for a rejected release, [`Error::Refused`]
    /// while another rollout goes on or without a baseline, [`Error::Unknown`] without such an application or
    /// release.
    pub fn start_rollout(&self, start: &Start<'_>) -> Result<StoredRollout, Error> {
        self.write(Direction::Forward, |transaction| begin(transaction, start))
    }
}

/// Begins a rollout.
pub(crate) fn begin(transaction: &Transaction<'_>, start: &Start<'_>) -> Result<StoredRollout, Error> {
    let name = &start.proposal.name;
    let baseline = check(transaction, start)?;
    let waits_for = supersede(transaction, start)?;
    let fact = Fact::Started {
        proposal: start.proposal.clone(),
        plan: start.plan.clone(),
        waits_for: waits_for.clone(),
    };
    let seq = log::append(transaction, &Stream::Rollout(name.clone()), &fact, start.at)?;
    insert(transaction, start, &Place { baseline, waits_for, seq })?;
    find(transaction, name)?.ok_or_else(|| Error::unknown("rollout", name))
}

/// Begins a rollout, unless just this one was begun before.
pub(crate) fn begin_once(transaction: &Transaction<'_>, start: &Start<'_>) -> Result<Change, Error> {
    match find(transaction, &start.proposal.name)? {
        Some(present) if present.proposal == *start.proposal => Ok(Change::Unchanged),
        _ => begin(transaction, start).map(|_| Change::Created),
    }
}

/// Where a new rollout stands among the others.
struct Place {
    baseline: ReleaseName,
    waits_for: Option<RolloutName>,
    seq: u64,
}

/// Makes sure that the rollout may begin; answers what it is compared with.
fn check(transaction: &Transaction<'_>, start: &Start<'_>) -> Result<ReleaseName, Error> {
    let Proposal { name, application, candidate, .. } = start.proposal;
    if find(transaction, name)?.is_some() {
        return Err(Error::Exists { what: "rollout", name: name.to_string() });
    }
    let baseline = baselines::name_of(transaction, application)?
        .ok_or_else(|| Error::Refused(format!("application '{application}' has no baseline yet")))?;
    if let Some(running) = experiments::active(transaction, application)? {
        let experiment = &running.experiment.name;
        return Err(Error::Refused(format!(
            "'{application}' takes part in experiment '{experiment}': a rollout can begin when that has ended"
        )));
    }
    let stored = releases::of_application(transaction, candidate, application)?;
    match stored.rejected {
        Some(rejected) if start.retry == Retry::Refuse => {
            Err(Error::Rejected { name: candidate.clone(), because: rejected.because })
        }
        _ => Ok(baseline),
    }
}

/// Orders the last rollout in line to give way; answers which one that is.
fn supersede(transaction: &Transaction<'_>, start: &Start<'_>) -> Result<Option<RolloutName>, Error> {
    let Some(present) = last_in_line(transaction, &start.proposal.application)? else {
        return Ok(None);
    };
    if start.takeover == Takeover::Refuse {
        return Err(Error::Refused(format!(
            "rollout '{present}' has not ended: until then only a rollout that supersedes it can be started"
        )));
    }
    let command = Command::Supersede { by: start.proposal.name.clone() };
    orders::insert(transaction, &present, &command, start.at)?;
    Ok(Some(present))
}

fn insert(transaction: &Transaction<'_>, start: &Start<'_>, place: &Place) -> Result<(), Error> {
    let Proposal { name, application, candidate, .. } = start.proposal;
    let state = State::new();
    let sql =
        "INSERT INTO rollouts (name, application, candidate, baseline, proposal, plan, salt, state, sequence,
            first_epoch, created_seq, started_at, waits_for, phase)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    transaction.execute(
        sql,
        params![
            name.as_str(),
            application.as_str(),
            candidate.as_str(),
            place.baseline.as_str(),
            Json(start.proposal),
            Json(start.plan),
            start.salt.0,
            Json(&state),
            state.sequence,
            epochs::first_of_next(transaction, application)?.0,
            place.seq,
            start.at.0,
            place.waits_for.as_ref().map(RolloutName::as_str),
            state.phase.word(),
        ],
    )?;
    Ok(())
}

/// Lets whoever waited for an ended rollout begin: with the baseline of now, and with no evidence of before.
/// A rollout that ended while it waited itself hands its place in the line on.
pub(crate) fn release_waiting(transaction: &Transaction<'_>, ended: &StoredRollout) -> Result<(), Error> {
    let application: &ApplicationName = &ended.proposal.application;
    let baseline = baselines::name_of(transaction, application)?;
    let sql = "UPDATE rollouts SET waits_for = ?2, first_epoch = ?3, baseline = coalesce(?4, baseline)
        WHERE waits_for = ?1 AND ended_at IS NULL";
    transaction.execute(
        sql,
        params![
            ended.proposal.name.as_str(),
            ended.waits_for.as_ref().map(RolloutName::as_str),
            epochs::first_of_next(transaction, application)?.0,
            baseline.as_ref().map(ReleaseName::as_str),
        ],
    )?;
    Ok(())
}
