//! Orders as rows: written down once, each with its event, and answered once.

use crate::Error;
use crate::column::{Json, Name};
use crate::events::{Fact, Stream};
use crate::id::CommandId;
use crate::log;
use crate::remembered::{self, Remembered};
use rusqlite::{Connection, Row, Transaction, params};
use viridian_core::id::RolloutName;
use viridian_core::rollout::command::Command;
use viridian_core::time::Timestamp;

/// An order that was not answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingCommand {
    /// Its number.
    pub id: CommandId,
    /// Who it is for.
    pub rollout: RolloutName,
    /// The order.
    pub command: Command,
    /// When it was given.
    pub at: Timestamp,
    /// Whether it survives the end of this process.
    pub durable: bool,
}

/// An order that could not be written down yet, and the answer to whoever gave it.
#[derive(Debug, Clone)]
pub(crate) struct Unwritten {
    pub(crate) order: PendingCommand,
    pub(crate) answer: Option<Remembered>,
}

/// The orders of a rollout that were written down and not answered, oldest first.
pub(crate) fn pending(connection: &Connection, rollout: &RolloutName) -> Result<Vec<PendingCommand>, Error> {
    let sql = "SELECT * FROM commands WHERE rollout = ?1 AND answered IS NULL ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let commands = statement.query_map([rollout.as_str()], command_of)?;
    Ok(commands.collect::<Result<_, _>>()?)
}

/// The highest number that was ever written down.
pub(crate) fn highest(connection: &Connection) -> Result<CommandId, Error> {
    let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'commands'";
    Ok(CommandId(connection.query_row(sql, [], |row| row.get(0))?))
}

/// Writes an order down under the next number.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    rollout: &RolloutName,
    command: &Command,
    at: Timestamp,
) -> Result<PendingCommand, Error> {
    let id = CommandId(highest(transaction)?.0 + 1);
    let order = PendingCommand { id, rollout: rollout.clone(), command: command.clone(), at, durable: true };
    write_down(transaction, &order)?;
    Ok(order)
}

/// Writes an order down under the number it has.
pub(crate) fn write_down(transaction: &Transaction<'_>, order: &PendingCommand) -> Result<(), Error> {
    let sql = "INSERT INTO commands (id, rollout, command, at) VALUES (?1, ?2, ?3, ?4)";
    transaction
        .execute(sql, params![order.id.0, order.rollout.as_str(), Json(&order.command), order.at.0])?;
    let fact = Fact::Ordered { id: order.id, command: order.command.clone() };
    log::append(transaction, &Stream::Rollout(order.rollout.clone()), &fact, order.at)?;
    Ok(())
}

/// Writes down what could not be written before.
pub(crate) fn write_late(transaction: &Transaction<'_>, late: &Unwritten) -> Result<(), Error> {
    write_down(transaction, &late.order)?;
    match &late.answer {
        Some(answer) => remembered::write_late(transaction, answer, late.order.at),
        None => Ok(()),
    }
}

/// Marks orders as answered by an event.
pub(crate) fn answer(transaction: &Transaction<'_>, ids: &[CommandId], event: u64) -> Result<(), Error> {
    let mut statement =
        transaction.prepare_cached("UPDATE commands SET answered = ?2 WHERE id = ?1 AND answered IS NULL")?;
    for id in ids {
        statement.execute(params![id.0, event])?;
    }
    Ok(())
}

/// Marks everything a rollout was ordered as answered: its end is the answer.
pub(crate) fn answer_all(
    transaction: &Transaction<'_>,
    rollout: &RolloutName,
    event: u64,
) -> Result<(), Error> {
    let sql = "UPDATE commands SET answered = ?2 WHERE rollout = ?1 AND answered IS NULL";
    transaction.execute(sql, params![rollout.as_str(), event])?;
    Ok(())
}

fn command_of(row: &Row<'_>) -> rusqlite::Result<PendingCommand> {
    Ok(PendingCommand {
        id: CommandId(row.get("id")?),
        rollout: row.get::<_, Name<RolloutName>>("rollout")?.0,
        command: row.get::<_, Json<Command>>("command")?.0,
        at: Timestamp(row.get("at")?),
        durable: true,
    })
}
