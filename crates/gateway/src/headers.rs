//! Which headers pass, both ways. Entry points: [`to_upstream`] and [`to_caller`].
//!
//! What belongs to one connection stays on it (RFC 9110, section 7.6.1), what is between callers and the gateway stays
//! there, and headers that occur several times still do on the other side.

use crate::prepared::placement::Placement;
use http::header::{AUTHORIZATION, CONNECTION, HOST};
use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const UPSTREAM_REQUEST_ID: HeaderName = HeaderName::from_static("x-upstream-request-id");

/// Begins every header that callers and the gateway speak with alone.
const OURS: &str = "x-viridian-";

/// Headers that are added to those of the caller.
const ADDED: usize = 2;

/// What an answer will be, as far as headers depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answering {
    /// A stream of events, which the gateway must be able to read.
    Events,
    /// Anything, which the gateway must be able to read.
    Readable,
    /// Anything; it passes as it is.
    Anything,
}

/// The headers of the request to the upstream. Its length is left to the connection.
pub(crate) fn to_upstream(
    caller: &HeaderMap,
    placement: &Placement,
    host: &HeaderValue,
    answering: Answering,
) -> HeaderMap {
    let named = caller.get(CONNECTION).filter(|value| names_headers(value));
    let mut headers = HeaderMap::with_capacity(caller.len() + ADDED);
    headers.insert(HOST, host.clone());
    if let Some(bearer) = &placement.bearer {
        headers.insert(AUTHORIZATION, bearer.clone());
    }
    for (name, value) in caller {
        let is_replaced = match name.as_str() {
            "host" | "content-length" | "expect" => true,
            "authorization" => placement.bearer.is_some(),
            "accept-encoding" => answering != Answering::Anything,
            name => name.starts_with(OURS),
        };
        if !is_replaced && !belongs_to_connection(name, named) {
            headers.append(name, value.clone());
        }
    }
    headers
}

/// Makes the headers of the upstream's answer those of ours.
pub(crate) fn to_caller(headers: &mut HeaderMap) {
    let named = headers.get(CONNECTION).filter(|value| names_headers(value)).cloned();
    let is_dropped = |name: &&HeaderName| belongs_to_connection(name, named.as_ref());
    // Usually there is one, `connection`, so looking again after each removal is cheaper than collecting them.
    while let Some(name) = headers.keys().find(is_dropped).cloned() {
        headers.remove(name);
    }
    if let Some(id) = headers.remove(REQUEST_ID) {
        headers.insert(UPSTREAM_REQUEST_ID, id);
    }
}

/// Whether a `connection` header names other headers, which few do.
fn names_headers(connection: &HeaderValue) -> bool {
    let connection = connection.as_bytes();
    !connection.eq_ignore_ascii_case(b"keep-alive") && !connection.eq_ignore_ascii_case(b"close")
}

/// Whether a header is about the connection it came over; `named` is a `connection` header that names others.
fn belongs_to_connection(name: &HeaderName, named: Option<&HeaderValue>) -> bool {
    let is_listed = matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    );
    is_listed || named.is_some_and(|named| lists(named, name))
}

/// Whether a list of header names holds this one.
fn lists(list: &HeaderValue, name: &HeaderName) -> bool {
    let Ok(list) = list.to_str() else { return false };
    list.split(',').any(|item| item.trim().eq_ignore_ascii_case(name.as_str()))
}

#[cfg(test)]
mod tests;
