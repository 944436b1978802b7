//! Orders people give. An order towards the baseline is never refused for want of a disk: it is kept in memory and
//! written down with the next write that succeeds.

use crate::id::CommandId;
use crate::orders::{self, PendingCommand, Unwritten};
use crate::remembered::{self, Remembered};
use crate::transaction::{Direction, unpoisoned};
use crate::{Error, Store, rollouts};
use rusqlite::Connection;
use viridian_core::id::RolloutName;
use viridian_core::rollout::command::Command;
use viridian_core::time::Timestamp;

/// A request for an order that is followed once, however often it comes.
pub struct Once<'a> {
    /// Its key.
    pub key: &'a str,
    /// What tells it from another request with the same key.
    pub fingerprint: &'a str,
    /// What it is answered, given the order it came to.
    pub answer: &'a dyn Fn(&PendingCommand) -> String,
}

impl Once<'_> {
    /// The answer, given the order.
    pub(crate) fn remembered(&self, order: &PendingCommand) -> Remembered {
        Remembered {
            key: self.key.to_owned(),
            fingerprint: self.fingerprint.to_owned(),
            response: (self.answer)(order),
        }
    }
}

impl Store {
    /// Takes an order. It is on the disk when this returns, with one exception: when the database cannot be written
    /// an order towards the baseline is kept in memory, and [`PendingCommand::durable`] says so.
    ///
    /// # Errors
    /// [`Error::Unknown`] without such a rollout, [`Error::Refused`] when it has ended, [`Error::Unwritable`] for
    /// any other order.
    pub fn order(
        &self,
        rollout: &RolloutName,
        command: &Command,
        at: Timestamp,
    ) -> Result<PendingCommand, Error> {
        self.order_for(None, rollout, command, at)
    }

    /// The same for a request that is followed once: its answer is written down with the order or not at all, so that
    /// whoever sends it again after a crash is answered as before, or followed for the first time. Whether the key has an
    /// answer is to be [asked](Store::recall) before.
    ///
    /// # Errors
    /// As [`Store::order`]; [`Error::Refused`] when the request was followed meanwhile, [`Error::KeyReused`] when another
    /// one with its key was.
    pub fn order_once(
        &self,
        once: &Once<'_>,
        rollout: &RolloutName,
        command: &Command,
        at: Timestamp,
    ) -> Result<PendingCommand, Error> {
        self.order_for(Some(once), rollout, command, at)
    }

    fn order_for(
        &self,
        once: Option<&Once<'_>>,
        rollout: &RolloutName,
        command: &Command,
        at: Timestamp,
    ) -> Result<PendingCommand, Error> {
        let direction = if command.is_towards_baseline() { Direction::Back } else { Direction::Forward };
        let mut writer = unpoisoned(&self.inner.writer);
        let written = self.write_as(&mut writer, direction, |transaction| {
            check_open(transaction, rollout)?;
            let order = orders::insert(transaction, rollout, command, at)?;
            if let Some(once) = once {
                remembered::write_down(transaction, &once.remembered(&order), at)?;
            }
            Ok(order)
        });
        match written {
            // The writer is still held: nobody else takes the number meanwhile.
            Err(Error::Unwritable(_)) if direction == Direction::Back => {
                self.keep_in_memory(once, rollout, command, at)
            }
            outcome => outcome,
        }
    }

    /// Orders a rollout has not answered, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn pending_commands(&self, rollout: &RolloutName) -> Result<Vec<PendingCommand>, Error> {
        // Looked at first: an order that is written down meanwhile is then met twice, and not missed.
        let unwritten = unpoisoned(&self.inner.unwritten).clone();
        let mut pending = self.read(|connection| orders::pending(connection, rollout))?;
        for Unwritten { order, .. } in unwritten {
            if order.rollout == *rollout && pending.iter().all(|known| known.id != order.id) {
                pending.push(order);
            }
        }
        pending.sort_by_key(|order| order.id);
        Ok(pending)
    }

    fn keep_in_memory(
        &self,
        once: Option<&Once<'_>>,
        rollout: &RolloutName,
        command: &Command,
        at: Timestamp,
    ) -> Result<PendingCommand, Error> {
        let CommandId(written) = self.read(|connection| {
            check_open(connection, rollout)?;
            orders::highest(connection)
        })?;
        let mut unwritten = unpoisoned(&self.inner.unwritten);
        let highest = unwritten.iter().map(|unwritten| unwritten.order.id.0).fold(written, u64::max);
        let order = PendingCommand {
            id: CommandId(highest + 1),
            rollout: rollout.clone(),
            command: command.clone(),
            at,
            durable: false,
        };
        let answer = once.map(|once| once.remembered(&order));
        unwritten.push(Unwritten { order: order.clone(), answer });
        Ok(order)
    }
}

fn check_open(connection: &Connection, name: &RolloutName) -> Result<(), Error> {
    let rollout = rollouts::find(connection, name)?.ok_or_else(|| Error::unknown("rollout", name))?;
    if rollout.state.is_end() {
        let word = rollout.state.phase.word();
        return Err(Error::Refused(format!("rollout '{name}' has ended: {word}")));
    }
    Ok(())
}
