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
        let sql = "SELECT * FROM rollouts
            WHERE (?1 IS NULL OR application = ?1) AND (?2 IS NULL OR (ended_at IS NOT NULL) = ?2)
            ORDER BY created_seq";
        let application = filter.application.as_ref().map(ApplicationName::as_str);
        let ended = match filter.activity {
            Activity::Any => None,
            Activity::NotEnded => Some(false),
            Activity::Ended => Some(true),
        };
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rollouts = statement.query_map(params![application, ended], rollout_of)?;
            Ok(rollouts.collect::<Result<_, _>>()?)
        })
    }
}

pub(crate) fn find(connection: &Connection, name: &RolloutName) -> Result<Option<StoredRollout>, Error> {
    let found = connection
        .prepare_cached("SELECT * FROM rollouts WHERE name = ?1")?
        .query_row([name.as_str()], rollout_of)
        .optional()?;
    Ok(found)
}

fn active(connection: &Connection, application: &ApplicationName) -> Result<Option<StoredRollout>, Error> {
    let sql = "SELECT * FROM rollouts WHERE application = ?1 AND ended_at IS NULL AND waits_for IS NULL";
    let found = connection.prepare_cached(sql)?.query_row([application.as_str()], rollout_of).optional()?;
    Ok(found)
}

/// The rollout of an application that was asked for last and has not ended.
pub(crate) fn last_in_line(
    connection: &Connection,
    application: &ApplicationName,
) -> Result<Option<RolloutName>, Error> {
    let sql = "SELECT name FROM rollouts WHERE application = ?1 AND ended_at IS NULL
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
