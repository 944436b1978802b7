//! Idempotency keys: the same request has the same answer for a day.

use crate::world::*;
use viridian_store::Error;

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
