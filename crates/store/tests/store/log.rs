//! The log: appended to, read in order, never changed; a rollout's state is what its events say.

use crate::world::*;
use viridian_core::rollout::command::Command;
use viridian_core::rollout::state::State;
use viridian_store::events::{Fact, Stream};

#[test]
fn nothing_changes_or_deletes_an_event() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let before = store.events_after(0, 100).unwrap();
    assert!(!before.is_empty());
    let raw = raw(directory.path());
    for sql in [
        "UPDATE events SET at = at + 1",
        "UPDATE events SET payload = '{}' WHERE seq = 1",
        "DELETE FROM events",
        "DELETE FROM events WHERE seq = 1",
    ] {
        let refused = raw.execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("an event is never"), "{sql}: {refused}");
    }
    assert_eq!(store.events_after(0, 100).unwrap(), before);
}

#[test]
fn a_place_in_a_stream_is_taken_once() {
    let directory = tempfile::tempdir().unwrap();
    let _store = furnished(directory.path());
    let copy = "INSERT INTO events (stream, stream_seq, at, kind, payload)
        SELECT stream, stream_seq, at, kind, payload FROM events LIMIT 1";
    let refused = raw(directory.path()).execute(copy, []).unwrap_err().to_string();
    assert!(refused.contains("UNIQUE"), "{refused}");
}

#[test]
fn streams_are_numbered_without_gaps_and_the_log_is_read_in_pieces() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    let name = rollout_name("r1");
    store.order(&name, &Command::Pause { by: "ann".to_owned() }, NOW).unwrap();
    store.commit(&bare(&name, &progressing(1, percent(10)), &report("it began"))).unwrap();

    let history = store.history(&Stream::Rollout(name)).unwrap();
    let numbers: Vec<u64> = history.iter().map(|event| event.stream_seq).collect();
    assert_eq!(numbers, [1, 2, 3]);

    let all = store.events_after(0, 100).unwrap();
    assert_eq!(all.last().map(|event| event.seq), Some(store.latest_event().unwrap()));
    let mut piecewise = Vec::new();
    while let Some(event) = {
        let after = piecewise.last().map_or(0, |event: &viridian_store::events::Event| event.seq);
        store.events_after(after, 1).unwrap().pop()
    } {
        piecewise.push(event);
    }
    assert_eq!(piecewise, all);
}

#[test]
fn the_state_of_a_rollout_follows_from_its_events() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let started = start(&store, "r1", "v2").unwrap();
    let name = rollout_name("r1");
    for next in [progressing(1, percent(10)), progressing(2, percent(50)), rolling_back(3), rolled_back(4)] {
        store.commit(&bare(&name, &next, &report("so it goes"))).unwrap();
        let mut state = State::new();
        let mut plan = None;
        for event in store.history(&Stream::Rollout(name.clone())).unwrap() {
            match event.fact {
                Fact::Started { plan: given, .. } => plan = Some(given),
                Fact::Moved(moved) => state = moved.next,
                other => panic!("{other:?} is no fact of this rollout"),
            }
        }
        let stored = store.rollout(&name).unwrap().unwrap();
        assert_eq!((stored.state, Some(stored.plan)), (state, plan));
    }
    assert_eq!(store.rollout(&name).unwrap().unwrap().created_seq, started.created_seq);
}

#[test]
fn the_salt_is_in_no_event() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    let secret = serde_json::to_string(&SALT).unwrap();
    let log = format!(
        "{:?}",
        dump(directory.path()).iter().filter(|row| row.starts_with("events")).collect::<Vec<_>>()
    );
    assert!(log.contains("started") && !log.contains(&secret));
}
