//! Which headers pass, as tables.

use super::*;
use crate::prepared::placement::Means;
use viridian_core::application::Protocol;

fn placement() -> Placement {
    let means = Means { protocol: Protocol::OpenAi, trust: None, known_bearers: &[] };
    Placement::prepare(&viridian_testkit::table::placement("v1", "http://blue"), &means).unwrap()
}

fn with_bearer() -> Placement {
    let mut placement = placement();
    placement.bearer = Some(HeaderValue::from_static("Bearer ours"));
    placement
}

fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
    list.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).fold(
        HeaderMap::new(),
        |mut map, (name, value)| {
            map.append(name, value);
            map
        },
    )
}

fn upstream(
    caller: &[(&'static str, &'static str)],
    placement: &Placement,
    answering: Answering,
) -> HeaderMap {
    to_upstream(&headers(caller), placement, &HeaderValue::from_static("blue"), answering)
}

#[test]
fn what_belongs_to_the_callers_connection_does_not_pass() {
    let passed = upstream(
        &[
            ("host", "gateway"),
            ("connection", "keep-alive, X-Hop"),
            ("keep-alive", "timeout=5"),
            ("x-hop", "1"),
            ("te", "trailers"),
            ("upgrade", "websocket"),
            ("transfer-encoding", "chunked"),
            ("content-length", "5"),
            ("expect", "100-continue"),
            ("proxy-authorization", "secret"),
            ("x-viridian-user", "alice"),
            ("content-type", "application/json"),
            ("authorization", "Bearer theirs"),
            ("accept-encoding", "gzip"),
            ("idempotency-key", "k"),
            ("baggage", "a"),
            ("baggage", "b"),
        ],
        &placement(),
        Answering::Anything,
    );
    let expected = headers(&[
        ("host", "blue"),
        ("content-type", "application/json"),
        ("authorization", "Bearer theirs"),
        ("accept-encoding", "gzip"),
        ("idempotency-key", "k"),
        ("baggage", "a"),
        ("baggage", "b"),
    ]);
    assert_eq!(passed, expected);
}

#[test]
fn the_environments_credentials_replace_the_callers() {
    let passed = upstream(&[("authorization", "Bearer theirs")], &with_bearer(), Answering::Anything);
    assert_eq!(passed.get_all("authorization").iter().collect::<Vec<_>>(), ["Bearer ours"]);
    let passed = upstream(&[("connection", "authorization")], &with_bearer(), Answering::Anything);
    assert_eq!(passed["authorization"], "Bearer ours", "a caller cannot take them away");
}

#[test]
fn a_stream_is_asked_for_as_it_is() {
    let passed = upstream(&[("accept-encoding", "gzip")], &placement(), Answering::Events);
    assert!(!passed.contains_key("accept-encoding"));
}

#[test]
fn what_belongs_to_the_upstreams_connection_does_not_pass() {
    let mut answer = headers(&[
        ("connection", "close, x-hop"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("transfer-encoding", "chunked"),
        ("content-type", "application/json"),
        ("x-request-id", "theirs"),
        ("x-should-retry", "false"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ]);
    to_caller(&mut answer);
    let expected = headers(&[
        ("content-type", "application/json"),
        ("x-upstream-request-id", "theirs"),
        ("x-should-retry", "false"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ]);
    assert_eq!(answer, expected);
}
