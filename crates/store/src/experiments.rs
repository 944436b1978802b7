//! Where every experiment stands: read here, begun by [`Store::start_experiment`], moved by [`Store::commit_experiment`] alone.

mod commit;
mod orders;
mod start;

pub use commit::ExperimentCommit;
pub use orders::PendingOrder;
pub use start::ExperimentStart;
pub(crate) use start::begin_once;

use crate::column::{Json, Name};
use crate::transaction::unpoisoned;
use crate::{Error, Store};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeMap;
use viridian_core::companion::Number;
use viridian_core::experiment::definition::Experiment;
use viridian_core::experiment::report::Report;
use viridian_core::experiment::step::State;
use viridian_core::experiment::verdict::Analysis;
use viridian_core::id::{ApplicationName, EpochId, ExperimentName};
use viridian_core::routing::layer::Part;
use viridian_core::routing::table::Salt;
use viridian_core::time::Timestamp;

/// An experiment and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredExperiment {
    /// What was asked for.
    pub experiment: Experiment,
    /// The secret key of its draw.
    pub salt: Salt,
    /// Its part of the layer.
    pub part: Part,
    /// Where it stands.
    pub state: State,
    /// Why it stands there; absent before its first transition.
    pub latest_report: Option<Report>,
    /// The first span of each application that can hold evidence of it.
    pub first_epochs: BTreeMap<ApplicationName, EpochId>,
    /// The place of its first event in the log: experiments are listed in this order.
    pub created_seq: u64,
    /// When it came to its end.
    pub ended_at: Option<Timestamp>,
}

impl Store {
    /// An experiment by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn experiment(&self, name: &ExperimentName) -> Result<Option<StoredExperiment>, Error> {
        self.read(|connection| find(connection, name))
    }

    /// The experiment that an application takes part in now, if there is one.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn active_experiment(
        &self,
        application: &ApplicationName,
    ) -> Result<Option<StoredExperiment>, Error> {
        self.read(|connection| active(connection, application))
    }

    /// Every experiment that is under way, in the order in which they were asked for.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn active_experiments(&self) -> Result<Vec<StoredExperiment>, Error> {
        let sql = "SELECT * FROM experiments INDEXED BY experiments_not_ended WHERE ended_at IS NULL ORDER BY created_seq";
        self.read(|connection| each(connection, sql))
    }

    /// The experiment whose first event has this place in the log.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn experiment_numbered(&self, number: Number) -> Result<Option<StoredExperiment>, Error> {
        self.read(|connection| {
            let found = connection
                .prepare_cached("SELECT * FROM experiments WHERE created_seq = ?1")?
                .query_row([number.0], experiment_of)
                .optional()?;
            found.map(|stored| with_parts(connection, stored)).transpose()
        })
    }

    /// Every experiment, in the order in which they were asked for.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn experiments(&self) -> Result<Vec<StoredExperiment>, Error> {
        self.read(|connection| each(connection, "SELECT * FROM experiments ORDER BY created_seq"))
    }

    /// Remembers what an experiment says, for whoever asks; not written down.
    pub fn note_analysis(&self, experiment: &ExperimentName, analysis: Analysis) {
        unpoisoned(&self.inner.analyses).insert(experiment.clone(), analysis);
    }

    /// What an experiment said last, since this start.
    pub fn noted_analysis(&self, experiment: &ExperimentName) -> Option<Analysis> {
        unpoisoned(&self.inner.analyses).get(experiment).cloned()
    }
}

fn each(connection: &Connection, sql: &str) -> Result<Vec<StoredExperiment>, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], experiment_of)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|stored| with_parts(connection, stored)).collect()
}

pub(crate) fn find(
    connection: &Connection,
    name: &ExperimentName,
) -> Result<Option<StoredExperiment>, Error> {
    let found = connection
        .prepare_cached("SELECT * FROM experiments WHERE name = ?1")?
        .query_row([name.as_str()], experiment_of)
        .optional()?;
    found.map(|stored| with_parts(connection, stored)).transpose()
}

pub(crate) fn active(
    connection: &Connection,
    application: &ApplicationName,
) -> Result<Option<StoredExperiment>, Error> {
    let sql = "SELECT experiments.* FROM experiment_parts JOIN experiments ON experiments.name = experiment_parts.experiment
        WHERE application = ?1 AND ended_at IS NULL";
    let found =
        connection.prepare_cached(sql)?.query_row([application.as_str()], experiment_of).optional()?;
    found.map(|stored| with_parts(connection, stored)).transpose()
}

fn with_parts(connection: &Connection, stored: StoredExperiment) -> Result<StoredExperiment, Error> {
    let sql = "SELECT application, first_epoch FROM experiment_parts WHERE experiment = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let parts = statement.query_map(params![stored.experiment.name.as_str()], |row| {
        Ok((row.get::<_, Name<ApplicationName>>(0)?.0, EpochId(row.get(1)?)))
    })?;
    Ok(StoredExperiment { first_epochs: parts.collect::<Result<_, _>>()?, ..stored })
}

fn experiment_of(row: &Row<'_>) -> rusqlite::Result<StoredExperiment> {
    Ok(StoredExperiment {
        experiment: row.get::<_, Json<Experiment>>("experiment")?.0,
        salt: Salt(row.get("salt")?),
        part: row.get::<_, Json<Part>>("part")?.0,
        state: row.get::<_, Json<State>>("state")?.0,
        latest_report: row.get::<_, Option<Json<Report>>>("report")?.map(|report| report.0),
        first_epochs: BTreeMap::new(),
        created_seq: row.get("created_seq")?,
        ended_at: row.get::<_, Option<u64>>("ended_at")?.map(Timestamp),
    })
}
