//! A PostgreSQL database: one query of one row. Entry point: [`measured`].
//!
//! The query runs as a part of a `SELECT` of ours, in a transaction that reads only, and under a time limit of the server's
//! own beside ours: a server goes on with a query whose asker is gone. What comes back is one row at most as JSON, cut
//! to a length by the server; of a server that does not keep to that, no more than a MiB is read.
//!
//! The connection string is a secret. No part of it stands in an error: what the server says while it lets us in names
//! users and databases, so that only its code is told.

mod line;
mod statement;

use super::{Error, Measured, answer, excerpt};
use crate::causes::Causes;
use crate::{secret, tls};
use line::{Bounded, Tls};
use serde_json::{Map, Value};
use statement::Statement;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::TlsConnect;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls};
use viridian_core::environment::SecretReference;
use viridian_core::question::Question;

/// The port of PostgreSQL.
const PORT: u16 = 5432;

/// The number that a query has, within a time.
pub(super) async fn measured(
    connection: &SecretReference,
    question: &Question,
    limit: Duration,
) -> Result<Measured, Error> {
    let late = || Err(Error::Reach(format!("no answer within {} ms", limit.as_millis())));
    let row = tokio::time::timeout(limit, asked(connection, question, limit)).await;
    read(&row.unwrap_or_else(|_| late())?)
}

/// The only row of the answer, as JSON.
async fn asked(connection: &SecretReference, question: &Question, limit: Duration) -> Result<String, Error> {
    let (mut config, host, port) = destination(connection)?;
    config.application_name("viridian");
    let stream = TcpStream::connect((host.as_str(), port)).await;
    let stream = stream.map_err(|error| Error::Reach(format!("it could not be reached: {error}")))?;
    let stream = Bounded::new(stream);
    match config.get_ssl_mode() {
        SslMode::Disable => talk(&config, stream, NoTls, question, limit).await,
        _ => {
            // Without certificate authorities a server would be believed that is another.
            config.ssl_mode(SslMode::Require);
            let trust = tls::client_config().map_err(|error| Error::Reach(error.to_string()))?;
            let tls = Tls::new(trust, host).map_err(|error| Error::Form(error.to_string()))?;
            talk(&config, stream, tls, question, limit).await
        }
    }
}

/// Where the secret leads.
fn destination(connection: &SecretReference) -> Result<(Config, String, u16), Error> {
    let text = secret::resolve(connection)?;
    // What is wrong with the text may be a part of a password, and is not told.
    let unusable =
        || Error::Form(format!("{connection} holds no connection string of PostgreSQL for one host"));
    let config: Config = text.expose().parse().map_err(|_| unusable())?;
    let (Some([Host::Tcp(host)]), None | Some([])) =
        (config.get_hosts().get(..), config.get_hostaddrs().get(..))
    else {
        return Err(unusable());
    };
    let host = host.clone();
    let port = config.get_ports().first().copied().unwrap_or(PORT);
    Ok((config, host, port))
}

async fn talk<T: TlsConnect<Bounded>>(
    config: &Config,
    stream: Bounded,
    tls: T,
    question: &Question,
    limit: Duration,
) -> Result<String, Error>
where
    T::Stream: Unpin,
{
    let (client, mut connection) = config.connect_raw(stream, tls).await.map_err(|error| refused(&error))?;
    let row = tokio::select! {
        biased;
        row = ask(&client, question, limit) => row,
        // It ends before the answer only when the line breaks.
        ended = &mut connection => return Err(match ended {
            Ok(()) => Error::Reach("it hung up".to_owned()),
            Err(error) => Error::Reach(Causes(&error).to_string()),
        }),
    };
    // A server that is left without a word writes that down each time. What came is no worse when the word is lost.
    drop(client);
    let _ = connection.await;
    row
}

async fn ask(client: &Client, question: &Question, limit: Duration) -> Result<String, Error> {
    let begin =
        format!("BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = {}", limit.as_millis().max(1));
    client.batch_execute(&begin).await.map_err(|error| failed(&error, limit))?;
    let Statement { text, parameters } = Statement::of(question);
    let parameters: Vec<(&(dyn ToSql + Sync), Type)> =
        parameters.iter().map(|name| (name as &(dyn ToSql + Sync), Type::TEXT)).collect();
    let rows = client.query_typed(&text, &parameters).await.map_err(|error| failed(&error, limit))?;
    match rows.as_slice() {
        [row] => match row.try_get::<_, Option<&str>>(0) {
            Ok(Some(text)) if text.chars().count() <= statement::LONGEST_ROW => Ok(text.to_owned()),
            Ok(Some(_)) => {
                Err(Error::Answer("its row is larger than a number, a moment and a unit".to_owned()))
            }
            Ok(None) | Err(_) => Err(Error::Answer("its row is none".to_owned())),
        },
        [] => Err(Error::Answer("the query has no row".to_owned())),
        _ => {
            Err(Error::Answer("the query has several rows where one was expected: aggregate them".to_owned()))
        }
    }
}

/// The number of a row: its only column, or `value` beside `at` and `unit`.
fn read(row: &str) -> Result<Measured, Error> {
    let row: Map<String, Value> = match answer::parse(row.as_bytes())? {
        Value::Object(row) => row,
        other => return Err(Error::Answer(format!("its row is {other}"))),
    };
    let mut columns = row.iter();
    let value = match (columns.next(), columns.next(), row.get("value")) {
        (Some((_, only)), None, _) => only,
        (_, _, Some(value)) if row.keys().all(|name| ["value", "at", "unit"].contains(&name.as_str())) => {
            value
        }
        _ => {
            let count = row.len();
            return Err(Error::Answer(format!(
                "the row has {count} columns where one was expected, or value, at and unit"
            )));
        }
    };
    let at = row.get("at").map(answer::moment).transpose()?;
    let unit = row.get("unit").map(|unit| unit.as_str().unwrap_or_default().to_owned());
    Ok(Measured { value: answer::number(value)?, at, unit })
}

/// Why it lets nobody in.
fn refused(error: &tokio_postgres::Error) -> Error {
    let Some(code) = error.code() else { return Error::Reach(Causes(error).to_string()) };
    let why = match *code {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "it refuses the user or the password"
        }
        SqlState::INVALID_CATALOG_NAME => "it has no such database",
        SqlState::TOO_MANY_CONNECTIONS => "it has too many connections",
        _ => "it refuses the connection",
    };
    Error::Reach(format!("{why} (code {})", code.code()))
}

/// Why a query has no answer.
fn failed(error: &tokio_postgres::Error, limit: Duration) -> Error {
    match error.as_db_error() {
        Some(told) if *told.code() == SqlState::QUERY_CANCELED => {
            Error::Reach(format!("it broke the query off after {} ms", limit.as_millis()))
        }
        Some(told) => {
            let (message, code) = (excerpt(told.message()), told.code().code());
            Error::Answer(format!("it answers an error: {message} (code {code})"))
        }
        None => Error::Reach(Causes(error).to_string()),
    }
}
