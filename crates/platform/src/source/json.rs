//! Any endpoint that answers `GET` with JSON: where the number is, is told by JSON pointers.

use super::{Error, Measured, answer, finish, get, with_secret};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::Value;
use viridian_core::environment::{Endpoint, SecretReference};

pub(super) fn request(
    url: &Endpoint,
    bearer: Option<&SecretReference>,
    query: &str,
) -> Result<Request<Full<Bytes>>, Error> {
    let mut request = get(format!("{url}{query}"));
    if let Some(bearer) = bearer {
        request = with_secret(request, "authorization", "Bearer ", bearer)?;
    }
    finish(request, Bytes::new())
}

pub(super) fn measured(
    answer: &Value,
    value: &str,
    at: Option<&str>,
    unit: Option<&str>,
) -> Result<Measured, Error> {
    let find = |pointer: &str| {
        answer.pointer(pointer).ok_or_else(|| Error::Answer(format!("its answer has nothing at {pointer}")))
    };
    let unit = match unit {
        Some(pointer) => Some(find(pointer)?.as_str().unwrap_or_default().to_owned()),
        None => None,
    };
    let at = at.map(|pointer| find(pointer).and_then(answer::moment)).transpose()?;
    Ok(Measured { value: answer::number(find(value)?)?, at, unit })
}
