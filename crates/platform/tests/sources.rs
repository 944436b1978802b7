//! Systems outside are asked as their interfaces want to be asked, and whatever they do, what comes of it is one number or
//! a reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;
use viridian_core::environment::{Endpoint, SecretReference};
use viridian_core::id::SourceName;
use viridian_core::source::{Source, SourceKind};
use viridian_core::time::Timestamp;
use viridian_platform::client::Client;
use viridian_platform::source::{Measured, read};
use viridian_testkit::upstream::{Act, Ending, Reply, Seen, Upstream, nowhere};

const NOW: Timestamp = Timestamp(1_767_225_600_000);

/// A variable that is set wherever these tests are built.
fn secret() -> SecretReference {
    SecretReference::Environment("CARGO_PKG_NAME".to_owned())
}

fn source(url: String, kind: SourceKind) -> Source {
    let name = SourceName::parse("outside").unwrap();
    Source { name, url: Endpoint(url), kind, timeout: Duration::from_millis(300) }
}

fn prometheus() -> SourceKind {
    SourceKind::Prometheus { bearer: Some(secret()) }
}

fn datadog() -> SourceKind {
    SourceKind::Datadog { api_key: secret(), application_key: secret() }
}

fn new_relic() -> SourceKind {
    SourceKind::NewRelic { api_key: secret(), account: 42 }
}

fn json() -> SourceKind {
    let pointer = |path: &str| Some(path.to_owned());
    SourceKind::Json {
        bearer: None,
        value: "/data/0/value".to_owned(),
        at: pointer("/at"),
        unit: pointer("/unit"),
    }
}

/// What a source comes to that answers so, and how it was asked. In milliseconds, where it says the unit.
async fn ask(kind: SourceKind, act: impl Into<Act>) -> (Result<Measured, String>, Option<Seen>) {
    let upstream = Upstream::start().await;
    upstream.next(act);
    // What is no path is no query to an endpoint, and one to everybody else.
    let query = if matches!(kind, SourceKind::Json { .. }) { "/m?a=b" } else { "/m?a={b=\"c d\"}" };
    let source = source(upstream.url(), kind);
    let found = read(&Client::new(), &source, query, Some("ms"), NOW).await;
    (found.map_err(|error| error.to_string()), upstream.seen().pop())
}

async fn check(kind: SourceKind, answer: &'static str, expected: Result<(f64, Option<u64>), &str>) {
    let (found, _) = ask(kind, Reply::json(answer)).await;
    match expected {
        Ok((value, at)) => {
            let found = found.unwrap();
            let as_expected = found.value == value || found.value.is_nan() && value.is_nan();
            assert!(as_expected && found.at == at.map(Timestamp), "{answer}: {found:?}");
        }
        Err(part) => assert!(found.as_ref().is_err_and(|why| why.contains(part)), "{part}: {found:?}"),
    }
}

#[tokio::test]
async fn prometheus_answers_a_scalar_or_a_vector_of_one() {
    let answer =
        |result: &str| -> &'static str { format!("{{\"status\":\"success\",\"data\":{{{result}}}}}").leak() };
    let vector = |samples: &str| answer(&format!("\"resultType\":\"vector\",\"result\":[{samples}]"));
    let one = "{\"metric\":{},\"value\":[1767225590.5,\"0.25\"]}";
    let at = Some(1_767_225_590_500);
    check(prometheus(), vector(one), Ok((0.25, at))).await;
    check(prometheus(), answer("\"resultType\":\"scalar\",\"result\":[1767225590.5,\"3\"]"), Ok((3.0, at)))
        .await;
    check(prometheus(), vector(&one.replace("0.25", "NaN")), Ok((f64::NAN, at))).await;
    check(prometheus(), vector(&one.replace("0.25", "+Inf")), Ok((f64::INFINITY, at))).await;
    check(prometheus(), vector(""), Err("the query has no result")).await;
    check(
        prometheus(),
        vector(&format!("{one},{one}")),
        Err("2 results where one was expected: aggregate them"),
    )
    .await;
    check(prometheus(), answer("\"resultType\":\"matrix\",\"result\":[]"), Err("has a matrix")).await;
    check(prometheus(), "{\"status\":\"error\",\"error\":\"parse error\"}", Err("an error: parse error"))
        .await;
    let (_, seen) = ask(prometheus(), Reply::json(vector(one))).await;
    let seen = seen.unwrap();
    let asked = "/api/v1/query?query=%2Fm%3Fa%3D%7Bb%3D%22c%20d%22%7D&time=1767225600";
    assert_eq!(seen.uri.to_string(), asked);
    assert_eq!(seen.headers["authorization"], "Bearer viridian-platform");
}

