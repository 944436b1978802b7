//! Idempotency keys: the same request has the same answer for a day.

use crate::world::*;
use viridian_core::rollout::command::Command;
use viridian_store::events::{Fact, Stream};
use viridian_store::{Error, Once, PendingCommand, Store};

#[test]
fn the_same_request_has_the_same_answer_for_a_day() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    assert_eq!(store.recall("k", "body", NOW).unwrap(), None);
    assert_eq!(store.remember("k", "body", "created", NOW).unwrap(), "created");
    assert_eq!(store.remember("k", "body", "other", NOW).unwrap(), "created", "the first answer stands");
    assert_eq!(store.recall("k", "body", later(24 * 60 - 1)).unwrap(), Some("created".to_owned()));
    for reused in [store.recall("k", "other", NOW).map(drop), store.remember("k", "other", "", NOW).map(drop)]
    {
        assert!(matches!(reused, Err(Error::KeyReused { .. })), "{reused:?}");
    }
    assert_eq!(store.recall("k", "body", later(24 * 60)).unwrap(), None);
    assert_eq!(store.remember("k", "other", "new", later(24 * 60)).unwrap(), "new");
}

const ONCE: Once<'static> = Once { key: "k", fingerprint: "body", answer: &answer };

fn answer(order: &PendingCommand) -> String {
    format!("order {} durable {}", order.id.0, order.durable)
}

fn rollback() -> Command {
    Command::Rollback { by: "ada".to_owned(), reason: None }
}

fn orders(store: &Store) -> usize {
    let history = store.history(&Stream::Rollout(rollout_name("r1"))).unwrap();
    history.iter().filter(|event| matches!(event.fact, Fact::Ordered { .. })).count()
}

#[test]
fn an_order_and_its_answer_are_written_down_together() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    let order = store.order_once(&ONCE, &rollout_name("r1"), &rollback(), NOW).unwrap();
    // The process ends at once; whoever asks again is answered as the first time would have been.
    drop(store);
    let store = open(directory.path());
    assert_eq!(store.recall("k", "body", NOW).unwrap(), Some(answer(&order)));
    let again = store.order_once(&ONCE, &rollout_name("r1"), &rollback(), NOW);
    assert!(matches!(again, Err(Error::Refused(_))), "{again:?}");
    let other = Once { fingerprint: "other", ..ONCE };
    let other = store.order_once(&other, &rollout_name("r1"), &rollback(), NOW);
    assert!(matches!(other, Err(Error::KeyReused { .. })), "{other:?}");
    assert_eq!(orders(&store), 1);
}

#[test]
fn an_order_that_is_refused_leaves_no_answer() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let unknown = store.order_once(&ONCE, &rollout_name("r1"), &rollback(), NOW);
    assert!(matches!(unknown, Err(Error::Unknown { .. })), "{unknown:?}");
    assert_eq!(store.recall("k", "body", NOW).unwrap(), None);
}

#[test]
fn the_answer_to_an_order_kept_in_memory_is_remembered_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    let lock = raw(directory.path());
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let order = store.order_once(&ONCE, &rollout_name("r1"), &rollback(), NOW).unwrap();
    assert!(!order.durable);
    assert_eq!(store.recall("k", "body", NOW).unwrap(), Some(answer(&order)));
    let other = store.recall("k", "other", NOW);
    assert!(matches!(other, Err(Error::KeyReused { .. })), "{other:?}");
    lock.execute_batch("ROLLBACK").unwrap();
    store.reserve_generations(&application_name(), 1).unwrap();
    drop(store);
    let store = open(directory.path());
    assert_eq!(store.recall("k", "body", NOW).unwrap(), Some(answer(&order)));
    assert_eq!(orders(&store), 1);
}
