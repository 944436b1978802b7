//! Streams pass piece by piece, end visibly when they break off, and are given up when nobody reads them.

use crate::world::World;
use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::time::Duration;
use viridian_core::analysis::tally::Tally;
use viridian_core::outcome::Class;
use viridian_testkit::caller::{post, read};
use viridian_testkit::table::{placement, table};
use viridian_testkit::upstream::{Ending, Live, Reply, Upstream};
use viridian_testkit::wait;

const CHAT: &str = "/apps/support-chat/v1/chat/completions";
const STREAM: &str = r#"{"stream":true}"#;

async fn world(upstream: &Upstream) -> World {
    World::serving([table("support-chat", placement("v1", &upstream.url()))])
}

async fn next(response: &mut Response<Incoming>) -> Bytes {
    response.body_mut().frame().await.unwrap().unwrap().into_data().unwrap()
}

/// An upstream whose next answer the test sends.
async fn live() -> (Upstream, Live) {
    let upstream = Upstream::start().await;
    let (act, live) = Reply::live();
    upstream.next(act);
    (upstream, live)
}

#[tokio::test]
async fn every_piece_arrives_before_the_next_is_sent() {
    let (upstream, live) = live().await;
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let mut response = caller.open(post(CHAT, STREAM)).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert!(!response.headers().contains_key("content-length"));
    for piece in ["data: {\"n\":1}\n\n", ": comment\n\n", "data: {\"n\"", ":2}\n\n", "data: [DONE]\n\n"] {
        live.send(piece);
        assert_eq!(next(&mut response).await, piece);
    }
    assert_eq!(world.handle.traffic().in_flight(), 1);
    drop(live);
    assert!(read(response).await.complete);
    assert_eq!(world.count(Class::Ok).await, 1);
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error_event() {
    for (sent, separator) in [("data: {}\n\n", ""), ("data: {\"half", "\n\n")] {
        let (upstream, live) = live().await;
        let world = world(&upstream).await;
        let mut caller = world.caller().await;
        let mut response = caller.open(post(CHAT, STREAM)).await;
        live.send(sent);
        assert_eq!(next(&mut response).await, sent);
        live.break_off();
        let rest = read(response).await;
        let event = rest.text().strip_prefix(separator).unwrap();
        assert!(event.starts_with("data: {\"error\":{\"message\":\"the upstream broke off\""), "{event}");
        assert!(event.ends_with("\"code\":\"upstream_broke_off\"}}\n\n"), "{event}");
        assert!(rest.complete, "the error event is the end of the stream");
        assert_eq!(world.count(Class::Truncated).await, 1);
    }
}

#[tokio::test]
async fn an_answer_that_is_no_stream_breaks_off_as_its_upstream_does() {
    let upstream = Upstream::start().await;
    upstream.next(Reply::json(r#"{"half":"#).ending(Ending::BreakOff));
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let answer = read(caller.open(post(CHAT, "{}")).await).await;
    assert!(!answer.complete);
    assert_eq!(world.count(Class::Truncated).await, 1);
}

#[tokio::test]
async fn a_stream_that_breaks_after_its_end_is_whole() {
    let upstream = Upstream::start().await;
    upstream.next(Reply::events(["data: {}\n\n", "data: [DONE]\n\n"], Ending::BreakOff));
    let world = world(&upstream).await;
    let answer = world.caller().await.post(CHAT, STREAM).await;
    assert_eq!((answer.text(), answer.complete), ("data: {}\n\ndata: [DONE]\n\n", true));
    assert_eq!(world.count(Class::Ok).await, 1);
}

#[tokio::test]
async fn comments_do_not_keep_a_stream_alive() {
    let (upstream, live) = live().await;
    let mut table = table("support-chat", placement("v1", &upstream.url()));
    table.timeouts.idle = Duration::from_millis(200);
    let world = World::serving([table]);
    let mut caller = world.caller().await;
    let mut response = caller.open(post(CHAT, STREAM)).await;
    live.send("data: {}\n\n");
    assert_eq!(next(&mut response).await, "data: {}\n\n");
    let chatter = tokio::spawn(async move {
        loop {
            tokio::select! {
                () = live.given_up() => return,
                () = tokio::time::sleep(Duration::from_millis(20)) => live.send(": keep-alive\n\n"),
            }
        }
    });
    let rest = read(response).await;
    assert!(rest.text().contains("\"code\":\"upstream_timeout\""), "{}", rest.text());
    chatter.await.unwrap();
    assert_eq!(world.count(Class::Timeout).await, 1);
}

#[tokio::test]
async fn a_caller_who_goes_away_cancels_the_upstream() {
    let (upstream, live) = live().await;
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let mut response = caller.open(post(CHAT, STREAM)).await;
    live.send("data: {}\n\n");
    assert_eq!(next(&mut response).await, "data: {}\n\n");
    drop(response);
    drop(caller);
    live.given_up().await;
    assert_eq!(world.count(Class::Cancelled).await, 1);
    assert_eq!(world.handle.traffic().recorded, 1);
}

#[tokio::test]
async fn a_caller_who_does_not_wait_for_an_answer_cancels_the_upstream() {
    let upstream = Upstream::start().await;
    upstream.next(viridian_testkit::upstream::Act::Silence);
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let answer = Box::pin(caller.open(post(CHAT, "{}")));
    tokio::select! {
        _ = answer => panic!("silence is no answer"),
        () = wait::until("the request arrived", || upstream.requests() == 1) => {}
    }
    drop(caller);
    wait::until("the upstream is told", || upstream.abandoned() == 1).await;
    assert_eq!(world.count(Class::Cancelled).await, 1);
}

#[tokio::test]
async fn a_slow_reader_slows_the_upstream_down() {
    let (upstream, live) = live().await;
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let response = caller.open(post(CHAT, STREAM)).await;
    // Far more than all buffers on the way hold together.
    let event = format!("data: {}\n\n", "x".repeat(64 * 1024));
    for _ in 0..1_000 {
        live.send(event.clone());
    }
    let taken = wait::at_rest("the stream", || live.taken()).await;
    assert!((1..500).contains(&taken), "{taken} of 1000 events are on their way to a caller who reads none");
    drop(live);
    let answer = read(response).await;
    assert_eq!(answer.body.len(), event.len() * 1_000);
    assert_eq!(world.count(Class::Ok).await, 1);
}

/// The times to the first event that were measured, and the longest time to the last byte, in microseconds.
async fn measured(world: &World) -> (Vec<u64>, u64) {
    let mut sum = Tally::default();
    world.settled().await.tallies.iter().for_each(|row| sum.add(&row.tally));
    let first = (1..=sum.first_token.count()).filter_map(|rank| sum.first_token.at_rank(rank)).collect();
    (first, sum.latency.quantile(1.0).unwrap_or_default())
}

#[tokio::test]
async fn the_time_to_the_first_token_is_that_of_the_first_event() {
    let (upstream, live) = live().await;
    let world = world(&upstream).await;
    let mut caller = world.caller().await;
    let mut response = caller.open(post(CHAT, STREAM)).await;
    live.send(": not yet\n\n");
    next(&mut response).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    live.send("data: {\"n\":1}\n\n");
    next(&mut response).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    live.send("data: [DONE]\n\n");
    drop(live);
    assert!(read(response).await.complete);
    let (first, last) = measured(&world).await;
    assert!(first.len() == 1 && first[0] >= 30_000 && first[0] < last, "{first:?}, {last}");
}

#[tokio::test]
async fn what_is_no_stream_has_no_first_token() {
    let check = async |body: &'static str, reply: Reply, class: Class| {
        let upstream = Upstream::start().await;
        upstream.next(reply);
        let world = world(&upstream).await;
        world.caller().await.send(post(CHAT, body)).await;
        assert_eq!(world.count(class).await, 1, "{body}");
        assert_eq!(measured(&world).await.0, [0; 0], "{body}");
    };
    check("{}", Reply::json("{}"), Class::Ok).await;
    check(STREAM, Reply::json("{}").status(503), Class::UpstreamError).await;
}
