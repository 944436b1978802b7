//! The log: events in one order over all streams, appended and read. None is ever changed; the database itself
//! refuses that.

use crate::column::Json;
use crate::events::{Event, Fact, Stream};
use crate::{Error, Store};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::Value;
use viridian_core::time::Timestamp;

impl Store {
    /// Events after a place in the whole log, oldest first, at most `limit`. A stream of events begins at zero.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn events_after(&self, seq: u64, limit: usize) -> Result<Vec<Event>, Error> {
        let sql = "SELECT * FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let events = statement.query_map(params![seq, limit], event_of)?;
            Ok(events.collect::<Result<_, _>>()?)
        })
    }

    /// Everything that happened to one thing, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn history(&self, stream: &Stream) -> Result<Vec<Event>, Error> {
        self.history_after(stream, 0, usize::MAX)
    }

    /// What happened to one thing after a place in its stream, oldest first, at most `limit`. A stream begins at zero.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn history_after(&self, stream: &Stream, stream_seq: u64, limit: usize) -> Result<Vec<Event>, Error> {
        let sql = "SELECT * FROM events WHERE stream = ?1 AND stream_seq > ?2 ORDER BY stream_seq LIMIT ?3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let events = statement.query_map(params![stream.to_string(), stream_seq, limit], event_of)?;
            Ok(events.collect::<Result<_, _>>()?)
        })
    }

    /// The place of the latest event, zero before the first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn latest_event(&self) -> Result<u64, Error> {
        let sql = "SELECT coalesce(max(seq), 0) FROM events";
        self.read(|connection| Ok(connection.query_row(sql, [], |row| row.get(0))?))
    }

    /// When the latest event was written; nothing before the first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn latest_event_at(&self) -> Result<Option<Timestamp>, Error> {
        let sql = "SELECT at FROM events ORDER BY seq DESC LIMIT 1";
        self.read(|connection| {
            Ok(connection.query_row(sql, [], |row| Ok(Timestamp(row.get(0)?))).optional()?)
        })
    }
}

/// Appends to a stream and answers the event's place in the whole log. The transaction holds the write lock, and
/// two events in one place of a stream are refused by the database.
pub(crate) fn append(
    transaction: &Transaction<'_>,
    stream: &Stream,
    fact: &Fact,
    at: Timestamp,
) -> Result<u64, Error> {
    let (kind, payload) = split(fact)?;
    let sql = "INSERT INTO events (stream, stream_seq, at, kind, payload)
        VALUES (?1, (SELECT coalesce(max(stream_seq), 0) + 1 FROM events WHERE stream = ?1), ?2, ?3, ?4)
        RETURNING seq";
    let seq = transaction
        .prepare_cached(sql)?
        .query_row(params![stream.to_string(), at.0, kind, Json(payload)], |row| row.get(0))?;
    Ok(seq)
}

/// The latest event of a stream that is of the same kind as `fact`, when it says exactly the same.
pub(crate) fn latest_if_same(
    connection: &Connection,
    stream: &Stream,
    fact: &Fact,
) -> Result<Option<u64>, Error> {
    let (kind, payload) = split(fact)?;
    let sql =
        "SELECT seq, payload FROM events WHERE stream = ?1 AND kind = ?2 ORDER BY stream_seq DESC LIMIT 1";
    let latest = connection
        .prepare_cached(sql)?
        .query_row(params![stream.to_string(), kind], |row| {
            Ok((row.get::<_, u64>(0)?, row.get::<_, Json<Value>>(1)?.0))
        })
        .optional()?;
    Ok(latest.filter(|(_, stored)| *stored == payload).map(|(seq, _)| seq))
}

/// The word for a fact and what it says.
fn split(fact: &Fact) -> Result<(String, Value), Error> {
    let tagged = serde_json::to_value(fact).map_err(unspeakable)?;
    match tagged {
        Value::Object(mut parts) => {
            let kind = parts.remove("kind").and_then(|kind| kind.as_str().map(str::to_owned));
            Ok((kind.unwrap_or_default(), parts.remove("payload").unwrap_or_default()))
        }
        other => Ok((String::new(), other)),
    }
}

fn unspeakable(error: serde_json::Error) -> Error {
    Error::Statement(rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn event_of(row: &Row<'_>) -> rusqlite::Result<Event> {
    let stream: String = row.get("stream")?;
    let stream =
        Stream::parse(&stream).ok_or_else(|| unreadable(format!("no stream is called '{stream}'")))?;
    let kind: String = row.get("kind")?;
    let payload: Json<Value> = row.get("payload")?;
    let fact = serde_json::from_value(serde_json::json!({ "kind": kind, "payload": payload.0 }))
        .map_err(unreadable)?;
    Ok(Event {
        seq: row.get("seq")?,
        stream,
        stream_seq: row.get("stream_seq")?,
        at: Timestamp(row.get("at")?),
        fact,
    })
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
}
