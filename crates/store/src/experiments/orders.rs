//! Orders people give experiments: written down once, each with its event, and answered once.

use super::find;
use crate::column::Json;
use crate::events::{Fact, Stream};
use crate::id::CommandId;
use crate::transaction::Direction;
use crate::{Error, Store, log};
use rusqlite::{Transaction, params};
use serde::{Deserialize, Serialize};
use viridian_core::experiment::step::{Order, Phase};
use viridian_core::id::ExperimentName;
use viridian_core::time::Timestamp;

/// An order that was not answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingOrder {
    /// Its number.
    pub id: CommandId,
    /// The order.
    pub order: Order,
    /// Who gave it.
    pub by: String,
}

/// An order as it is kept.
#[derive(Serialize, Deserialize)]
struct Instruction {
    order: Order,
    by: String,
}

impl Store {
    /// Takes an order. It is on the disk when this returns. All of them lead to the control, so the space set aside may be
    /// used.
    ///
    /// # Errors
    /// [`Error::Unknown`] without such an experiment, [`Error::Refused`] when it has ended, [`Error::Unwritable`].
    pub fn order_experiment(
        &self,
        name: &ExperimentName,
        (order, by): (Order, &str),
        at: Timestamp,
    ) -> Result<PendingOrder, Error> {
        self.write(Direction::Back, |transaction| {
            let stored = find(transaction, name)?.ok_or_else(|| Error::unknown("experiment", name))?;
            if matches!(stored.state.phase, Phase::Ended(_)) {
                return Err(Error::Refused(format!("experiment '{name}' has ended")));
            }
            let instruction = Instruction { order, by: by.to_owned() };
            let sql = "INSERT INTO experiment_orders (experiment, instruction, at) VALUES (?1, ?2, ?3) RETURNING id";
            let id: u64 = transaction
                .prepare_cached(sql)?
                .query_row(params![name.as_str(), Json(&instruction), at.0], |row| row.get(0))?;
            let id = CommandId(id);
            let fact = Fact::ExperimentOrdered { id, order, by: by.to_owned() };
            log::append(transaction, &Stream::Experiment(name.clone()), &fact, at)?;
            Ok(PendingOrder { id, order, by: by.to_owned() })
        })
    }

    /// The order that an experiment is to answer next, if there is one.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn next_order(&self, name: &ExperimentName) -> Result<Option<PendingOrder>, Error> {
        let sql = "SELECT id, instruction FROM experiment_orders
            WHERE experiment = ?1 AND answered IS NULL ORDER BY id LIMIT 1";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let mut orders = statement.query_map([name.as_str()], |row| {
                let Instruction { order, by } = row.get::<_, Json<Instruction>>(1)?.0;
                Ok(PendingOrder { id: CommandId(row.get(0)?), order, by })
            })?;
            Ok(orders.next().transpose()?)
        })
    }
}

/// Marks an order as answered by an event.
pub(super) fn answer(transaction: &Transaction<'_>, id: CommandId, event: u64) -> Result<(), Error> {
    let sql = "UPDATE experiment_orders SET answered = ?2 WHERE id = ?1 AND answered IS NULL";
    transaction.execute(sql, params![id.0, event])?;
    Ok(())
}

/// Marks everything an experiment was ordered as answered: its end is the answer.
pub(super) fn answer_all(
    transaction: &Transaction<'_>,
    name: &ExperimentName,
    event: u64,
) -> Result<(), Error> {
    let sql = "UPDATE experiment_orders SET answered = ?2 WHERE experiment = ?1 AND answered IS NULL";
    transaction.execute(sql, params![name.as_str(), event])?;
    Ok(())
}
