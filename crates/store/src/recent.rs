//! What an application has served lately: the traffic a plan is made for.

use crate::column::{ArmWord, Json};
use crate::{Error, Store, sums};
use rusqlite::{Connection, params};
use viridian_core::analysis::tally::{Counts, Tally};
use viridian_core::arm::Arm;
use viridian_core::epoch::Epoch;
use viridian_core::id::ApplicationName;
use viridian_core::metric::Metric;
use viridian_core::time::Timestamp;

/// What an application has served lately.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recent {
    /// Since when; absent when it has served nothing.
    pub since: Option<Timestamp>,
    /// Measured outcomes of both arms.
    pub outcomes: u64,
    /// What the baseline's outcomes came to, feedback and scores included.
    pub baseline: Tally,
}

impl Store {
    /// What an application has served in slots that began at `since` or later.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn recent(&self, application: &ApplicationName, since: Timestamp) -> Result<Recent, Error> {
        self.read(|connection| {
            let mut recent = tallies(connection, application, since)?;
            let feedback = feedback(connection, application, since)?;
            recent.baseline.metrics[Metric::Feedback.index()].add(feedback);
            add_scores(connection, application, since, &mut recent.baseline)?;
            Ok(recent)
        })
    }
}

fn tallies(
    connection: &Connection,
    application: &ApplicationName,
    since: Timestamp,
) -> Result<Recent, Error> {
    let sql = "SELECT slot, arm, tally, epochs.epoch FROM tallies
        JOIN epochs ON epochs.application = tallies.application AND epochs.id = tallies.epoch
        WHERE tallies.application = ?1 AND slot >= ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![application.as_str(), since.0])?;
    let mut recent = Recent::default();
    while let Some(row) = rows.next()? {
        let tally: Tally = row.get::<_, Json<Tally>>(2)?.0;
        let epoch: Epoch = row.get::<_, Json<Epoch>>(3)?.0;
        // A slot may have begun before the span its outcomes were counted in.
        let began = Timestamp(row.get(0)?).max(epoch.started_at);
        recent.since = Some(recent.since.map_or(began, |earliest| earliest.min(began)));
        recent.outcomes += tally.outcomes();
        if row.get::<_, ArmWord>(1)?.0 == Arm::Baseline {
            recent.baseline.add(&tally);
        }
    }
    Ok(recent)
}

fn feedback(
    connection: &Connection,
    application: &ApplicationName,
    since: Timestamp,
) -> Result<Counts, Error> {
    let sql = "SELECT count(*), coalesce(sum(bad), 0) FROM feedback
        WHERE application = ?1 AND arm = ?2 AND measured AND issued_at >= ?3";
    let (trials, events) = connection
        .prepare_cached(sql)?
        .query_row(params![application.as_str(), ArmWord(Arm::Baseline), since.0], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(Counts::of_share(trials, events))
}

fn add_scores(
    connection: &Connection,
    application: &ApplicationName,
    since: Timestamp,
    baseline: &mut Tally,
) -> Result<(), Error> {
    let sql = "SELECT score, level, count(*) FROM scores
        WHERE application = ?1 AND arm = ?2 AND measured AND issued_at >= ?3 GROUP BY score, level";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![application.as_str(), ArmWord(Arm::Baseline), since.0])?;
    while let Some(row) = rows.next()? {
        baseline.record_score(sums::given(row, (0, 1))?, row.get(2)?);
    }
    Ok(())
}
