//! What is read in answers: only where a guard asks, only what is there, and without changing a byte.

use crate::world::World;
use http::HeaderValue;
use serde_json::{Value, json};
use viridian_core::analysis::tally::{Counts, Tally};
use viridian_core::metric::{Metric, Witness};
use viridian_core::release::{Price, Prices};
use viridian_core::routing::table::{Reads, RoutingTable};
use viridian_testkit::caller::post;
use viridian_testkit::table::{placement, table};
use viridian_testkit::upstream::{Ending, Reply, Upstream};

const CHAT: &str = "/apps/support-chat/v1/chat/completions";
const ALL: Reads = Reads { answers: true, output: true, tool_calls: true, text: false };

/// A table whose gateway reads so much, and whose tokens have prices.
fn reading(upstream: &Upstream, reads: Reads) -> RoutingTable {
    let mut table = table("support-chat", placement("v1", &upstream.url()));
    let prices = Prices { input: Price(2_500), cached_input: Some(Price(1_250)), output: Price(10_000) };
    table.baseline.prices = Some(prices);
    table.reads = reads;
    table.thresholds.set_cap(Metric::OutputTokens, 1 << 20);
    table
}

/// Asks for an answer and answers what the gateway counted. The caller gets every byte of it.
async fn read(reads: Reads, request: Value, reply: Reply) -> Tally {
    let upstream = Upstream::start().await;
    let world = World::serving([reading(&upstream, reads)]);
    upstream.next(reply);
    world.caller().await.post(CHAT, request.to_string()).await;
    let report = world.settled().await;
    report.tallies.into_iter().next().unwrap().tally
}

/// Whether the answer says it.
const fn is_read(metric: &Metric) -> bool {
    matches!(metric.witness(), Witness::Contents)
}

/// Compares which metrics an answer told of, and whether it was bad.
async fn check(what: &str, request: Value, reply: Reply, expected: &[(Metric, bool)]) {
    let tally = read(ALL, request, reply).await;
    for metric in Metric::ALL.into_iter().filter(|metric| is_read(metric) && !metric.is_amount()) {
        let told = expected.iter().find(|(told, _)| *told == metric);
        let counts = told.map_or_else(Counts::default, |(_, bad)| Counts::of_share(1, u64::from(*bad)));
        assert_eq!(tally.metrics[metric.index()], counts, "{what}: {metric}");
    }
}

/// What every answer that can be read tells.
fn usual(refused: bool, empty: bool, truncated: bool) -> Vec<(Metric, bool)> {
    vec![(Metric::Refusals, refused), (Metric::EmptyAnswers, empty), (Metric::TruncatedAnswers, truncated)]
}

fn whole(message: Value, end: &str) -> Reply {
    Reply::json(json!({"choices": [{"index": 0, "message": message, "finish_reason": end}]}).to_string())
}

