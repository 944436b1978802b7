//! Prometheus: an instant query, `GET /api/v1/query`. Values come as text, so that NaN and infinity can be told.
//!
//! The moment of an answer is that of the question, however old the samples are that it was computed from. So no number says
//! how old it is, and Prometheus is told how far to look back ([`lookback`]): beyond that there is no result. A series whose
//! target is known to be gone ends at once; a range that the query names is as long as it says.

use super::{Error, Measured, answer, finish, get, with_secret};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::time::Duration;
use viridian_core::environment::{Endpoint, SecretReference};
use viridian_core::time::{Timestamp, readable};

/// How far Prometheus looks back unless told otherwise.
const LOOKBACK: Duration = Duration::from_secs(5 * 60);

pub(super) fn request(
    url: &Endpoint,
    bearer: Option<&SecretReference>,
    (query, lookback): (&str, Duration),
    now: Timestamp,
) -> Result<Request<Full<Bytes>>, Error> {
    let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
    let (time, lookback) = (now.0 / 1_000, lookback.as_secs());
    // Whoever does not know the last parameter passes it over, and looks back as far as ever.
    let mut request = get(format!("{url}/api/v1/query?query={query}&time={time}&lookback_delta={lookback}s"));
    if let Some(bearer) = bearer {
        request = with_secret(request, "authorization", "Bearer ", bearer)?;
    }
    finish(request, Bytes::new())
}

/// How far Prometheus looks back for a sample: as far as a number may be old, and no farther than it would by itself.
pub(super) fn lookback(oldest: Duration) -> Duration {
    oldest.min(LOOKBACK)
}

/// The sample of a scalar, or of a vector of one.
pub(super) fn measured(answer: &Value, lookback: Duration) -> Result<Measured, Error> {
    if let Some(error) = answer.get("error").and_then(Value::as_str) {
        return Err(Error::Answer(format!("it answers an error: {error}")));
    }
    let data = &answer["data"];
    let sample = match (data["resultType"].as_str(), &data["result"]) {
        (Some("scalar"), sample) => sample,
        (Some("vector"), Value::Array(samples)) => match samples.as_slice() {
            [one] => &one["value"],
            [] => {
                let lookback = readable(lookback);
                return Err(Error::Answer(format!(
                    "the query has no result: samples of the last {lookback} were asked for"
                )));
            }
            more => {
                let count = more.len();
                return Err(Error::Answer(format!(
                    "the query has {count} results where one was expected: aggregate them"
                )));
            }
        },
        (Some(kind), _) => {
            return Err(Error::Answer(format!("the query has a {kind} where one value was expected")));
        }
        (None, _) => return Err(Error::Answer("its answer is none of Prometheus".to_owned())),
    };
    Ok(Measured { value: answer::number(&sample[1])?, at: Some(answer::moment(&sample[0])?), unit: None })
}
