//! What requests bring: bodies as JSON or as the text of a manifest, and conditions.

use crate::error::Error;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use serde::de::DeserializeOwned;

/// The most of a body that is read: manifests are written by people.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// Reads a JSON body.
pub(crate) fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T, Error> {
    if media_type(headers) != "application/json" {
        return Err(Error::MediaType("application/json"));
    }
    serde_json::from_slice(body)
        .map_err(|error| Error::Malformed(format!("the body cannot be read: {error}")))
}

/// Reads a JSON body that may be left out.
pub(crate) fn json_or_default<T: DeserializeOwned + Default>(
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<T, Error> {
    if body.is_empty() { Ok(T::default()) } else { json(headers, body) }
}

/// Reads a query.
pub(crate) fn query<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Error> {
    match query {
        Ok(Query(query)) => Ok(query),
        Err(rejection) => Err(Error::Malformed(rejection.body_text())),
    }
}

/// The type of the body, without its parameters, in lower case; empty when there is none.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Makes sure that what a client changes is what it saw: `If-Match` names the entity tag it was given.
pub(crate) fn check_unchanged(headers: &HeaderMap, tag: &str) -> Result<(), Error> {
    let Some(expected) = headers.get(IF_MATCH) else { return Ok(()) };
    let expected = expected.to_str().unwrap_or_default();
    let mut tags = expected.split(',').map(str::trim);
    if tags.any(|given| given == "*" || given == tag) {
        return Ok(());
    }
    Err(Error::Stale { expected: expected.to_owned(), found: tag.to_owned() })
}
