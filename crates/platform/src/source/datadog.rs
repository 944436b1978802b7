//! Datadog: the points of a timeseries, `GET /api/v1/query`.

use super::{Error, Measured, WINDOW, answer, finish, get, with_secret};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use viridian_core::environment::{Endpoint, SecretReference};
use viridian_core::time::Timestamp;

pub(super) fn request(
    url: &Endpoint,
    (api_key, application_key): (&SecretReference, &SecretReference),
    query: &str,
    now: Timestamp,
) -> Result<Request<Full<Bytes>>, Error> {
    let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
    let to = now.0 / 1_000;
    let from = to.saturating_sub(WINDOW.as_secs());
    let request = get(format!("{url}/api/v1/query?from={from}&to={to}&query={query}"));
    let request = with_secret(request, "dd-api-key", "", api_key)?;
    finish(with_secret(request, "dd-application-key", "", application_key)?, Bytes::new())
}

/// The last point of the only series. A point without a value is passed over: it is one that is not over yet.
pub(super) fn measured(answer: &Value) -> Result<Measured, Error> {
    if let Some(error) = answer.get("error").and_then(Value::as_str).filter(|error| !error.is_empty()) {
        return Err(Error::Answer(format!("it answers an error: {error}")));
    }
    let series = answer["series"].as_array().map(Vec::as_slice);
    let one = match series {
        Some([one]) => one,
        Some([]) => return Err(Error::Answer("the query has no series".to_owned())),
        Some(more) => {
            let count = more.len();
            return Err(Error::Answer(format!(
                "the query has {count} series where one was expected: aggregate them"
            )));
        }
        None => return Err(Error::Answer("its answer is none of Datadog".to_owned())),
    };
    let points = one["pointlist"].as_array().map(Vec::as_slice).unwrap_or_default();
    let last = points.iter().rev().find(|point| !point[1].is_null());
    let Some(last) = last else { return Err(Error::Answer("the series has no points".to_owned())) };
    let milliseconds = answer::number(&last[0])?;
    let at = answer::moment(&Value::from(milliseconds / 1_000.0))?;
    let unit = one["unit"][0]["short_name"].as_str().map(str::to_owned);
    Ok(Measured { value: answer::number(&last[1])?, at: Some(at), unit })
}
