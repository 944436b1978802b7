//! Which tables a gateway accepts, and that it serves by the last good ones.

use crate::world::{World, config};
use viridian_core::application::Unit;
use viridian_core::environment::{Endpoint, SecretReference};
use viridian_core::id::{Generation, Term};
use viridian_core::release::{Model, Precedence};
use viridian_core::routing::table::RoutingTable;
use viridian_core::weight::Weight;
use viridian_gateway::Gateway;
use viridian_testkit::caller::{Caller, post};
use viridian_testkit::table::{comparison, placement, snapshot, table};
use viridian_testkit::upstream::Upstream;
use viridian_wire::snapshot::{Delta, LONGEST_TABLE, Snapshot, TableAnswer, length};

const CHAT: &str = "/apps/support-chat/v1/chat/completions";

/// Generation 5 in term 2, on a release of this version.
fn serving(upstream: &Upstream, version: &str) -> RoutingTable {
    let mut table = table("support-chat", placement(version, &upstream.url()));
    table.generation = Generation(5);
    table.term = Term(2);
    table
}

fn term_two(tables: impl IntoIterator<Item = RoutingTable>) -> Snapshot {
    Snapshot { term: Term(2), ..snapshot(tables) }
}

async fn version(world: &World) -> String {
    world.caller().await.post(CHAT, "{}").await.header("x-viridian-release").to_owned()
}

fn offer(world: &World, snapshot: &Snapshot) -> TableAnswer {
    world.handle.offer(snapshot).answers.remove(0)
}

/// Offers a changed table; it is refused for this reason, and the table in service goes on serving.
async fn check(change: impl FnOnce(&mut RoutingTable), reason: &str) {
    let upstream = Upstream::start().await;
    let world = World::serving([]);
    assert_eq!(offer(&world, &term_two([serving(&upstream, "v1")])).serving, Generation(5));
    let mut offered = serving(&upstream, "v2");
    offered.generation = Generation(6);
    change(&mut offered);
    let generation = offered.generation;
    let answer = offer(&world, &term_two([offered]));
    let rejected = answer.rejected.unwrap();
    assert_eq!((answer.serving, rejected.generation), (Generation(5), generation));
    assert!(rejected.reason.contains(reason), "{}", rejected.reason);
    assert_eq!(version(&world).await, "v1");
    assert_eq!(world.handle.metrics().rejected_tables, 1);
}

/// A table that is a little too long, and one that is as long as may be.
#[tokio::test]
async fn a_table_that_is_too_long_is_refused_and_others_of_its_update_are_served() {
    let upstream = Upstream::start().await;
    let world = World::serving([]);
    let named = |name: &str, generation| {
        let table = table(name, placement("v2", &upstream.url()));
        RoutingTable { generation: Generation(generation), term: Term(2), ..table }
    };
    let apply = |tables| world.handle.apply(&delta(Term(2), tables)).answers;
    assert!(apply(vec![named("support-chat", 5)])[0].rejected.is_none());
    let as_long_as_may_be = |excess: usize| {
        let mut table = named("support-chat", 6);
        table.allow_paths = vec![String::from("/")];
        let rest = LONGEST_TABLE - length(&table) + excess;
        table.allow_paths = vec![format!("/{}", "a".repeat(rest))];
        table
    };
    let answers = apply(vec![as_long_as_may_be(1), named("fraud", 1)]);
    let rejected = answers[0].rejected.as_ref().unwrap();
    let reason =
        format!("it is {} bytes long, and more than {LONGEST_TABLE} are not taken", LONGEST_TABLE + 1);
    assert_eq!((answers[0].serving, &rejected.reason), (Generation(5), &reason));
    assert_eq!((answers[1].serving, &answers[1].rejected), (Generation(1), &None));
    let answers = apply(vec![as_long_as_may_be(0)]);
    assert_eq!((answers[0].serving, &answers[0].rejected), (Generation(6), &None));
}

fn delta(term: Term, tables: impl IntoIterator<Item = RoutingTable>) -> Delta {
    let Snapshot { keys, tables, .. } = snapshot(tables);
    Delta { term, number: 1, keys, tables, removed: Vec::new(), complete: true }
}

