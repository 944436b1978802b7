//! What transitions asked the world for, kept until it is done. Whoever does it may do it twice after a crash.

use crate::column::{Json, Name};
use crate::id::OutboxId;
use crate::transaction::Direction;
use crate::{Error, Store};
use rusqlite::{Row, Transaction, params};
use viridian_core::id::RolloutName;
use viridian_core::rollout::effect::Effect;
use viridian_core::time::Timestamp;

/// Something the world was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// Its number.
    pub id: OutboxId,
    /// Whose transition asked for it.
    pub rollout: RolloutName,
    /// What.
    pub effect: Effect,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// What has not been done yet, oldest first. What the database does itself is never among it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn undelivered(&self) -> Result<Vec<OutboxRow>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT * FROM outbox ORDER BY id")?;
            let rows = statement.query_map([], row_of)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Forgets what was done.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn delivered(&self, id: OutboxId) -> Result<(), Error> {
        self.write(Direction::Forward, |transaction| {
            transaction.execute("DELETE FROM outbox WHERE id = ?1", [id.0])?;
            Ok(())
        })
    }
}

pub(crate) fn add(
    transaction: &Transaction<'_>,
    rollout: &RolloutName,
    effect: &Effect,
    at: Timestamp,
) -> Result<(), Error> {
    let sql = "INSERT INTO outbox (rollout, effect, at) VALUES (?1, ?2, ?3)";
    transaction.execute(sql, params![rollout.as_str(), Json(effect), at.0])?;
    Ok(())
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    Ok(OutboxRow {
        id: OutboxId(row.get("id")?),
        rollout: row.get::<_, Name<RolloutName>>("rollout")?.0,
        effect: row.get::<_, Json<Effect>>("effect")?.0,
        at: Timestamp(row.get("at")?),
    })
}
