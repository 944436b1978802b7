//! The log file beside the database, damaged while nobody had it open: what was promised is there, or the start is
//! refused; it is never gone without a word.

use crate::world::*;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use viridian_store::events::{Event, Fact, Stream};
use viridian_store::{Error, Options, Store};

/// How many transactions the log holds besides those that furnish the store.
const MOVES: u64 = 12;
/// How many places are damaged, one after the other.
const PLACES: usize = 48;

/// What is left of a process that ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It was killed: what it had in memory files is still there.
    Killed,
    /// The machine lost power: only what was brought to the disk is there.
    PowerLost,
}

/// The files of a store that nobody closed, and what had happened in it.
struct Left {
    database: Vec<u8>,
    log: Vec<u8>,
    index: Vec<u8>,
    events: Vec<Event>,
}

fn left() -> Left {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    advance(&store, 1..=MOVES);
    Left::of(directory.path(), &store)
}

fn advance(store: &Store, sequences: std::ops::RangeInclusive<u64>) {
    for sequence in sequences {
        let (next, report) = (progressing(sequence, percent(10)), report("on it goes"));
        store.commit(&bare(&rollout_name("r1"), &next, &report)).unwrap();
    }
}

impl Left {
    fn of(directory: &Path, store: &Store) -> Self {
        let file = |suffix: &str| fs::read(directory.join(format!("viridian.db{suffix}"))).unwrap();
        Self {
            database: file(""),
            log: file("-wal"),
            index: file("-shm"),
            events: store.events_after(0, 10_000).unwrap(),
        }
    }

    /// Opens what is left, with another log in place of what was there.
    fn open(&self, end: End, log: &[u8]) -> (TempDir, Result<Store, Error>) {
        let directory = tempfile::tempdir().unwrap();
        let write = |suffix: &str, bytes: &[u8]| {
            fs::write(directory.path().join(format!("viridian.db{suffix}")), bytes).unwrap();
        };
        write("", &self.database);
        write("-wal", log);
        if end == End::Killed {
            write("-shm", &self.index);
        }
        let opened = Store::open_with(directory.path(), &Options { ballast: 1 << 16 });
        (directory, opened)
    }

    /// What happened is there but for the last so many events, and where the rollout stands is of the same moment.
    fn check_prefix(&self, store: &Store, missing: std::ops::RangeInclusive<usize>) {
        let events = store.events_after(0, 10_000).unwrap();
        assert!(missing.contains(&(self.events.len() - events.len())), "{} events", events.len());
        assert_eq!(events, self.events[..events.len()]);
        let history = store.history(&Stream::Rollout(rollout_name("r1"))).unwrap();
        let last = history.iter().rev().find_map(|event| match &event.fact {
            Fact::Moved(moved) => Some(moved.next.clone()),
            _ => None,
        });
        let stands = store.rollout(&rollout_name("r1")).unwrap().map(|stored| stored.state);
        assert_eq!(stands.filter(|state| state.sequence > 0), last);
    }

    fn places(&self) -> impl Iterator<Item = usize> {
        (0..PLACES).map(|place| place * (self.log.len() - 1) / (PLACES - 1))
    }

    fn flipped(&self, place: usize) -> Vec<u8> {
        let mut log = self.log.clone();
        log[place] ^= 0x10;
        log
    }
}

fn check_refused(end: End, left: &Left, log: &[u8], what: &str) {
    let (directory, opened) = left.open(end, log);
    let refused = opened.map(drop).unwrap_err();
    assert!(matches!(refused, Error::Corrupt { .. }), "{what}: {refused}");
    assert!(refused.to_string().contains("restore a backup"), "{what}: {refused}");
    assert!(fs::read(directory.path().join("viridian.db-wal")).unwrap() == log, "{what}: it was written to");
}

#[test]
fn a_log_that_nobody_closed_is_read() {
    let left = left();
    for end in [End::Killed, End::PowerLost] {
        let (_directory, opened) = left.open(end, &left.log);
        left.check_prefix(&opened.unwrap(), 0..=0);
    }
}

#[test]
fn a_flipped_bit_after_a_kill_is_found() {
    let left = left();
    for place in left.places() {
        check_refused(End::Killed, &left, &left.flipped(place), &format!("byte {place}"));
    }
}

#[test]
fn a_log_cut_short_after_a_kill_is_found() {
    let left = left();
    for length in left.places().filter(|length| *length > 0) {
        check_refused(End::Killed, &left, &left.log[..length], &format!("{length} bytes"));
    }
    check_refused(End::Killed, &left, &[], "nothing");
}

/// Of a machine that lost power nobody knows how far it was. A last transaction that cannot be read may never have been
/// promised; two that cannot be read are one too many.
#[test]
fn a_flipped_bit_without_power_costs_the_last_transaction_at_most() {
    let left = left();
    let (mut opened, mut refused) = (0, 0);
    for place in left.places() {
        let log = left.flipped(place);
        match left.open(End::PowerLost, &log) {
            (_directory, Ok(store)) => {
                left.check_prefix(&store, 0..=1);
                opened += 1;
            }
            (_directory, Err(Error::Corrupt { .. })) => refused += 1,
            (_directory, Err(other)) => unreachable!("byte {place}: {other}"),
        }
    }
    assert!(opened > 0 && refused > opened, "{opened} opened, {refused} refused");
}

/// What a loss of power may leave of a log that is being written.
#[test]
fn a_torn_end_is_one_moment_of_the_story() {
    let left = left();
    let whole = left.log.len();
    for length in [whole - 1, whole - 4_000, whole - 4_200, whole - 9_000, whole / 2] {
        let (_directory, opened) = left.open(End::PowerLost, &left.log[..length]);
        left.check_prefix(&opened.unwrap(), 0..=left.events.len());
        let mut zeroed = left.log.clone();
        zeroed[length..].fill(0);
        let (_directory, opened) = left.open(End::PowerLost, &zeroed);
        left.check_prefix(&opened.unwrap(), 0..=left.events.len());
    }
}

/// A log that is written from its beginning again keeps what was there behind its end.
#[test]
fn what_an_earlier_round_left_is_no_loss() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    advance(&store, 1..=MOVES);
    let restarted: i64 =
        raw(directory.path()).query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0)).unwrap();
    assert_eq!(restarted, 0, "somebody was reading");
    advance(&store, MOVES + 1..=MOVES + 2);
    let left = Left::of(directory.path(), &store);
    for end in [End::Killed, End::PowerLost] {
        let (_directory, opened) = left.open(end, &left.log);
        left.check_prefix(&opened.unwrap(), 0..=0);
    }
    // All of the first round is in the database file, and what follows cannot be read.
    check_refused(End::Killed, &left, &left.flipped(100), "the second round");
}
