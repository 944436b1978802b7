//! What an application has served lately: the traffic a plan is made for.

mod said;

use crate::column::{ArmWord, Json};
use crate::{Error, Store, sums};
use rusqlite::{Connection, params};
use said::Asked;
use std::ops::Range;
use std::time::Duration;
use viridian_core::analysis::tally::Tally;
use viridian_core::arm::Arm;
use viridian_core::epoch::Epoch;
use viridian_core::id::ApplicationName;
use viridian_core::time::Timestamp;

/// What an application has served lately.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recent {
    /// Since when; absent when it has served nothing.
    pub since: Option<Timestamp>,
    /// Measured outcomes of both arms.
    pub outcomes: u64,
    /// What the baseline's outcomes came to. Of feedback and of scores there are as many as there will be, going by requests that
    /// are older than the maturity.
    pub baseline: Tally,
}

impl Store {
    /// What an application has served in slots that began at `since` or later. What callers say of a request counts once it is
    /// older than `maturity`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn recent(
        &self,
        application: &ApplicationName,
        since: Timestamp,
        maturity: Duration,
        now: Timestamp,
    ) -> Result<Recent, Error> {
        self.read(|connection| {
            let mut recent = served(connection, application, &(since..sums::END_OF_TIME))?;
            let asked = Asked { connection, application, since, now, maturity };
            recent.baseline.add(&said::expected(&asked, recent.baseline.outcomes())?);
            Ok(recent)
        })
    }
}

/// What was served in slots of a time, without what was said of it.
fn served(
    connection: &Connection,
    application: &ApplicationName,
    time: &Range<Timestamp>,
) -> Result<Recent, Error> {
    let sql = "SELECT slot, arm, tally, epochs.epoch FROM tallies
        JOIN epochs ON epochs.application = tallies.application AND epochs.id = tallies.epoch
        WHERE tallies.application = ?1 AND slot >= ?2 AND slot < ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![application.as_str(), time.start.0, time.end.0])?;
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
