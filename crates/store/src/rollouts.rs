//! Where every rollout stands: read here, begun by [`Store::start_rollout`], moved by [`Store::commit`] alone.

use crate::column::{Json, Name};
use crate::{Error, Store};
use rusqlite::{Connection, OptionalExtension, Row, params};
use viridian_core::id::{ApplicationName, EpochId, ReleaseName, RolloutName};
use viridian_core::rollout::plan::{Plan, Proposal};
use viridian_core::rollout::report::Report;
use viridian_core::rollout::state::State;
use viridian_core::routing::table::Salt;
use viridian_core::time::Timestamp;

/// A rollout and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRollout {
    /// What was asked for.
    pub proposal: Proposal,
    /// What it follows.
    pub plan: Plan,
    /// The secret key of its draw.
    pub salt: Salt,
    /// What served when it began, and serves again if it fails.
    pub baseline: ReleaseName,
    /// Where it stands.
    pub state: State,
    /// Why it stands there; absent before its first transition.
    pub latest_report: Option<Report>,
    /// The first span that can hold evidence of it.
    pub first_epoch: EpochId,
    /// The place of its first event in the log: rollouts are listed in this order.
    pub created_seq: u64,
    /// When it was asked for.
    pub started_at: Timestamp,
    /// When it came to its end.
    pub ended_at: Option<Timestamp>,
    /// The rollout of the same application that has to end before this one begins.
    pub waits_for: Option<RolloutName>,
}

/// Which rollouts are meant.
#[derive(Debug, Clone, Default)]
pub struct RolloutFilter {
    /// Of this application; of any when absent.
    pub application: Option<ApplicationName>,
    /// Going on or not.
    pub activity: Activity,
}

/// Whether a rollout goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activity {
    /// Either.
    #[default]
    Any,
    /// It has not ended; it may wait for another one.
    NotEnded,
    /// It has ended.
    Ended,
}

impl Store {
    /// A rollout by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn rollout(&self, name: &RolloutName) -> Result<Option<StoredRollout>, Error> {
        self.read(|connection| find(connection, name))
    }

    /// The rollout that moves the traffic of an application now, if one does.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn active_rollout(&self, application: &ApplicationName) -> Result<Option<StoredRollout>, Error> {
        self.read(|connection| active(connection, application))
    }

    /// Rollouts in the order in which they were asked for.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn rollouts(&self, filter: &RolloutFilter) -> Result<Vec<StoredRollout>, Error> {
        self.rollouts_after(0, filter, usize::MAX)
    }

    /// Rollouts that were asked for after the one with this place in the log, in order, at most `limit`. A list begins
    /// at zero.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn rollouts_after(
        &self,
        created_seq: u64,
        filter: &RolloutFilter,
        limit: usize,
    ) -> Result<Vec<StoredRollout>, Error> {
        let sql = select(filter);
        let application = filter.application.as_ref().map(ApplicationName::as_str);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rollouts = statement.query_map(params![created_seq, application, limit], rollout_of)?;
            Ok(rollouts.collect::<Result<_, _>>()?)
        })
    }

    /// The names of all rollouts.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn rollout_names(&self) -> Result<Vec<String>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT name FROM rollouts ORDER BY name")?;
            let names = statement.query_map([], |row| row.get(0))?;
            Ok(names.collect::<Result<_, _>>()?)
        })
    }

    /// How many rollouts are in each phase, by the phase's word.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn rollouts_by_phase(&self) -> Result<Vec<(String, u64)>, Error> {
        self.read(|connection| {
            let sql = "SELECT phase, count(*) FROM rollouts GROUP BY phase ORDER BY phase";
            let mut statement = connection.prepare_cached(sql)?;
            let counts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(counts.collect::<Result<_, _>>()?)
        })
    }
}

/// The statement for rollouts after `?1`, of the application `?2`, at most `?3`. Those that have not ended are few among
/// many, so they have an index of their own.
fn select(filter: &RolloutFilter) -> String {
    let (index, activity) = match filter.activity {
        Activity::Any => ("", ""),
        Activity::NotEnded => ("INDEXED BY rollouts_not_ended", "AND ended_at IS NULL"),
        Activity::Ended => ("", "AND ended_at IS NOT NULL"),
    };
    let application = if filter.application.is_some() { "AND application = ?2" } else { "" };
    format!(
        "SELECT * FROM rollouts {index} WHERE created_seq > ?1 {application} {activity} ORDER BY created_seq LIMIT ?3"
    )
}

pub(crate) fn find(connection: &Connection, name: &RolloutName) -> Result<Option<StoredRollout>, Error> {
    let found = connection
        .prepare_cached("SELECT * FROM rollouts WHERE name = ?1")?
        .query_row([name.as_str()], rollout_of)
        .optional()?;
    Ok(found)
}

pub(crate) fn active(
    connection: &Connection,
    application: &ApplicationName,
) -> Result<Option<StoredRollout>, Error> {
    let sql = "SELECT * FROM rollouts WHERE application = ?1 AND ended_at IS NULL AND waits_for IS NULL";
    let found = connection.prepare_cached(sql)?.query_row([application.as_str()], rollout_of).optional()?;
    Ok(found)
}

/// The rollout of an application that was asked for last and has not ended.
pub(crate) fn last_in_line(
    connection: &Connection,
    application: &ApplicationName,
) -> Result<Option<RolloutName>, Error> {
    let sql =
        "SELECT name FROM rollouts INDEXED BY rollouts_not_ended WHERE application = ?1 AND ended_at IS NULL
        ORDER BY created_seq DESC LIMIT 1";
    let found = connection
        .prepare_cached(sql)?
        .query_row([application.as_str()], |row| Ok(row.get::<_, Name<RolloutName>>(0)?.0))
        .optional()?;
    Ok(found)
}

fn rollout_of(row: &Row<'_>) -> rusqlite::Result<StoredRollout> {
    Ok(StoredRollout {
        proposal: row.get::<_, Json<Proposal>>("proposal")?.0,
        plan: row.get::<_, Json<Plan>>("plan")?.0,
        salt: Salt(row.get("salt")?),
        baseline: row.get::<_, Name<ReleaseName>>("baseline")?.0,
        state: row.get::<_, Json<State>>("state")?.0,
        latest_report: row.get::<_, Option<Json<Report>>>("report")?.map(|report| report.0),
        first_epoch: EpochId(row.get("first_epoch")?),
        created_seq: row.get("created_seq")?,
        started_at: Timestamp(row.get("started_at")?),
        ended_at: row.get::<_, Option<u64>>("ended_at")?.map(Timestamp),
        waits_for: row.get::<_, Option<Name<RolloutName>>>("waits_for")?.map(|name| name.0),
    })
}
