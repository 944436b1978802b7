//! Metrics that applications declare: their expressions are asked of outcomes as they come, and of nothing that cannot be
//! known.

use crate::world::World;
use serde_json::json;
use viridian_core::analysis::tally::{Counts, Tally};
use viridian_core::declared::{Asks, Declared, Definition, Found, Load};
use viridian_core::metric::Metric;
use viridian_core::routing::table::{Reads, RoutingTable};
use viridian_testkit::table::{placement, table};
use viridian_testkit::upstream::{Ending, Reply, Upstream};

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

fn metric(asks: Asks) -> Declared {
    Declared::new("curt", 7, asks, Load::Indifferent).unwrap()
}

/// A table by which outcomes are found bad by an expression.
fn finding(upstream: &Upstream, asks: Asks, bad: &str, when: Option<&str>) -> RoutingTable {
    let mut table = table("support-chat", placement("v1", &upstream.url()));
    let definition = Definition { metric: metric(asks), bad: bad.to_owned(), when: when.map(str::to_owned) };
    table.reads = Reads::of(&[Metric::Declared(definition.metric)], table.protocol);
    table.metrics = vec![definition];
    table
}

async fn tally(asks: Asks, (bad, when): (&str, Option<&str>), reply: Reply) -> Tally {
    let upstream = Upstream::start().await;
    let world = World::serving([finding(&upstream, asks, bad, when)]);
    upstream.next(reply);
    world.caller().await.post(CHAT, json!({}).to_string()).await;
    world.settled().await.tallies.into_iter().next().unwrap().tally
}

/// Compares what was found of an answer.
async fn check(asks: Asks, what: (&str, Option<&str>), reply: Reply, expected: Option<Found>) {
    let counted = tally(asks, what, reply).await.counts(Metric::Declared(metric(asks)));
    assert_eq!(counted, expected.map_or_else(Counts::default, Counts::of_found), "{what:?}");
}

fn says(text: &str) -> Reply {
    Reply::json(json!({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).to_string())
}

fn streams(pieces: [&str; 2]) -> Reply {
    let [first, second] =
        pieces.map(|text| format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]})));
    Reply::events([first, second, "data: [DONE]\n\n".to_owned()], Ending::Complete)
}

#[tokio::test]
async fn an_answer_is_bad_by_an_expression_of_its_application() {
    let curt = ("answer.length < 6", None);
    check(Asks::Text, curt, says("Short"), Some(Found::Bad)).await;
    check(Asks::Text, curt, says("Long enough"), Some(Found::Good)).await;
    check(Asks::Text, curt, streams(["Long", " enough"]), Some(Found::Good)).await;
    check(Asks::Text, curt, streams(["Sho", "rt"]), Some(Found::Bad)).await;
    let unsure = ("answer.json.confidence < 0.5", Some("answer.text.startsWith('{')"));
    check(Asks::Text, unsure, says("{\"confidence\": 0.4}"), Some(Found::Bad)).await;
    check(Asks::Text, unsure, says("{\"confidence\": 1}"), Some(Found::Good)).await;
    check(Asks::Text, unsure, says("I do not know."), None).await;
    let call = json!({"tool_calls": [{"id": "1", "type": "function", "function": {"name": "refund", "arguments": "{}"}}]});
    let calls = Reply::json(json!({"choices": [{"message": call}]}).to_string());
    check(Asks::Text, ("'refund' in answer.functions", None), calls, Some(Found::Bad)).await;
    check(Asks::Answer, ("answer.refused || answer.empty", None), says(""), Some(Found::Bad)).await;
}

#[tokio::test]
async fn what_cannot_be_known_is_neither_good_nor_bad() {
    let curt = ("answer.length < 6", None);
    check(Asks::Text, curt, says("Short").header("content-encoding", "gzip"), Some(Found::Unknown)).await;
    check(Asks::Text, curt, says(&"x".repeat(65 << 10)), Some(Found::Unknown)).await;
    check(Asks::Text, curt, says(&"x".repeat(2 << 20)), Some(Found::Unknown)).await;
    check(Asks::Text, ("answer.json.confidence < 0.5", None), says("{}"), Some(Found::Unknown)).await;
    check(Asks::Text, ("answer.json.confidence < 0.5", None), says("no JSON"), Some(Found::Unknown)).await;
    check(Asks::Text, ("answer.mood == 'bad'", None), says("of a later version"), Some(Found::Unknown)).await;
}

#[tokio::test]
async fn answers_that_there_are_not_say_nothing() {
    let curt = ("answer.length < 6", None);
    check(Asks::Text, curt, says("Short").status(500), None).await;
    check(Asks::Text, curt, says("Short").ending(Ending::BreakOff), None).await;
    let failed = ("outcome.class in ['upstreamError', 'truncated']", None);
    check(Asks::Passing, failed, says("Short").status(500), Some(Found::Bad)).await;
    check(Asks::Passing, failed, says("Short").ending(Ending::BreakOff), Some(Found::Bad)).await;
    check(Asks::Passing, failed, says("Short"), Some(Found::Good)).await;
    check(Asks::Passing, ("outcome.latency > 60000", None), says("Short").status(500), Some(Found::Unknown))
        .await;
}
