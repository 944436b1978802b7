//! Answers as rows, by their keys. Entry points: [`recall`] and [`write_down`].

use crate::Error;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::time::Duration;
use viridian_core::time::Timestamp;

/// How long an answer is remembered: longer than any client retries.
const MEMORY: Duration = Duration::from_secs(24 * 3_600);

/// An answer to a request.
#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    pub(crate) key: String,
    pub(crate) fingerprint: String,
    pub(crate) response: String,
}

/// Writes an answer down and forgets those nobody asks for any more. A key that has an answer is refused, and so is what
/// else would be written with this one.
pub(crate) fn write_down(
    transaction: &Transaction<'_>,
    given: &Remembered,
    now: Timestamp,
) -> Result<(), Error> {
    let Remembered { key, fingerprint, response } = given;
    transaction.execute("DELETE FROM answers WHERE at <= ?1", [oldest(now).0])?;
    if recall(transaction, key, fingerprint, now)?.is_some() {
        return Err(Error::Refused(format!("the request with the key '{key}' was followed before")));
    }
    let sql = "INSERT INTO answers (key, fingerprint, response, at) VALUES (?1, ?2, ?3, ?4)";
    transaction.execute(sql, params![key, fingerprint, response, now.0])?;
    Ok(())
}

/// Writes the answer to an order that was kept in memory; should the key have one after all, that one stands.
pub(crate) fn write_late(
    transaction: &Transaction<'_>,
    given: &Remembered,
    at: Timestamp,
) -> Result<(), Error> {
    let Remembered { key, fingerprint, response } = given;
    let sql = "INSERT INTO answers (key, fingerprint, response, at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO NOTHING";
    transaction.execute(sql, params![key, fingerprint, response, at.0])?;
    Ok(())
}

/// The answer a key was given within the last day.
pub(crate) fn recall(
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
        Some((stored, response)) => same(key, fingerprint, &stored).map(|()| Some(response)),
        None => Ok(None),
    }
}

/// Refuses a key that was used for another request.
pub(crate) fn same(key: &str, fingerprint: &str, stored: &str) -> Result<(), Error> {
    if stored == fingerprint { Ok(()) } else { Err(Error::KeyReused { key: key.to_owned() }) }
}

fn oldest(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_sub(MEMORY.as_secs() * 1_000))
}
