//! Asking systems outside for a number. Entry point: [`read`].
//!
//! A source is asked once and has its own time to answer; nothing is followed, nothing longer than a MiB is read, and
//! whatever is not one finite number in the unit that was expected is an error that says what came instead. Asking again is
//! the caller's, as often as the source says and at the gauge's own pace.

mod answer;
mod cloud_watch;
mod datadog;
mod json;
mod new_relic;
mod prometheus;
mod sql;

use crate::causes::Causes;
use crate::client::{Client, Error as ClientError};
use crate::secret;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use std::time::Duration;
use viridian_core::environment::SecretReference;
use viridian_core::question::Question;
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

/// Asks a source one question.
///
/// # Errors
/// There is no such number.
pub async fn read(
    client: &Client,
    source: &Source,
    question: &Question,
    now: Timestamp,
) -> Result<Measured, Error> {
    let measured = match &source.kind {
        SourceKind::Sql { connection } => sql::measured(connection, question, source.timeout).await,
        _ => over_http(client, source, question, now).await,
    }?;
    match (&measured.unit, &question.unit) {
        (Some(said), Some(expected)) if said != expected => {
            Err(Error::Unit { said: said.clone(), expected: expected.clone() })
        }
        _ => Ok(measured),
    }
}

async fn over_http(
    client: &Client,
    source: &Source,
    question: &Question,
    now: Timestamp,
) -> Result<Measured, Error> {
    let query = question.filled_in();
    let query = query.as_str();
    let url = source.url.as_ref().ok_or_else(|| Error::Form("it has no URL".to_owned()))?;
    let limit = source.timeout;
    match &source.kind {
        SourceKind::Prometheus { bearer } => {
            let lookback = prometheus::lookback(question.oldest);
            let request = prometheus::request(url, bearer.as_ref(), (query, lookback), now)?;
            prometheus::measured(&answer::parse(&send(client, request, limit).await?)?, lookback)
        }
        SourceKind::Datadog { api_key, application_key } => {
            let request = datadog::request(url, (api_key, application_key), query, now)?;
            datadog::measured(&answer::parse(&send(client, request, limit).await?)?)
        }
        SourceKind::NewRelic { api_key, account } => {
            let request = new_relic::request(url, api_key, *account, query)?;
            new_relic::measured(&answer::parse(&send(client, request, limit).await?)?)
        }
        SourceKind::CloudWatch { region, keys, period } => {
            let asking = cloud_watch::Asking { url, region, keys, period: *period };
            let answer = exchange(client, asking.request(query, now)?, limit).await?;
            if !answer.status().is_success() {
                return Err(cloud_watch::refused(&answer, now));
            }
            asking.measured(&answer::parse(answer.body())?)
        }
        SourceKind::Json { bearer, value, at, unit } => {
            let request = json::request(url, bearer.as_ref(), query)?;
            let answer = answer::parse(&send(client, request, limit).await?)?;
            json::measured(&answer, value, at.as_deref(), unit.as_deref())
        }
        SourceKind::Sql { .. } => Err(Error::Form("it speaks no HTTP".to_owned())),
    }
}

async fn send(client: &Client, request: Request<Full<Bytes>>, limit: Duration) -> Result<Bytes, Error> {
    let answer = exchange(client, request, limit).await?;
    if answer.status().is_success() {
        return Ok(answer.into_body());
    }
    let text = String::from_utf8_lossy(answer.body());
    Err(Error::Status { status: answer.status().as_u16(), excerpt: excerpt(&text) })
}

async fn exchange(
    client: &Client,
    request: Request<Full<Bytes>>,
    limit: Duration,
) -> Result<Response<Bytes>, Error> {
    client.send(request, limit).await.map_err(|error| match error {
        ClientError::Secret(error) => Error::Secret(error),
        error => Error::Reach(Causes(&error).to_string()),
    })
}

/// The beginning of a text that is shown.
fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT).collect()
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
