//! Copies: taken while everything goes on, read to the last page before they are used, and never mistaken for what
//! came after them.

use crate::world::*;
use rusqlite::Connection;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use viridian_core::id::Generation;
use viridian_store::{Error, Existing, Store, backup, restore};

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The number that the writer of these tests counts up.
fn counted(copy: &Path) -> u64 {
    let raw = Connection::open(copy).unwrap();
    raw.query_row("SELECT next_generation FROM applications", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_copy_is_of_one_moment_while_writing_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let (begun, ended) = (AtomicU64::new(0), AtomicU64::new(0));
    let stop = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while stop.load(Ordering::SeqCst) == 0 {
                begun.fetch_add(1, Ordering::SeqCst);
                store.reserve_generations(&application_name(), 1).unwrap();
                ended.fetch_add(1, Ordering::SeqCst);
            }
        });
        for number in 0..5 {
            // Something is written before each.
            let least = ended.load(Ordering::SeqCst);
            while ended.load(Ordering::SeqCst) == least {
                std::thread::yield_now();
            }
            let copy = copies.path().join(format!("{number}.db"));
            let before = ended.load(Ordering::SeqCst);
            store.backup_to(&copy, Existing::Keep).unwrap();
            let after = begun.load(Ordering::SeqCst);
            let found = counted(&copy) - 1;
            assert!((before..=after).contains(&found), "{found} is not from {before} to {after}");
        }
        stop.store(1, Ordering::SeqCst);
    });
    assert_eq!(names(copies.path()).len(), 5, "{:?}", names(copies.path()));
}

#[test]
fn a_copy_is_one_file_that_only_its_owner_reads() {
    let directory = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let copy = copies.path().join("copy.db");
    store.backup_to(&copy, Existing::Keep).unwrap();
    assert_eq!(names(copies.path()), ["copy.db"]);
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_is_there_is_replaced_only_on_demand() {
    let directory = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let copy = copies.path().join("copy.db");
    fs::write(&copy, "mine").unwrap();
    let refused = store.backup_to(&copy, Existing::Keep).unwrap_err();
    assert!(matches!(refused, Error::Exists { .. }), "{refused}");
    assert_eq!(fs::read_to_string(&copy).unwrap(), "mine");
    store.backup_to(&copy, Existing::Replace).unwrap();
    assert_eq!(counted(&copy), 1);
    assert_eq!(names(copies.path()), ["copy.db"]);
    let nowhere = store.backup_to(&copies.path().join("nowhere/copy.db"), Existing::Keep).unwrap_err();
    assert!(matches!(nowhere, Error::File { .. }), "{nowhere}");
}

#[test]
fn what_is_restored_is_what_was_copied_and_counts_on_from_beyond() {
    let directory = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let copy = copies.path().join("copy.db");
    start(&store, "r1", "v2").unwrap();
    store.backup_to(&copy, Existing::Keep).unwrap();
    let (events, keys) = (store.events_after(0, 1_000).unwrap(), store.signing_keys().unwrap());
    // What the copy does not know of.
    let used = store.reserve_generations(&application_name(), 1_000).unwrap();
    let (term, again) = (store.term(), directory.path());
    drop(store);
    let later = Store::open(again).unwrap().term();
    assert!(later > term);

    let target = copies.path().join("data");
    restore(&copy, &target).unwrap();
    let restored = Store::open(&target).unwrap();
    assert_eq!(restored.events_after(0, 1_000).unwrap(), events);
    assert!(restored.rollout(&rollout_name("r1")).unwrap().is_some());
    assert!(restored.term() > later, "{:?}", restored.term());
    let next = restored.reserve_generations(&application_name(), 1).unwrap();
    assert!(next.start > used.end + 1_000, "{next:?} after {used:?}");
    let epochs = [next.start, used.end].map(|number| Generation(number).epoch());
    assert!(epochs[0] > epochs[1], "{epochs:?}: what gateways counted since the copy is nobody else's");
    assert_ne!(restored.signing_keys().unwrap(), keys, "ids of before would name what is counted anew");
    assert_eq!(counted(&copy), 1, "the copy itself is left as it is");
}

/// A copy that was tampered with is refused with words, and leaves no database.
fn check_refused(tamper: impl Fn(&Path), word: &str) {
    let directory = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.db");
    furnished(directory.path()).backup_to(&copy, Existing::Keep).unwrap();
    tamper(&copy);
    let target = copies.path().join("data");
    let refused = restore(&copy, &target).unwrap_err().to_string();
    assert!(refused.contains(word), "'{word}' is not in: {refused}");
    assert_eq!(names(&target), ["viridian.lock"]);
    // The same directory takes a sound one.
    furnished(&copies.path().join("other")).backup_to(&copy, Existing::Replace).unwrap();
    restore(&copy, &target).unwrap();
    Store::open(&target).unwrap();
}

#[test]
fn only_a_sound_copy_is_restored() {
    let sql =
        |text: &'static str| move |copy: &Path| Connection::open(copy).unwrap().execute_batch(text).unwrap();
    check_refused(|copy| fs::write(copy, "").unwrap(), "it is empty");
    check_refused(|copy| fs::write(copy, "no database at all").unwrap(), "not a sound Viridian database");
    check_refused(|copy| drop(fs::remove_file(copy)), "copy.db");
    check_refused(sql("PRAGMA user_version = 99"), "a newer version (schema 99");
    check_refused(sql("PRAGMA application_id = 7"), "belongs to another program");
    check_refused(
        sql("PRAGMA foreign_keys = OFF; UPDATE applications SET baseline = 'nobody'"),
        "refers to one that is not there",
    );
    check_refused(
        |copy| {
            let mut bytes = fs::read(copy).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle..middle + 4_096].fill(0xa5);
            fs::write(copy, bytes).unwrap();
        },
        "not a sound Viridian database",
    );
    check_refused(
        |copy| {
            let bytes = fs::read(copy).unwrap();
            fs::write(copy, &bytes[..bytes.len() - 4_096]).unwrap();
        },
        "not a sound Viridian database",
    );
}

#[test]
fn a_damaged_database_is_not_copied() {
    let directory = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.db");
    let none = backup(directory.path(), &copy, Existing::Keep).unwrap_err().to_string();
    assert!(none.contains("there is no database in"), "{none}");
    drop(furnished(directory.path()));
    // Closed, too, it can be copied.
    backup(directory.path(), &copy, Existing::Keep).unwrap();
    let database = directory.path().join("viridian.db");
    let mut bytes = fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4_096].fill(0xa5);
    fs::write(&database, bytes).unwrap();
    let refused = backup(directory.path(), &copy, Existing::Replace).unwrap_err().to_string();
    assert!(refused.contains("viridian.db is not a sound Viridian database"), "{refused}");
    assert_eq!((counted(&copy), names(copies.path())), (1, vec!["copy.db".to_owned()]));
}

#[test]
fn a_data_directory_in_use_is_never_restored_over() {
    let directory = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.db");
    let store = furnished(directory.path());
    store.backup_to(&copy, Existing::Keep).unwrap();
    let refused = restore(&copy, directory.path()).unwrap_err().to_string();
    assert!(refused.contains("is not empty"), "{refused}");
    start(&store, "r1", "v2").unwrap();
}
