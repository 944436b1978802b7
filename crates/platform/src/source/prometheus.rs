//! Prometheus: an instant query, `GET /api/v1/query`. Values come as text, so that NaN and infinity can be told.

use super::{Error, Measured, answer, finish, get, with_secret};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use viridian_core::environment::{Endpoint, SecretReference};
use viridian_core::time::Timestamp;

pub(super) fn request(
    url: &Endpoint,
    bearer: Option<&SecretReference>,
    query: &str,
    now: Timestamp,
) -> Result<Request<Full<Bytes>>, Error> {
    let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
    let mut request = get(format!("{url}/api/v1/query?query={query}&time={}", now.0 / 1_000));
    if let Some(bearer) = bearer {
        request = with_secret(request, "authorization", "Bearer ", bearer)?;
    }
    finish(request, Bytes::new())
}

/// The sample of a scalar, or of a vector of one.
pub(super) fn measured(answer: &Value) -> Result<Measured, Error> {
    if let Some(error) = answer.get("error").and_then(Value::as_str) {
        return Err(Error::Answer(format!("it answers an error: {error}")));
    }
    let data = &answer["data"];
    let sample = match (data["resultType"].as_str(), &data["result"]) {
        (Some("scalar"), sample) => sample,
        (Some("vector"), Value::Array(samples)) => match samples.as_slice() {
            [one] => &one["value"],
            [] => return Err(Error::Answer("the query has no result".to_owned())),
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