#[tokio::test]
async fn what_a_delta_does_not_mention_stays_in_service() {
    let upstream = Upstream::start().await;
    let other = table("another", placement("v1", &upstream.url()));
    let world = World::serving([serving(&upstream, "v1")]);
    let answers = world.handle.apply(&delta(Term(1), [other.clone()])).answers;
    assert_eq!(answers.len(), 1, "only what was offered is answered for");
    assert_eq!(version(&world).await, "v1");

    let removal = Delta { removed: vec![other.application.clone()], ..delta(Term(1), []) };
    assert!(world.handle.apply(&removal).answers.is_empty());
    let gone = world.caller().await.post("/apps/another/v1/chat/completions", "{}").await;
    assert_eq!((gone.status, version(&world).await.as_str()), (404, "v1"));
}

#[tokio::test]
async fn a_gateway_serves_by_the_snapshot_it_starts_with() {
    let upstream = Upstream::start().await;
    let first = delta(Term(2), [serving(&upstream, "v1")]);
    let (gateway, answers) = Gateway::start_with(config(), &[first]).unwrap();
    assert_eq!(answers[0].answers[0].serving, Generation(5));
    let answer = Caller::connect(gateway.local_addr()).await.post(CHAT, "{}").await;
    assert_eq!((answer.status, answer.header("x-viridian-release")), (200, "v1"));
    let stale = gateway.handle().offer(&snapshot([serving(&upstream, "v2")])).answers.remove(0);
    assert!(stale.rejected.is_some(), "a snapshot of an older term does not follow it");
}

#[tokio::test]
async fn an_older_table_is_refused() {
    check(|table| table.generation = Generation(4), "generation 4 is older than 5").await;
    check(|table| table.term = Term(1), "term 1 is over").await;
}

#[tokio::test]
async fn one_generation_is_one_table() {
    check(|table| table.generation = Generation(5), "generation 5 is in service with other content").await;
}

#[tokio::test]
async fn a_table_that_cannot_be_served_by_is_refused() {
    check(|table| table.baseline.endpoints.clear(), "release v2 has no endpoint").await;
    check(|table| table.baseline.endpoints[0] = Endpoint("blue".into()), "'blue' is no base URL").await;
    check(|table| table.baseline.version = "v\n2".into(), "does not fit a header").await;
    check(|table| table.unit = Unit::Header("a b".into()), "'a b' is no name of a header").await;
    check(|table| table.allow_paths = vec!["a*b".into()], "'a*b' is no path").await;
    let missing = SecretReference::Environment("VIRIDIAN_NO_SUCH_KEY".into());
    check(|table| table.baseline.bearer = Some(missing.clone()), "env:VIRIDIAN_NO_SUCH_KEY is not set").await;
    let missing = SecretReference::File("/no/such/file".into());
    check(|table| table.baseline.bearer = Some(missing), "file:/no/such/file cannot be read: No such file")
        .await;
    let parameter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let broken = parameter("temperature", "warm");
    check(|table| table.baseline.parameters.values.extend([broken]), "parameter 'temperature' is no JSON")
        .await;
    let model = parameter("model", "\"m\"");
    check(|table| table.baseline.parameters.values.extend([model]), "'model' is set by").await;
    check(
        |table| {
            let mut comparison = comparison(placement("v2", "http://blue"), 100);
            let errors = Weight::FULL;
            comparison.local_guard = Some(viridian_core::application::LocalGuard { errors, min_requests: 0 });
            table.comparison = Some(comparison);
        },
        "the local guard looks at 1 to",
    )
    .await;
}