#[tokio::test]
async fn datadog_answers_the_points_of_one_series() {
    let series = |unit: &str, points: &str| -> &'static str {
        format!("{{\"status\":\"ok\",\"series\":[{{\"unit\":{unit},\"pointlist\":[{points}]}}]}}").leak()
    };
    let ms = "[{\"short_name\":\"ms\"},null]";
    let points = "[1767225500000,7],[1767225560000,8.5],[1767225590000,null]";
    check(datadog(), series(ms, points), Ok((8.5, Some(1_767_225_560_000)))).await;
    check(datadog(), series("null", points), Ok((8.5, Some(1_767_225_560_000)))).await;
    check(
        datadog(),
        series("[{\"short_name\":\"s\"},null]", points),
        Err("answers in s, and ms was expected"),
    )
    .await;
    check(datadog(), series(ms, ""), Err("the series has no points")).await;
    check(datadog(), "{\"status\":\"ok\",\"series\":[]}", Err("the query has no series")).await;
    check(datadog(), "{\"status\":\"error\",\"error\":\"invalid query\"}", Err("an error: invalid query"))
        .await;
    let (_, seen) = ask(datadog(), Reply::json(series(ms, points))).await;
    let seen = seen.unwrap();
    assert!(
        seen.uri.to_string().starts_with("/api/v1/query?from=1767225000&to=1767225600&query="),
        "{}",
        seen.uri
    );
    assert_eq!(seen.headers["dd-api-key"], "viridian-platform");
    assert_eq!(seen.headers["dd-application-key"], "viridian-platform");
}

#[tokio::test]
async fn new_relic_answers_one_row_with_one_number() {
    let rows = |rows: &str| -> &'static str {
        format!("{{\"data\":{{\"actor\":{{\"account\":{{\"nrql\":{{\"results\":[{rows}]}}}}}}}}}}").leak()
    };
    check(new_relic(), rows("{\"average.duration\":1.5}"), Ok((1.5, None))).await;
    check(
        new_relic(),
        rows("{\"endTimeSeconds\":1767225590,\"count\":3}"),
        Ok((3.0, Some(1_767_225_590_000))),
    )
    .await;
    check(new_relic(), rows("{\"average.duration\":null}"), Err("null where a number was expected")).await;
    check(new_relic(), rows("{\"a\":1,\"b\":2}"), Err("2 fields where one number was expected")).await;
    check(new_relic(), rows(""), Err("0 rows where one was expected")).await;
    check(new_relic(), "{\"errors\":[{\"message\":\"NRQL syntax\"}]}", Err("an error: NRQL syntax")).await;
    let (_, seen) = ask(new_relic(), Reply::json(rows("{\"count\":3}"))).await;
    let seen = seen.unwrap();
    let body = String::from_utf8_lossy(&seen.body).into_owned();
    assert!(body.contains("\"account\":42") && body.contains("/m?a={b=\\\"c d\\\"}"), "{body}");
    assert_eq!(
        (seen.uri.path(), seen.headers["api-key"].to_str().unwrap()),
        ("/graphql", "viridian-platform")
    );
}

#[tokio::test]
async fn any_endpoint_answers_where_the_pointers_point() {
    let answer = |value: &str, at: &str, unit: &str| -> &'static str {
        format!("{{\"data\":[{{\"value\":{value}}}],\"at\":{at},\"unit\":\"{unit}\"}}").leak()
    };
    let at = Some(1_767_225_590_000);
    check(json(), answer("850", "1767225590", "ms"), Ok((850.0, at))).await;
    check(json(), answer("\"850\"", "\"2025-12-31T23:59:50Z\"", "ms"), Ok((850.0, at))).await;
    check(json(), answer("0.85", "1767225590", "s"), Err("answers in s, and ms was expected")).await;
    check(json(), answer("true", "1767225590", "ms"), Err("true where a number was expected")).await;
    check(json(), answer("1", "\"yesterday\"", "ms"), Err("where a moment was expected")).await;
    check(json(), "{\"data\":[],\"at\":1,\"unit\":\"ms\"}", Err("nothing at /data/0/value")).await;
    check(json(), "<html>", Err("its answer is no JSON")).await;
}

#[tokio::test]
async fn a_source_that_misbehaves_is_unknown_and_bounded() {
    let moved = Reply::json("{}").status(302).header("location", "http://127.0.0.1:1/");
    let huge = Reply::events(vec![vec![b'1'; 1 << 20]; 10], Ending::Complete);
    for (act, part) in [
        (Act::Reply(moved), "status 302"),
        (Act::Reply(Reply::json("busy").status(503)), "status 503: busy"),
        (Act::Reply(huge), "could not be read"),
        (Act::Silence, "no answer within 300 ms"),
        (Act::HangUp, "could not be reached"),
    ] {
        let (found, _) = ask(json(), act).await;
        assert!(found.as_ref().is_err_and(|why| why.contains(part)), "{part}: {found:?}");
    }
    let gone = source(nowhere().await, json());
    let found = read(&Client::new(), &gone, "/", None, NOW).await.map_err(|error| error.to_string());
    assert!(found.as_ref().is_err_and(|why| why.contains("could not be reached")), "{found:?}");
    let missing =
        SourceKind::Prometheus { bearer: Some(SecretReference::Environment("VIRIDIAN_NO_SUCH".to_owned())) };
    let (found, seen) = ask(missing, Reply::json("{}")).await;
    assert!(found.is_err_and(|why| why.contains("env:VIRIDIAN_NO_SUCH is not set")) && seen.is_none());
}
