//! Systems outside are asked as their interfaces want to be asked, and whatever they do, what comes of it is one number or
//! a reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;
use viridian_core::environment::{Endpoint, SecretReference};
use viridian_core::id::SourceName;
use viridian_core::question::Question;
use viridian_core::source::{AwsKeys, Source, SourceKind};
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
    Source { name, url: Some(Endpoint(url)), kind, timeout: Duration::from_millis(300), retries: 0 }
}

/// A question in milliseconds, without placeholders.
fn question(query: &str) -> Question {
    let oldest = Duration::from_secs(90);
    Question { query: query.to_owned(), unit: Some("ms".to_owned()), names: Default::default(), oldest }
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

fn cloud_watch() -> SourceKind {
    let keys = AwsKeys { access_key: secret(), secret_key: secret(), session_token: Some(secret()) };
    SourceKind::CloudWatch { region: "eu-central-1".to_owned(), keys, period: Duration::from_secs(60) }
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
    let found = read(&Client::new(), &source, &question(query), NOW).await;
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
    let nothing = "the query has no result: samples of the last 1m 30s were asked for";
    check(prometheus(), vector(""), Err(nothing)).await;
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
    let asked = "/api/v1/query?query=%2Fm%3Fa%3D%7Bb%3D%22c%20d%22%7D&time=1767225600&lookback_delta=90s";
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
async fn cloud_watch_answers_the_points_of_one_series() {
    let answer = |result: &str| -> &'static str { format!("{{\"MetricDataResults\":[{result}]}}").leak() };
    let series = |status: &str, moments: &str, values: &str| {
        format!(
            "{{\"Id\":\"asked\",\"StatusCode\":\"{status}\",\"Timestamps\":[{moments}],\"Values\":[{values}]}}"
        )
    };
    let moments = "1767225480,1767225540,1767225420";
    let whole = answer(&series("Complete", moments, "7,8.5,6"));
    // The number is of the minute that begins at its moment.
    check(cloud_watch(), whole, Ok((8.5, Some(1_767_225_600_000)))).await;
    let text = answer(&series("Complete", "\"2025-12-31T23:58:00Z\"", "\"NaN\""));
    check(cloud_watch(), text, Ok((f64::NAN, Some(1_767_225_540_000)))).await;
    check(cloud_watch(), answer(&series("Complete", moments, "7,null,6")), Err("null where a number")).await;
    check(cloud_watch(), answer(&series("Complete", "", "")), Err("the series has no points")).await;
    check(cloud_watch(), answer(&series("Complete", moments, "7")), Err("more moments than values")).await;
    check(cloud_watch(), answer(&series("PartialData", moments, "7,8.5,6")), Err("a part of the data")).await;
    check(cloud_watch(), answer(&series("Forbidden", "", "")), Err("it answers Forbidden")).await;
    check(cloud_watch(), answer(""), Err("the expression has no series")).await;
    let two = [series("Complete", "", ""), series("Complete", "", "")].join(",");
    check(cloud_watch(), answer(&two), Err("2 series where one was expected: aggregate them")).await;
    let cut =
        "{\"MetricDataResults\":[],\"Messages\":[{\"Code\":\"MaxMetricsExceeded\",\"Value\":\"too many\"}]}";
    check(cloud_watch(), cut, Err("its answer is not whole: too many (MaxMetricsExceeded)")).await;
    check(cloud_watch(), "{}", Err("its answer is none of CloudWatch")).await;
}

#[tokio::test]
async fn cloud_watch_is_asked_for_periods_that_are_over_with_a_signature() {
    let (_, seen) = ask(cloud_watch(), Reply::json("{}")).await;
    let seen = seen.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!((&body["StartTime"], &body["EndTime"]), (&1_767_225_000.into(), &1_767_225_600.into()));
    assert_eq!(body["MetricDataQueries"][0]["Expression"], "/m?a={b=\"c d\"}");
    assert_eq!(body["MetricDataQueries"][0]["Period"], 60);
    assert_eq!((seen.method.as_str(), seen.uri.path()), ("POST", "/"));
    assert_eq!(seen.headers["x-amz-target"], "GraniteServiceVersion20100801.GetMetricData");
    assert_eq!(seen.headers["x-amz-date"], "20260101T000000Z");
    let signed = seen.headers["authorization"].to_str().unwrap();
    let expected = "AWS4-HMAC-SHA256 Credential=viridian-platform/20260101/eu-central-1/monitoring/aws4_request, \
         SignedHeaders=accept;content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=";
    assert!(signed.starts_with(expected), "{signed}");
}

#[tokio::test]
async fn cloud_watch_says_why_it_refuses() {
    let error =
        |kind: &str| format!("{{\"__type\":\"com.amazonaws.cloudwatch#{kind}\",\"message\":\"why\"}}");
    let skewed = "Wed, 31 Dec 2025 21:00:00 GMT";
    for (status, kind, date, part) in [
        (400, "Throttling", None, "asked too often, or too busy (status 400, Throttling)"),
        (400, "ThrottlingException", None, "asked too often, or too busy (status 400, ThrottlingException)"),
        (503, "", None, "asked too often, or too busy (status 503)"),
        (400, "ValidationError", None, "it answers an error: why (ValidationError)"),
        (403, "SignatureDoesNotMatch", None, "(SignatureDoesNotMatch): check the keys and the region"),
        (403, "SignatureDoesNotMatch", Some(skewed), "its clock and ours are 3h apart, and 5m is the most"),
        (400, "RequestExpired", Some(skewed), "(RequestExpired): its clock and ours are 3h apart"),
        (403, "InvalidClientTokenId", Some(skewed), "it answers an error: why (InvalidClientTokenId)"),
    ] {
        let mut reply = Reply::json(error(kind)).status(status);
        // Without one of ours the upstream sends its own, which is not of the test's moment.
        reply = reply.header("date", date.unwrap_or("Thu, 01 Jan 2026 00:00:01 GMT"));
        let (found, _) = ask(cloud_watch(), reply).await;
        assert!(found.as_ref().is_err_and(|why| why.contains(part)), "{part}: {found:?}");
    }
    // What AWS says of a signature repeats the token that was signed.
    let told =
        "{\"__type\":\"SignatureDoesNotMatch\",\"message\":\"x-amz-security-token:viridian-platform\"}";
    let (found, _) = ask(cloud_watch(), Reply::json(told).status(403)).await;
    assert!(found.is_err_and(|why| !why.contains("viridian-platform")));
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
    let found = read(&Client::new(), &gone, &question("/"), NOW).await.map_err(|error| error.to_string());
    assert!(found.as_ref().is_err_and(|why| why.contains("could not be reached")), "{found:?}");
    let missing =
        SourceKind::Prometheus { bearer: Some(SecretReference::Environment("VIRIDIAN_NO_SUCH".to_owned())) };
    let (found, seen) = ask(missing, Reply::json("{}")).await;
    assert!(found.is_err_and(|why| why.contains("env:VIRIDIAN_NO_SUCH is not set")) && seen.is_none());
}
