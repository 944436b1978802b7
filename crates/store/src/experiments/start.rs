//! Beginning an experiment. An application takes part in one at a time, and in none while a rollout moves its traffic.

use super::{StoredExperiment, active, find};
use crate::change::Change;
use crate::column::Json;
use crate::events::{Fact, Stream};
use crate::transaction::Direction;
use crate::{Error, Store, baselines, epochs, log, releases, rollouts};
use rusqlite::{OptionalExtension, Transaction, params};
use viridian_core::experiment::definition::{Arm, Experiment};
use viridian_core::experiment::step::{self, State};
use viridian_core::id::{ApplicationName, LayerName};
use viridian_core::routing::layer::{self, Part};
use viridian_core::routing::table::Salt;
use viridian_core::time::Timestamp;

/// An experiment to begin.
#[derive(Debug, Clone, Copy)]
pub struct ExperimentStart<'a> {
    /// What is asked for.
    pub experiment: &'a Experiment,
    /// The secret key of its draw, unless another experiment of its layer runs and has one.
    pub salt: Salt,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Begins an experiment.
    ///
    /// # Errors
    /// [`Error::Exists`] when the name is taken, [`Error::Rejected`] for a rejected release, [`Error::Unknown`] without such
    /// an application or release, [`Error::Refused`] while a rollout or another experiment goes on, when the control is not
    /// what serves now, and when the layer has no room.
    pub fn start_experiment(&self, start: &ExperimentStart<'_>) -> Result<StoredExperiment, Error> {
        self.write(Direction::Forward, |transaction| begin(transaction, start))
    }
}

/// Begins an experiment, unless just this one was begun before. It goes on with what its words meant then.
pub(crate) fn begin_once(
    transaction: &Transaction<'_>,
    start: &ExperimentStart<'_>,
) -> Result<Change, Error> {
    match find(transaction, &start.experiment.name)? {
        Some(present) if present.experiment.asks_as(start.experiment) => Ok(Change::Unchanged),
        _ => begin(transaction, start).map(|_| Change::Created),
    }
}

fn begin(transaction: &Transaction<'_>, start: &ExperimentStart<'_>) -> Result<StoredExperiment, Error> {
    let ExperimentStart { experiment, at, .. } = *start;
    let name = &experiment.name;
    if find(transaction, name)?.is_some() {
        return Err(Error::Exists { what: "experiment", name: name.to_string() });
    }
    for application in experiment.arms.applications() {
        check_free(transaction, application)?;
        for arm in experiment.arms.all() {
            check_arm(transaction, arm, application)?;
        }
        check_control(transaction, experiment.arms.control(), application)?;
    }
    let (part, salt) = place(transaction, experiment)?;
    let fact = Fact::ExperimentStarted { experiment: experiment.clone(), part };
    let seq = log::append(transaction, &Stream::Experiment(name.clone()), &fact, at)?;
    let state = step::begin(experiment, at);
    insert(transaction, experiment, (part, salt.unwrap_or(start.salt)), (&state, seq))?;
    find(transaction, name)?.ok_or_else(|| Error::unknown("experiment", name))
}

/// Nothing else moves the application's traffic.
fn check_free(transaction: &Transaction<'_>, application: &ApplicationName) -> Result<(), Error> {
    if let Some(rollout) = rollouts::last_in_line(transaction, application)? {
        return Err(Error::Refused(format!(
            "rollout '{rollout}' moves the traffic of '{application}': an experiment can begin when it has ended"
        )));
    }
    match active(transaction, application)? {
        Some(StoredExperiment { experiment: Experiment { name, .. }, .. }) => Err(Error::Refused(format!(
            "'{application}' takes part in experiment '{name}', which has not ended"
        ))),
        None => Ok(()),
    }
}

fn check_arm(transaction: &Transaction<'_>, arm: &Arm, application: &ApplicationName) -> Result<(), Error> {
    let Some(release) = arm.releases.get(application) else { return Ok(()) };
    match releases::of_application(transaction, release, application)?.rejected {
        Some(rejected) => Err(Error::Rejected { name: release.clone(), because: rejected.because }),
        None => Ok(()),
    }
}

/// Every end sends everyone to the control, so it has to be what serves already.
fn check_control(
    transaction: &Transaction<'_>,
    control: &Arm,
    application: &ApplicationName,
) -> Result<(), Error> {
    let serving = baselines::name_of(transaction, application)?
        .ok_or_else(|| Error::Refused(format!("application '{application}' has no baseline yet")))?;
    if control.releases.get(application) == Some(&serving) {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "the control '{}' has to be what serves '{application}' now, which is '{serving}'",
        control.name
    )))
}

/// A part of the layer beside the experiments that run in it, and the key they draw by.
fn place(transaction: &Transaction<'_>, experiment: &Experiment) -> Result<(Part, Option<Salt>), Error> {
    let layer: &LayerName = &experiment.layer;
    let sql =
        "SELECT part FROM experiments INDEXED BY experiments_not_ended WHERE layer = ?1 AND ended_at IS NULL";
    let mut statement = transaction.prepare_cached(sql)?;
    let taken = statement.query_map([layer.as_str()], |row| Ok(row.get::<_, Json<Part>>(0)?.0))?;
    let taken: Vec<Part> = taken.collect::<Result<_, _>>()?;
    let part = layer::place(&taken, experiment.traffic).map_err(|widest| {
        let wanted = experiment.traffic;
        Error::Refused(format!(
            "layer '{layer}' has {widest} in one piece to give, and {wanted} are asked for"
        ))
    })?;
    let sql = "SELECT salt FROM experiments INDEXED BY experiments_not_ended
        WHERE layer = ?1 AND ended_at IS NULL LIMIT 1";
    let salt = transaction
        .prepare_cached(sql)?
        .query_row([layer.as_str()], |row| Ok(Salt(row.get(0)?)))
        .optional()?;
    Ok((part, salt))
}

fn insert(
    transaction: &Transaction<'_>,
    experiment: &Experiment,
    (part, salt): (Part, Salt),
    (state, seq): (&State, u64),
) -> Result<(), Error> {
    let sql = "INSERT INTO experiments (name, layer, experiment, salt, part, state, sequence, created_seq)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    transaction.execute(
        sql,
        params![
            experiment.name.as_str(),
            experiment.layer.as_str(),
            Json(experiment),
            salt.0,
            Json(part),
            Json(state),
            state.sequence,
            seq,
        ],
    )?;
    for application in experiment.arms.applications() {
        let sql = "INSERT INTO experiment_parts (experiment, application, first_epoch) VALUES (?1, ?2, ?3)";
        let first = epochs::first_of_next(transaction, application)?;
        transaction.execute(sql, params![experiment.name.as_str(), application.as_str(), first.0])?;
    }
    Ok(())
}