#[tokio::test]
async fn a_snapshot_that_is_no_whole_is_refused_whole() {
    let upstream = Upstream::start().await;
    let world = World::serving([]);
    let good = term_two([serving(&upstream, "v1")]);
    assert_eq!(offer(&world, &good).rejected, None);
    let check = |snapshot: Snapshot, reason: &str| {
        let answers = world.handle.offer(&snapshot).answers;
        assert_eq!(answers.len(), snapshot.tables.len());
        for answer in answers {
            assert!(answer.rejected.unwrap().reason.contains(reason));
            assert_eq!(answer.serving, Generation(5));
        }
    };
    check(Snapshot { term: Term(1), ..good.clone() }, "term 1 is over, term 2 has begun");
    check(Snapshot { keys: Vec::new(), ..good.clone() }, "no key to sign");
    let twice = vec![good.tables[0].clone(), good.tables[0].clone()];
    check(Snapshot { tables: twice, ..good }, "application support-chat has two tables");
    assert_eq!(version(&world).await, "v1");
}

#[tokio::test]
async fn a_good_table_is_served_by_beside_a_refused_one() {
    let upstream = Upstream::start().await;
    let world = World::serving([]);
    let good = table("triage", placement("v1", &upstream.url()));
    let bad = table("support-chat", placement("v1", "nowhere"));
    let answers = world.handle.offer(&snapshot([bad, good])).answers;
    assert_eq!((answers[0].serving, answers[0].rejected.is_some()), (Generation(0), true));
    assert_eq!((answers[1].serving, answers[1].rejected.is_some()), (Generation(1), false));
    let mut caller = world.caller().await;
    assert_eq!(caller.post(CHAT, "{}").await.status, 404);
    assert_eq!(caller.post("/apps/triage/v1/chat/completions", "{}").await.status, 200);
}

#[tokio::test]
async fn the_same_snapshot_can_be_offered_again_and_missing_applications_are_gone() {
    let upstream = Upstream::start().await;
    let world = World::serving([]);
    let snapshot = term_two([serving(&upstream, "v1")]);
    assert_eq!(offer(&world, &snapshot), offer(&world, &snapshot));
    assert_eq!(version(&world).await, "v1");
    assert!(world.handle.offer(&term_two([])).answers.is_empty());
    assert_eq!(world.caller().await.post(CHAT, "{}").await.status, 404);
}

#[tokio::test]
async fn a_secret_in_service_stays_when_its_file_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    std::fs::write(&file, "sk-1").unwrap();
    let upstream = Upstream::start().await;
    let world = World::serving([]);
    let mut table = serving(&upstream, "v1");
    table.baseline.bearer = Some(SecretReference::File(file.display().to_string()));
    assert_eq!(offer(&world, &term_two([table.clone()])).rejected, None);
    for (generation, content, bearer) in [(6, Some("sk-2"), "Bearer sk-2"), (7, None, "Bearer sk-2")] {
        match content {
            Some(content) => std::fs::write(&file, content).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        table.generation = Generation(generation);
        assert_eq!(offer(&world, &term_two([table.clone()])).rejected, None);
        assert_eq!(version(&world).await, "v1");
        assert_eq!(upstream.last().headers["authorization"], bearer);
    }
}

#[tokio::test]
async fn a_request_whose_body_is_still_coming_is_decided_by_the_newest_table() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let upstream = Upstream::start().await;
    let world = World::serving([]);
    offer(&world, &term_two([serving(&upstream, "v1")]));
    let mut stream = tokio::net::TcpStream::connect(world.gateway.local_addr()).await.unwrap();
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n", "the gateway waits for the body");
    let mut next = serving(&upstream, "v2");
    next.generation = Generation(6);
    assert_eq!(offer(&world, &term_two([next])).serving, Generation(6));
    stream.write_all(b"{}").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("x-viridian-release: v2"), "{answer}");
}

#[tokio::test]
async fn a_model_is_named_in_json() {
    let upstream = Upstream::start().await;
    let mut table = serving(&upstream, "v1");
    table.baseline.model = Some(Model { name: "a\"b".into(), version: None });
    table.baseline.parameters.precedence = Precedence::Release;
    let world = World::serving([]);
    offer(&world, &term_two([table]));
    world.caller().await.send(post(CHAT, "{}")).await;
    assert_eq!(upstream.last().body, r#"{"model":"a\"b"}"#);
}
