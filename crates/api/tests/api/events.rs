//! The stream of events: in the order of the log, without gaps after a break.

use crate::world::{World, noted, progressing, report};
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use viridian_core::id::RolloutName;

/// How long an event may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

struct Reader {
    lines: Lines<BufReader<TcpStream>>,
}

/// One event as it came.
#[derive(Debug)]
struct Seen {
    id: Option<u64>,
    kind: String,
    data: Value,
}

impl Reader {
    async fn follow(world: &World, query: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(&world.address).await.unwrap();
        let request =
            format!("GET /api/v1/events{query} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n", world.address);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        while !lines.next_line().await.unwrap().unwrap().is_empty() {}
        Self { lines }
    }

    /// The next event; nothing at the end of the stream. Comments and the sizes of chunks are passed over.
    async fn next(&mut self) -> Option<Seen> {
        let mut seen = Seen { id: None, kind: String::new(), data: Value::Null };
        loop {
            let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await.unwrap().unwrap()?;
            match line.split_once(": ") {
                Some(("id", id)) => seen.id = id.parse().ok(),
                Some(("event", kind)) => seen.kind = kind.to_owned(),
                Some(("data", data)) => {
                    seen.data = serde_json::from_str(data).unwrap();
                }
                _ if seen.data != Value::Null && line.is_empty() => return Some(seen),
                _ => {}
            }
        }
    }

    async fn next_of(&mut self, kind: &str) -> Seen {
        loop {
            let seen = self.next().await.unwrap();
            if seen.kind == kind {
                return seen;
            }
        }
    }
}

#[tokio::test]
async fn a_stream_tells_the_log_and_goes_on() {
    let world = World::furnished().await;
    let mut reader = Reader::follow(&world, "?after=0", "").await;
    let first = reader.next().await.unwrap();
    assert_eq!((first.id, first.kind.as_str()), (Some(1), "application.applied"));
    assert_eq!(first.data["application"], "support-chat");
    reader.next_of("application.baseline").await;
    let request = r#"{"name": "r1", "application": "support-chat", "candidate": "support-chat-v2"}"#;
    world.post("/api/v1/rollouts", request).await;
    let started = reader.next_of("rollout.started").await;
    assert_eq!(started.data["rollout"], "r1");
    world.go("r1", progressing(1), "so it goes");
    let moved = reader.next_of("rollout.moved").await;
    assert_eq!(
        (&moved.data["phase"], &moved.data["sentence"]),
        (&"Progressing".into(), &"so it goes".into())
    );
}

#[tokio::test]
async fn a_broken_stream_is_taken_up_where_it_broke_off() {
    let world = World::with_rollout().await;
    let mut reader = Reader::follow(&world, "?after=0", "").await;
    let second = reader.next_of("release.registered").await.id.unwrap();
    let mut resumed = Reader::follow(&world, "?after=0", &format!("last-event-id: {second}\r\n")).await;
    assert_eq!(resumed.next().await.unwrap().id, Some(second + 1));
}

#[tokio::test]
async fn without_a_place_a_stream_begins_now() {
    let world = World::with_rollout().await;
    let mut reader = Reader::follow(&world, "", "").await;
    world.go("r1", progressing(1), "so it goes");
    assert_eq!(reader.next().await.unwrap().kind, "rollout.moved");
}

#[tokio::test]
async fn reports_are_passed_on_without_a_number() {
    let world = World::with_rollout().await;
    let mut reader = Reader::follow(&world, "", "").await;
    world.store.note_report(&RolloutName::parse("r1").unwrap(), noted(report("waiting: more requests")));
    let seen = reader.next_of("rollout.report").await;
    assert_eq!((seen.id, &seen.data["sentence"]), (None, &"waiting: more requests".into()));
    assert_eq!(seen.data["report"]["analysis"]["split"]["sound"], true);
}

#[tokio::test]
async fn a_stream_ends_with_the_control_plane() {
    let mut world = World::with_rollout().await;
    let mut reader = Reader::follow(&world, "?after=0", "").await;
    reader.next().await.unwrap();
    world.stop();
    while let Some(seen) = reader.next().await {
        assert!(seen.id.is_some(), "{seen:?}");
    }
}

#[tokio::test]
async fn nonsense_is_no_place_in_the_log() {
    let world = World::new().await;
    let answer = world.send(axum::http::Method::GET, "/api/v1/events", &[("last-event-id", "x")], "").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "malformed"));
    assert_eq!(world.get("/api/v1/events?after=x").await.code(), "malformed");
}
