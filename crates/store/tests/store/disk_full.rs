//! A full disk: steps forward hold, the way back is open, and everything goes on when there is room again.

use crate::world::*;
use std::fs;
use std::path::PathBuf;
use viridian_core::analysis::row::Origin;
use viridian_core::id::{BootId, NodeName};
use viridian_core::rollout::command::Command;
use viridian_store::events::{Fact, Stream};
use viridian_store::{Commit, Committed, Error, Options, Store};
use viridian_testkit::disk::Disk;

const DISK_BYTES: u64 = 4 << 20;
const BALLAST_BYTES: u64 = 512 << 10;

fn small() -> Option<Disk> {
    Disk::of(DISK_BYTES)
}

fn open_on(disk: &Disk) -> Result<Store, Error> {
    Store::open_with(&directory(disk), &Options { ballast: BALLAST_BYTES })
}

fn directory(disk: &Disk) -> PathBuf {
    disk.path().join("data")
}

fn has_ballast(disk: &Disk) -> bool {
    let held = fs::metadata(directory(disk).join("viridian.ballast"));
    held.is_ok_and(|file| file.len() == BALLAST_BYTES)
}

fn pause() -> Command {
    Command::Pause { by: "ann".to_owned() }
}

fn rollback() -> Command {
    Command::Rollback { by: "ann".to_owned(), reason: None }
}

fn check_unwritable<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    assert!(matches!(outcome, Err(Error::Unwritable(_))), "{outcome:?}");
}

/// A store with a rollout at 10 %, on a disk without room.
fn full(disk: &Disk) -> Store {
    let store = open_on(disk).unwrap();
    furnish(&store);
    start(&store, "r1", "v2").unwrap();
    let (name, next, report) = (rollout_name("r1"), progressing(1, percent(10)), report("it began"));
    let answered = [store.order(&name, &pause(), NOW).unwrap().id];
    store.commit(&Commit { answered: &answered, ..bare(&name, &next, &report) }).unwrap();
    assert!(has_ballast(disk));
    disk.fill();
    store
}

#[test]
fn steps_forward_hold_and_the_way_back_is_written() {
    let Some(disk) = small() else { return };
    let store = full(&disk);
    let (name, report) = (rollout_name("r1"), report("so it goes"));
    let forward = progressing(2, percent(50));
    let origin = Origin { node: NodeName::parse("gateway-1").unwrap(), boot: BootId(1) };

    assert_eq!(store.trouble(), None);
    check_unwritable(store.commit(&bare(&name, &forward, &report)));
    let trouble = store.trouble().unwrap();
    assert!(trouble.starts_with("the database cannot be written: "), "{trouble}");
    check_unwritable(store.order(&name, &pause(), NOW));
    check_unwritable(store.register_release(&release("v4", "v4"), NOW));
    assert_eq!(store.rollout(&name).unwrap().unwrap().state, progressing(1, percent(10)));

    let order = store.order(&name, &rollback(), NOW).unwrap();
    assert!(order.durable, "the ballast made room for it");
    assert!(!has_ballast(&disk));
    store.reserve_generations(&application_name(), 100).unwrap();
    let back = rolling_back(2);
    store.commit(&Commit { answered: &[order.id], ..bare(&name, &back, &report) }).unwrap();
    store.commit(&bare(&name, &rolled_back(3), &report)).unwrap();

    assert!(store.trouble().is_some(), "a way back that was written is no end of it");
    // There is room now, and it stays reserved: nothing else may take it.
    check_unwritable(store.register_release(&release("v4", "v4"), NOW));
    check_unwritable(store.record(&origin, &[], &[]));

    disk.free();
    store.register_release(&release("v4", "v4"), NOW).unwrap();
    assert!(has_ballast(&disk), "it is set aside again");
    assert_eq!(store.trouble(), None);
}

#[test]
fn an_order_back_is_kept_in_memory_until_it_can_be_written() {
    let Some(disk) = small() else { return };
    let store = full(&disk);
    let (name, report) = (rollout_name("r1"), report("so it goes"));
    // Somebody else takes the room of the ballast as well.
    fs::remove_file(directory(&disk).join("viridian.ballast")).unwrap();
    disk.fill();

    let order = store.order(&name, &rollback(), NOW).unwrap();
    assert!(!order.durable);
    assert_eq!(store.pending_commands(&name).unwrap(), std::slice::from_ref(&order));
    let answered = [order.id];
    let back = rolling_back(2);
    let commit = Commit { answered: &answered, ..bare(&name, &back, &report) };
    check_unwritable(store.commit(&commit));
    assert_eq!(store.pending_commands(&name).unwrap().len(), 1, "it is still to be answered");

    disk.free();
    assert!(matches!(store.commit(&commit).unwrap(), Committed::Now { .. }));
    assert!(store.pending_commands(&name).unwrap().is_empty());
    let history = store.history(&Stream::Rollout(name)).unwrap();
    let ordered = Fact::Ordered { id: order.id, command: order.command };
    assert!(history.iter().any(|event| event.fact == ordered), "it is history, like any other");
}

#[test]
fn an_order_kept_in_memory_is_written_by_whatever_is_written_next() {
    let Some(disk) = small() else { return };
    let store = full(&disk);
    let name = rollout_name("r1");
    fs::remove_file(directory(&disk).join("viridian.ballast")).unwrap();
    disk.fill();
    let first = store.order(&name, &rollback(), NOW).unwrap();
    let second = store.order(&name, &Command::Abort { by: "bob".to_owned(), reason: None }, NOW).unwrap();
    assert!(first.id < second.id && !second.durable);

    disk.free();
    let third = store.order(&name, &pause(), NOW).unwrap();
    drop(store);

    let pending = open_on(&disk).unwrap().pending_commands(&name).unwrap();
    let ids: Vec<_> = pending.iter().map(|order| order.id).collect();
    assert_eq!(ids, [first.id, second.id, third.id]);
    assert!(pending.iter().all(|order| order.durable));
}

#[test]
fn a_start_on_a_full_disk_can_still_go_back() {
    let Some(disk) = small() else { return };
    drop(full(&disk));
    disk.fill();
    let store = open_on(&disk).unwrap();
    let order = store.order(&rollout_name("r1"), &rollback(), NOW).unwrap();
    assert!(order.durable);
    check_unwritable(store.order(&rollout_name("r1"), &pause(), NOW));
}

#[test]
fn a_new_database_on_a_full_disk_is_refused() {
    let Some(disk) = small() else { return };
    fs::create_dir(directory(&disk)).unwrap();
    disk.fill();
    assert!(open_on(&disk).is_err());
    disk.free();
    furnish(&open_on(&disk).unwrap());
    assert!(directory(&disk).join("viridian.db").exists());
}

#[test]
fn a_directory_that_cannot_be_written_is_refused() {
    let Some(disk) = Disk::read_only() else { return };
    let refused = open_on(&disk).unwrap_err();
    assert!(matches!(refused, Error::Directory { .. }), "{refused}");
}