fn call(name: &str, arguments: &str) -> Value {
    json!({"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}]})
}

#[tokio::test]
async fn what_an_answer_says_is_counted() {
    let text = |text: &str| json!({"role": "assistant", "content": text});
    let check = async |what: &str, reply, expected: Vec<(Metric, bool)>| {
        check(what, json!({}), reply, &expected).await;
    };
    check("an answer", whole(text("Hello"), "stop"), usual(false, false, false)).await;
    check("a blank", whole(text(" \n"), "stop"), usual(false, true, false)).await;
    check("nothing", whole(json!({"content": null}), "stop"), usual(false, true, false)).await;
    check("no choice", Reply::json("{\"choices\":[]}"), usual(false, true, false)).await;
    check("cut off", whole(text("Once upon"), "length"), usual(false, false, true)).await;
    check("a refusal", whole(json!({"refusal": "I cannot"}), "stop"), usual(true, false, false)).await;
    check("filtered", whole(text(""), "content_filter"), usual(true, false, false)).await;
    check("parts", whole(json!({"content": [{"type": "text"}]}), "stop"), usual(false, false, false)).await;
    check("a call", whole(call("f", "{}"), "tool_calls"), usual(false, false, false)).await;
    check("of no form", Reply::json("{\"text\":\"Hello\"}"), vec![(Metric::EmptyAnswers, true)]).await;
    check("no JSON", Reply::json("Hello"), vec![(Metric::EmptyAnswers, true)]).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_unknown() {
    let hello = || whole(json!({"content": ""}), "stop");
    let check = async |what: &str, reply| check(what, json!({}), reply, &[]).await;
    check("compressed", hello().header("content-encoding", "gzip")).await;
    check("an error", hello().status(500)).await;
    check("broken off", hello().ending(Ending::BreakOff)).await;
    check("too large", whole(json!({"content": "x".repeat(2 << 20)}), "stop")).await;
    check("events that are none", Reply::events(["data: {\n\n", "data: [DONE]\n\n"], Ending::Complete)).await;
    check("a choice too many", Reply::json(json!({"choices": [{"index": 99}]}).to_string())).await;
}

#[tokio::test]
async fn a_text_is_held_against_the_form_its_request_declares() {
    let schema = json!({"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}});
    let declared =
        json!({"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}});
    let object = json!({"response_format": {"type": "json_object"}});
    let check = async |request: &Value, message: Value, end: &str, invalid: Option<bool>| {
        let mut expected = usual(message.get("refusal").is_some(), false, end == "length");
        expected.extend(invalid.map(|invalid| (Metric::InvalidOutput, invalid)));
        let what = format!("{message} for {request}");
        check(&what, request.clone(), whole(message, end), &expected).await;
    };
    let text = |text: &str| json!({"content": text});
    check(&declared, text("{\"city\": \"Bonn\"}"), "stop", Some(false)).await;
    check(&declared, text("{\"city\": 5}"), "stop", Some(true)).await;
    check(&declared, text("Sure! {\"city\": \"Bonn\"}"), "stop", Some(true)).await;
    check(&declared, text("{\"city\": \"Bo"), "length", Some(true)).await;
    check(&declared, json!({"refusal": "I cannot"}), "stop", None).await;
    check(&object, text("{}"), "stop", Some(false)).await;
    check(&object, text("[]"), "stop", Some(true)).await;
    check(&json!({"response_format": {"type": "text"}}), text("[]"), "stop", None).await;
    check(&json!({"response_format": 5}), text("[]"), "stop", None).await;
}

#[tokio::test]
async fn calls_are_held_against_the_functions_a_request_declares() {
    let parameters = json!({"type": "object", "required": ["id"]});
    let tools = json!([
        {"type": "function", "function": {"name": "find", "parameters": parameters}},
        {"type": "function", "function": {"name": "now"}},
    ]);
    let check = async |request: Value, message: Value, invalid: Option<bool>| {
        let mut expected = usual(false, false, false);
        expected.extend(invalid.map(|invalid| (Metric::InvalidToolCalls, invalid)));
        check(&message.to_string(), request, whole(message.clone(), "tool_calls"), &expected).await;
    };
    let declared = || json!({"tools": tools});
    check(declared(), call("find", "{\"id\": 7}"), Some(false)).await;
    check(declared(), call("find", "{}"), Some(true)).await;
    check(declared(), call("find", "{\"id\": 7"), Some(true)).await;
    check(declared(), call("drop", "{}"), Some(true)).await;
    check(declared(), call("now", ""), Some(false)).await;
    check(declared(), json!({"content": "No need"}), None).await;
    check(json!({}), call("find", "{}"), None).await;
}

/// A stream of pieces with one message each, and the usage at its end.
fn stream(deltas: &[Value], usage: Option<Value>) -> Reply {
    let piece = |delta: &Value| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
    let mut pieces: Vec<Value> = deltas.iter().map(piece).collect();
    pieces.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
    pieces.extend(usage.map(|usage| json!({"choices": [], "usage": usage})));
    let events = pieces.iter().map(|piece| format!("data: {piece}\n\n"));
    Reply::events(events.chain(["data: [DONE]\n\n".to_owned()]), Ending::Complete)
}

#[tokio::test]
async fn a_stream_is_put_together() {
    let format = json!({"type": "json_object"});
    let tools =
        json!([{"type": "function", "function": {"name": "find", "parameters": {"required": ["id"]}}}]);
    let request = json!({"stream": true, "response_format": format, "tools": tools});
    let text = |text: &str| json!({"content": text});
    let check = async |what: &str, reply, more: &[(Metric, bool)], empty: bool| {
        let expected = [usual(false, empty, false), more.to_vec()].concat();
        check(what, request.clone(), reply, &expected).await;
    };
    let output = |invalid| [(Metric::InvalidOutput, invalid)];
    check("an object", stream(&[text("{\"a\""), text(": 1}")], None), &output(false), false).await;
    check("no object", stream(&[text("{\"a\""), text(": 1")], None), &output(true), false).await;
    check("nothing", stream(&[], None), &output(true), true).await;
    let part = |name: Option<&str>, arguments: &str| json!({"tool_calls": [{"index": 0, "function": {"name": name, "arguments": arguments}}]});
    let calls = |invalid| [(Metric::InvalidToolCalls, invalid)];
    check("a call", stream(&[part(Some("find"), "{\"id\""), part(None, ": 7}")], None), &calls(false), false)
        .await;
    check(
        "a bad call",
        stream(&[part(Some("find"), "{\"it\""), part(None, ": 7}")], None),
        &calls(true),
        false,
    )
    .await;
}

/// Tokens that are not told are unknown, and so is what they cost.
#[tokio::test]
async fn tokens_are_counted_where_they_are_told() {
    let usage = |cached: Value| json!({"prompt_tokens": 1_000, "completion_tokens": 200, "prompt_tokens_details": cached});
    let hello = json!({"content": "Hello"});
    let body =
        |usage: Value| Reply::json(json!({"choices": [{"message": hello}], "usage": usage}).to_string());
    let check = async |what: &str, reply, tokens: [u64; 3], missed: Option<bool>| {
        let tally = read(ALL, json!({"stream": true}), reply).await;
        let found = [&tally.input_tokens, &tally.output_tokens, &tally.cost].map(|amounts| amounts.sum());
        assert_eq!(found, tokens, "{what}");
        let is_told = tokens[1] > 0;
        assert_eq!(tally.output_tokens.is_empty(), !is_told, "{what}");
        let misses = tally.metrics[Metric::CacheMisses.index()];
        assert_eq!(
            misses,
            missed.map_or_else(Counts::default, |bad| Counts::of_share(1, u64::from(bad))),
            "{what}"
        );
        let output = tally.metrics[Metric::OutputTokens.index()];
        assert_eq!((output.trials, output.events), (u64::from(is_told), tokens[1]), "{what}");
    };
    check("none", body(Value::Null), [0, 0, 0], None).await;
    check("plain", body(usage(Value::Null)), [1_000, 200, 4_500_000], None).await;
    check("no cache", body(usage(json!({"cached_tokens": 0}))), [1_000, 200, 4_500_000], Some(true)).await;
    check("cached", body(usage(json!({"cached_tokens": 800}))), [1_000, 200, 3_500_000], Some(false)).await;
    check("half", body(json!({"prompt_tokens": 1_000})), [1_000, 0, 0], None).await;
    check(
        "a stream",
        stream(std::slice::from_ref(&hello), Some(usage(Value::Null))),
        [1_000, 200, 4_500_000],
        None,
    )
    .await;
    check("a stream without", stream(std::slice::from_ref(&hello), None), [0, 0, 0], None).await;
}

#[tokio::test]
async fn nothing_is_read_that_no_guard_asks_for() {
    let usage = json!({"prompt_tokens": 1_000, "completion_tokens": 200});
    let reply = json!({"choices": [], "usage": usage}).to_string();
    let tally = read(Reads::default(), json!({}), Reply::json(reply)).await;
    assert!(tally.output_tokens.is_empty());
    for metric in Metric::ALL.iter().filter(|metric| is_read(metric)) {
        assert_eq!(tally.metrics[metric.index()], Counts::default(), "{metric}");
    }
}

/// An upstream that may compress would keep the answer from being read.
#[tokio::test]
async fn upstreams_are_asked_for_what_can_be_read() {
    let upstream = Upstream::start().await;
    for (reads, asked) in [(Reads::default(), Some("gzip")), (ALL, None)] {
        let world = World::serving([reading(&upstream, reads)]);
        let mut request = post(CHAT, "{}");
        request.headers_mut().insert("accept-encoding", HeaderValue::from_static("gzip"));
        world.caller().await.send(request).await;
        let seen = upstream.last();
        assert_eq!(seen.headers.get("accept-encoding").map(|value| value.to_str().unwrap()), asked);
    }
}
