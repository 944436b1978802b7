//! What was counted by a table that was served before it was written down, when the process ended in between.

use crate::column::{ArmWord, Json};
use crate::{Error, Store};
use rusqlite::params;
use viridian_core::analysis::tally::Tally;
use viridian_core::arm::Arm;
use viridian_core::id::ApplicationName;

impl Store {
    /// Requests of an arm that gateways counted in spans that were never written down: a table back to the baseline is
    /// served first, and its span's number goes to no other. They were answered, and are nobody's evidence.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn unwritten(&self, application: &ApplicationName, arm: Arm) -> Result<u64, Error> {
        self.read(|connection| {
            let sql = "SELECT tally FROM tallies WHERE application = ?1 AND arm = ?2
                AND epoch NOT IN (SELECT id FROM epochs WHERE application = ?1)";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![application.as_str(), ArmWord(arm)])?;
            let mut requests = 0;
            while let Some(row) = rows.next()? {
                let tally: Tally = row.get::<_, Json<Tally>>(0)?.0;
                requests += tally.outcomes() + tally.exempt.iter().sum::<u64>();
            }
            Ok(requests)
        })
    }
}
