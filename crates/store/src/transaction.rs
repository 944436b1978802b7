//! How the database is read and written: every write is one transaction that first makes sure that this store's
//! term still acts, and then writes down orders that could not be written before.

use crate::ballast::Ballast;
use crate::error::Error;
use crate::files::FILE;
use crate::{Store, orders};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::sync::{Mutex, MutexGuard, PoisonError};
use viridian_core::id::Term;
use viridian_crash as crash;

/// The one connection that writes, and the space it may fall back on.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) ballast: Ballast,
}

/// Where a write leads. The way back to the baseline may use the last of the disk; nothing else may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Anywhere else.
    Forward,
    /// Towards the baseline.
    Back,
}

impl Store {
    /// Runs `body` in one transaction; it may run twice, so it must not remember anything.
    pub(crate) fn write<T>(
        &self,
        direction: Direction,
        body: impl Fn(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut writer = unpoisoned(&self.inner.writer);
        self.write_as(&mut writer, direction, body)
    }

    /// As [`Store::write`], for a caller that holds the writer.
    pub(crate) fn write_as<T>(
        &self,
        writer: &mut Writer,
        direction: Direction,
        body: impl Fn(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let outcome = self.write_where_it_leads(writer, direction, body);
        match &outcome {
            Err(error @ Error::Unwritable(_)) => *unpoisoned(&self.inner.trouble) = Some(error.to_string()),
            // A write that went back may have lived on the space set aside.
            Ok(_) if direction == Direction::Forward => *unpoisoned(&self.inner.trouble) = None,
            _ => {}
        }
        outcome
    }

    fn write_where_it_leads<T>(
        &self,
        writer: &mut Writer,
        direction: Direction,
        body: impl Fn(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Writer { connection, ballast } = writer;
        if direction == Direction::Forward {
            self.refuse_if_damaged()?;
            ballast.restore()?;
        }
        match self.attempt(connection, &body) {
            Err(Error::Unwritable(_)) if direction == Direction::Back && ballast.give_up() => {
                self.attempt(connection, &body)
            }
            outcome => outcome,
        }
    }

    /// What was found damaged since the start is not built upon. The way back is: it leads to what served before.
    fn refuse_if_damaged(&self) -> Result<(), Error> {
        match unpoisoned(&self.inner.damage).clone() {
            Some(detail) => Err(Error::Corrupt { path: self.inner.directory.join(FILE), detail }),
            None => Ok(()),
        }
    }

    /// Runs `body` in a transaction that is never kept.
    pub(crate) fn rehearse<T>(
        &self,
        body: impl Fn(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut writer = unpoisoned(&self.inner.writer);
        let transaction = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        body(&transaction)
    }

    /// Reads several things as they stood at one moment.
    pub(crate) fn read<T>(&self, body: impl Fn(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let mut connection = unpoisoned(&self.inner.reader);
        let transaction = connection.transaction()?;
        body(&transaction)
    }

    fn attempt<T>(
        &self,
        connection: &mut Connection,
        body: impl Fn(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.inner.file.check()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        check_term(&transaction, self.inner.term)?;
        let late = unpoisoned(&self.inner.unwritten).clone();
        for unwritten in &late {
            orders::write_late(&transaction, unwritten)?;
        }
        let value = body(&transaction)?;
        crash::at(crash::Place::BeforeCommit);
        transaction.commit()?;
        crash::at(crash::Place::AfterCommit);
        unpoisoned(&self.inner.unwritten)
            .retain(|unwritten| late.iter().all(|written| written.order.id != unwritten.order.id));
        Ok(value)
    }
}

/// Locks a mutex. A panic while it was held left a transaction that rolled back, nothing half done.
pub(crate) fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check_term(connection: &Connection, own: Term) -> Result<(), Error> {
    let current = Term(connection.query_row("SELECT term FROM fence", [], |row| row.get(0))?);
    if current == own { Ok(()) } else { Err(Error::Fenced { own, current }) }
}
