//! Asking systems outside for a number. Entry point: [`read`].
//!
//! A source is asked once and has its own time to answer; nothing is followed, nothing longer than a MiB is read, and
//! whatever is not one finite number in the unit that was expected is an error that says what came instead. Asking again is
//! the caller's, at the gauge's own pace.

mod answer;
mod datadog;
mod json;
mod new_relic;
mod prometheus;

use crate::causes::Causes;
use crate::client::{Client, Error as ClientError};
use crate::secret;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use std::time::Duration;
use viridian_core::environment::SecretReference;
use viridian_core::source::{Source, SourceKind};
use viridian_core::time::Timestamp;

/// How much of an unexpected answer is shown.
const EXCERPT: usize = 120;
/// The span before now in which a timeseries is asked for its last point.
const WINDOW: Duration = Duration::from_secs(10 * 60);

/// What a source measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The number, as it was sent: it may be none.
    pub value: f64,
    /// When; absent when the source does not say.
    pub at: Option<Timestamp>,
    /// In what unit; absent when the source does not say.
    pub unit: Option<String>,
}

/// Why there is no number, to be read after the gauge's name.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request could not be formed.
    #[error("it cannot be asked: {0}")]
    Form(String),
    /// A secret is missing.
    #[error(transparent)]
    Secret(#[from] secret::Error),
    /// No answer.
    #[error("{0}")]
    Reach(String),
    /// Another status than 200.
    #[error("it answered with status {status}: {excerpt}")]
    Status {
        /// The status.
        status: u16,
        /// The beginning of the answer.
        excerpt: String,
    },
    /// An answer without the number.
    #[error("{0}")]
    Answer(String),
    /// A number in another unit.
    #[error("it answers in {said}, and {expected} was expected")]
    Unit {
        /// What the source says.
        said: String,
        /// What the gauge expects.
        expected: String,
    },
}

/// Asks a source one question, whose placeholders have been filled in. `unit` is what the number has to be in where the source
/// says.
///
/// # Errors
/// There is no such number.
pub async fn read(
    client: &Client,
    source: &Source,
    query: &str,
    unit: Option<&str>,
    now: Timestamp,
) -> Result<Measured, Error> {
    let request = match &source.kind {
        SourceKind::Prometheus { bearer } => prometheus::request(&source.url, bearer.as_ref(), query, now),
        SourceKind::Datadog { api_key, application_key } => {
            datadog::request(&source.url, (api_key, application_key), query, now)
        }
        SourceKind::NewRelic { api_key, account } => {
            new_relic::request(&source.url, api_key, *account, query)
        }
        SourceKind::Json { bearer, .. } => json::request(&source.url, bearer.as_ref(), query),
    }?;
    let body = send(client, request, source.timeout).await?;
    let answer = answer::parse(&body)?;
    let measured = match &source.kind {
        SourceKind::Prometheus { .. } => prometheus::measured(&answer),
        SourceKind::Datadog { .. } => datadog::measured(&answer),
        SourceKind::NewRelic { .. } => new_relic::measured(&answer),
        SourceKind::Json { value, at, unit, .. } => {
            json::measured(&answer, value, at.as_deref(), unit.as_deref())
        }
    }?;
    match (&measured.unit, unit) {
        (Some(said), Some(expected)) if said != expected => {
            Err(Error::Unit { said: said.clone(), expected: expected.to_owned() })
        }
        _ => Ok(measured),
    }
}

async fn send(client: &Client, request: Request<Full<Bytes>>, limit: Duration) -> Result<Bytes, Error> {
    let answer: Response<Bytes> = client.send(request, limit).await.map_err(|error| match error {
        ClientError::Secret(error) => Error::Secret(error),
        error => Error::Reach(Causes(&error).to_string()),
    })?;
    let (parts, body) = answer.into_parts();
    if parts.status.is_success() {
        return Ok(body);
    }
    let text = String::from_utf8_lossy(&body);
    Err(Error::Status { status: parts.status.as_u16(), excerpt: text.chars().take(EXCERPT).collect() })
}

/// A request to the API of a source: the URL of the source, and a path with what is asked.
fn get(url: String) -> http::request::Builder {
    Request::get(url).header("accept", "application/json")
}

/// The request with a header that holds a secret.
fn with_secret(
    request: http::request::Builder,
    header: &'static str,
    prefix: &str,
    reference: &SecretReference,
) -> Result<http::request::Builder, Error> {
    let secret = secret::resolve(reference)?;
    Ok(request.header(header, format!("{prefix}{}", secret.expose())))
}

fn finish(request: http::request::Builder, body: Bytes) -> Result<Request<Full<Bytes>>, Error> {
    request.body(Full::new(body)).map_err(|error| Error::Form(error.to_string()))
}
