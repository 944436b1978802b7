//! Answers to requests that carried an idempotency key: the same request gets the same answer for a day.

use crate::transaction::Direction;
use crate::{Error, Store};
use rusqlite::{Connection, OptionalExtension, params};
use std::time::Duration;
use viridian_core::time::Timestamp;

/// How long an answer is remembered: longer than any client retries.
const MEMORY: Duration = Duration::from_secs(24 * 3_600);

impl Store {
    /// The answer a key was given within the last day.
    ///
    /// # Errors
    /// [`Error::KeyReused`] when that was another request, told by its fingerprint.
    pub fn recall(&self, key: &str, fingerprint: &str, now: Timestamp) -> Result<Option<String>, Error> {
        self.read(|connection| recall(connection, key, fingerprint, now))
    }

    /// Remembers the answer to a request. When the key has one already, that one stands and is returned.
    ///
    /// # Errors
    /// [`Error::KeyReused`] when that was to another request, [`Error::Unwritable`].
    pub fn remember(
        &self,
        key: &str,
        fingerprint: &str,
        response: &str,
        now: Timestamp,
    ) -> Result<String, Error> {
        let sql = "INSERT INTO answers (key, fingerprint, response, at) VALUES (?1, ?2, ?3, ?4)";
        self.write(Direction::Forward, |transaction| {
            transaction.execute("DELETE FROM answers WHERE at <= ?1", [oldest(now).0])?;
            if let Some(earlier) = recall(transaction, key, fingerprint, now)? {
                return Ok(earlier);
            }
            transaction.execute(sql, params![key, fingerprint, response, now.0])?;
            Ok(response.to_owned())
        })
    }
}

fn recall(
    connection: &Connection,
    key: &str,
    fingerprint: &str,
    now: Timestamp,
) -> Result<Option<String>, Error> {
    let sql = "SELECT fingerprint, response FROM answers WHERE key = ?1 AND at > ?2";
    let found: Option<(String, String)> = connection
        .prepare_cached(sql)?
        .query_row(params![key, oldest(now).0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        Some((stored, _)) if stored != fingerprint => Err(Error::KeyReused { key: key.to_owned() }),
        Some((_, response)) => Ok(Some(response)),
        None => Ok(None),
    }
}

fn oldest(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_sub(MEMORY.as_secs() * 1_000))
}
