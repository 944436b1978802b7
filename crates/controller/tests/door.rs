//! Who is let in at the internal listener, and what the others are told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpListener;
use viridian_controller::{Behind, Door, Entrance, Hub, Intake, Nudge, Registry, TurnedAway};
use viridian_core::time::Timestamp;
use viridian_platform::token::Token;
use viridian_store::Store;
use viridian_testkit::caller::{Answer, Caller};
use viridian_testkit::table::{placement, table};
use viridian_wire::door::{ACKNOWLEDGEMENTS, FAREWELLS, PROTOCOL, REPORTS, TABLES, TERM, mark};

struct World {
    address: SocketAddr,
    hub: Arc<Hub>,
    store: Store,
    turned_away: Arc<TurnedAway>,
    _directory: TempDir,
}

impl World {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        // The second start, so that there is a term before it.
        drop(Store::open(directory.path()).unwrap());
        let store = Store::open(directory.path()).unwrap();
        let clock: viridian_controller::Clock = Arc::new(|| Timestamp(1_790_000_000_000));
        let hub = Arc::new(Hub::new(store.term(), Vec::new(), Arc::clone(&clock)));
        let registry = Arc::new(Registry::resume(store.clone(), Arc::clone(&hub), clock).unwrap());
        let intake = Arc::new(Intake::new(store.clone(), Arc::clone(&hub), Nudge::unheard()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let turned_away = Arc::<TurnedAway>::default();
        let entrance = Entrance {
            listener,
            tls: None,
            token: Token::new("between us"),
            turned_away: Arc::clone(&turned_away),
        };
        let behind = Behind { hub: Arc::clone(&hub), intake, registry, nudge: Nudge::unheard() };
        tokio::spawn(Door::open(entrance, behind, std::future::pending()));
        Self { address, hub, store, turned_away, _directory: directory }
    }

    async fn ask(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut request = Request::post(path).header("host", "controller");
        // What gateways of before say of everything.
        if headers.iter().all(|(name, _)| *name != "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::from(body.to_string())).unwrap();
        Caller::connect(self.address).await.send(request).await
    }

    /// Comes as a gateway does, and answers with the first line of the stream or with the refusal.
    async fn come(&self, body: &Value) -> Value {
        let request =
            Request::post(TABLES).header("host", "controller").header("authorization", "Bearer between us");
        let request = request.header("content-type", "application/json");
        let request = request.body(Bytes::from(body.to_string())).unwrap();
        let mut caller = Caller::connect(self.address).await;
        let mut stream = caller.open(request).await;
        let frame = http_body_util::BodyExt::frame(stream.body_mut()).await.unwrap().unwrap();
        serde_json::from_slice(&frame.into_data().unwrap()).unwrap()
    }
}

fn hello(protocol: u32) -> Value {
    json!({"protocol": protocol, "node": "gw-1", "boot": 7, "version": "0.0.1", "serving": []})
}

const KNOWN: (&str, &str) = ("authorization", "Bearer between us");

#[tokio::test]
async fn who_is_not_let_in_is_told_why_and_counted() {
    let world = World::new().await;
    let report = json!({"origin": {"node": "gw-1", "boot": 7}});
    for (headers, status, word) in [
        (vec![], 401, "token is missing or wrong"),
        (vec![("authorization", "Bearer another")], 401, "token is missing or wrong"),
        (vec![KNOWN, (TERM, "3")], 410, "acts in term 2, and one of term 3 is known"),
    ] {
        let answer = world.ask(REPORTS, &headers, &report).await;
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.text());
        assert!(answer.text().contains(word), "'{word}' is not in {}", answer.text());
        assert_eq!(answer.header(TERM), "2", "every answer names its term");
    }
    assert_eq!(world.turned_away.count(), 3);
    let answer = world.ask(TABLES, &[KNOWN], &json!({"protocol": 1})).await;
    assert_eq!((answer.status, world.turned_away.count()), (400, 3), "{}", answer.text());
    let much = json!({"padding": "x".repeat(33 << 20)});
    let answer = world.ask(REPORTS, &[KNOWN], &much).await;
    assert_eq!(answer.status, 413);
    assert!(answer.text().contains("more than 32 MiB at once are not taken"), "{}", answer.text());
    assert!(world.hub.view().is_empty());
}

#[tokio::test]
async fn peers_of_other_versions_are_served_or_told_what_to_do() {
    let world = World::new().await;
    for protocol in [0, PROTOCOL + 1] {
        let answer = world.ask(TABLES, &[KNOWN], &hello(protocol)).await;
        assert_eq!(answer.status, 426, "{}", answer.text());
        assert!(
            answer.text().contains("bring both to versions that are one apart at most"),
            "{}",
            answer.text()
        );
    }
    assert_eq!(world.turned_away.count(), 2);
    // What a later version adds is passed over, what an earlier one did not know is not missed.
    let mut later = hello(PROTOCOL);
    later["zone"] = json!("eu-1");
    assert_eq!(world.come(&later).await["delta"]["complete"], true);
    let report = json!({
        "origin": {"node": "gw-1", "boot": 7},
        "tallies": [], "groups": [], "feedback": [], "trips": [], "weather": "fine",
    });
    let answer = world.ask(REPORTS, &[KNOWN], &report).await;
    assert_eq!(answer.json(), json!({"durable": true}));
}

/// Whatever a gateway brings: what says its digest has to be what it says, and what says nothing is refused.
#[tokio::test]
async fn what_was_changed_on_the_way_is_refused_and_told() {
    let world = World::new().await;
    world.come(&hello(PROTOCOL)).await;
    let acknowledgement = json!({"node": "gw-1", "boot": 7, "answers": []});
    let report = json!({
        "origin": {"node": "gw-1", "boot": 7},
        "tallies": [], "groups": [], "feedback": [], "trips": [],
    });
    let farewell = json!({"node": "gw-1", "boot": 7});
    let brought =
        [(TABLES, hello(99)), (ACKNOWLEDGEMENTS, acknowledgement), (REPORTS, report), (FAREWELLS, farewell)];
    for (path, body) in &brought {
        let sound = mark::content_type(body.to_string().as_bytes());
        let of_another = mark::content_type(b"{}");
        for kind in [&of_another, &sound[..sound.len() - 1], "application/jsom", ""] {
            let answer = world.ask(path, &[KNOWN, ("content-type", kind)], body).await;
            assert_eq!(answer.status, 503, "{path} as '{kind}': {}", answer.text());
            assert!(answer.text().contains("changed on the way"), "{}", answer.text());
        }
    }
    assert_eq!(world.turned_away.count(), 16);
    assert_eq!(world.hub.view().len(), 1, "nobody has left");
    for ((path, body), status) in brought.iter().zip([426, 204, 200, 204]) {
        let sound = mark::content_type(body.to_string().as_bytes());
        let answer = world.ask(path, &[KNOWN, ("content-type", &sound)], body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_gateway_is_written_down_before_it_is_sent_anything() {
    let world = World::new().await;
    world.hub.publish(table("support-chat", placement("v1", "http://127.0.0.1:1")));
    let first = world.come(&hello(PROTOCOL)).await;
    assert_eq!(first["delta"]["tables"].as_array().unwrap().len(), 1);
    let known = world.store.known_gateways().unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!((known[0].origin.node.as_str(), known[0].origin.boot.0), ("gw-1", 7));
}

#[tokio::test]
async fn a_gateway_whose_clock_is_off_is_told_and_its_counters_are_taken() {
    let world = World::new().await;
    world.come(&hello(PROTOCOL)).await;
    for (clock, told) in [(1_790_000_000_500_u64, Value::Null), (1_790_003_600_000, json!(3_600_000))] {
        let report = json!({
            "origin": {"node": "gw-1", "boot": 7},
            "tallies": [], "groups": [], "feedback": [], "trips": [],
            "vitals": {"clock": clock, "ended": 10, "failed": 0, "lost": 0},
        });
        let answer = world.ask(REPORTS, &[KNOWN], &report).await.json();
        assert_eq!((&answer["durable"], &answer["clockAhead"]), (&json!(true), &told));
    }
}
