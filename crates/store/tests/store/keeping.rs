//! What is kept, and for how long: a little is folded at a time, no sum changes, and whoever comes too late is not
//! counted twice.

use crate::world::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use viridian_core::analysis::measurement::{ArmCounts, Evidence};
use viridian_core::analysis::row::{FeedbackRecord, GroupRow, Opinion, Origin, TallyRow};
use viridian_core::analysis::tally::{Counts, GroupTally, Tally};
use viridian_core::arm::Arm;
use viridian_core::guard::{Guard, Margin};
use viridian_core::id::{BootId, EpochId, NodeName};
use viridian_core::metric::Metric;
use viridian_core::time::Timestamp;
use viridian_core::unit::UnitHash;
use viridian_store::{Commit, Existing, Folding, Retention, Store};

const DAY: u64 = 24 * 60;

/// A store whose application stays in its first epoch.
fn at_rest(directory: &Path) -> Store {
    let store = furnished(directory);
    store.reserve_generations(&application_name(), 100).unwrap();
    start(&store, "r1", "v2").unwrap();
    let span = epoch(1, percent(10));
    let (routing, next, report) = (table(&store, 1, &span), progressing(1, percent(10)), report("it began"));
    let name = rollout_name("r1");
    let begun = Commit { table: Some(&routing), epoch: Some(&span), ..bare(&name, &next, &report) };
    store.commit(&begun).unwrap();
    store
}

fn slot(minute: u64) -> Timestamp {
    Timestamp(NOW.0 - NOW.0 % 60_000 + minute * 60_000)
}

/// One gateway's start reports what it counted until a minute, in that minute.
fn report_at(store: &Store, boot: u64, minute: u64, requests: u64) {
    let origin = Origin { node: NodeName::parse("gateway-1").unwrap(), boot: BootId(boot) };
    let mut tally = Tally { classes: [requests, 0, 0, 0, 0, 0, 0, 0], ..Tally::default() };
    tally.metrics[0] = Counts::of_share(requests, 1);
    let mut groups = GroupTally::default();
    groups.units.insert(UnitHash(boot));
    groups.record_counts(Metric::Errors, UnitHash(70).group(), tally.metrics[0]);
    let (application, epoch, arm) = (application_name(), EpochId(1), Arm::Candidate);
    let row = TallyRow { application: application.clone(), epoch, slot: slot(minute), arm, tally };
    store.record(&origin, &[row], &[GroupRow { application, epoch, arm, groups }]).unwrap();
}

fn counts(store: &Store) -> ArmCounts {
    let Evidence { epochs } =
        store.evidence(&application_name(), EpochId(1), minutes(0), later(100 * DAY)).unwrap();
    epochs[0].candidate.clone()
}

pub(crate) fn rows(directory: &Path, table: &str) -> u64 {
    raw(directory).query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

fn fold_once(store: &Store, minute: u64) -> Folding {
    store.fold(&application_name(), &Retention::default(), later(minute)).unwrap()
}

#[test]
fn starts_of_gateways_that_are_gone_become_part_of_the_total() {
    let directory = tempfile::tempdir().unwrap();
    let store = at_rest(directory.path());
    for boot in 1..=100 {
        report_at(&store, boot, boot, 10);
    }
    // One of them goes on.
    report_at(&store, 7, 2 * DAY, 20);
    let before = counts(&store);
    fold(&store, later(2 * DAY + 30));
    assert_eq!(counts(&store), before);
    assert_eq!((rows(directory.path(), "group_tallies"), rows(directory.path(), "tallies")), (1, 1));
    report_at(&store, 7, 2 * DAY + 31, 25);
    assert_ne!(counts(&store).groups, before.groups, "whoever is heard is counted on");
    // Another one comes back with what was folded of it: that is not counted again.
    let before = counts(&store).groups;
    report_at(&store, 8, 2 * DAY + 32, 15);
    assert_eq!(counts(&store).groups, before);
}

#[test]
fn opinions_expire_in_an_epoch_that_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let store = at_rest(directory.path());
    let say = |request: &str, minute, opinion| {
        let record =
            FeedbackRecord { opinion: Some(opinion), ..crate::feedback::record(request, minute, minute + 1) };
        store.record_feedback(&[FeedbackRecord { epoch: EpochId(1), ..record }], &BTreeMap::new()).unwrap()
    };
    for number in 0..600 {
        say(&format!("old-{number}"), 1, if number < 100 { Opinion::Bad } else { Opinion::Good });
    }
    say("new", 2 * DAY, Opinion::Bad);
    let feedback = |store: &Store| counts(store).tally.metrics[Metric::Feedback.index()];
    let before = feedback(&store);
    fold(&store, later(2 * DAY));
    assert_eq!((feedback(&store), rows(directory.path(), "feedback")), (before, 1));
    assert_eq!(say("old-1", 1, Opinion::Good).ignored, 1, "it was counted, once and for all");
    assert_eq!(say("other", 2 * DAY, Opinion::Good).accepted, 1);
}

#[test]
fn feedback_is_kept_until_it_is_ripe() {
    let directory = tempfile::tempdir().unwrap();
    let store = at_rest(directory.path());
    let mut slow = application();
    slow.guards =
        vec![Guard { maturity: minutes(3 * DAY), ..Guard::new(Metric::Feedback, Margin::Points(300)) }];
    store.apply_application(&slow, NOW).unwrap();
    let record = FeedbackRecord { epoch: EpochId(1), ..crate::feedback::record("slow", 0, 1) };
    store.record_feedback(&[record], &BTreeMap::new()).unwrap();
    for (minute, kept) in [(2 * DAY, 1), (3 * DAY - 1, 1), (3 * DAY + 1, 0)] {
        fold(&store, later(minute));
        assert_eq!(rows(directory.path(), "feedback"), kept, "after {minute} minutes");
    }
}

#[test]
fn a_little_is_folded_at_a_time_and_every_moment_adds_up() {
    let directory = tempfile::tempdir().unwrap();
    let store = at_rest(directory.path());
    for minute in 0..700 {
        report_at(&store, 1, minute, minute + 1);
    }
    let before = counts(&store);
    let mut left = rows(directory.path(), "tallies");
    let mut turns = 0;
    while fold_once(&store, 3 * DAY) == Folding::More {
        let now = rows(directory.path(), "tallies");
        assert!(left - now <= 256, "{} rows in one transaction", left - now);
        left = now;
        turns += 1;
        assert_eq!(counts(&store), before, "after {turns} turns");
    }
    assert!(left == 0 && turns > 2, "{left} rows left after {turns} turns");
    assert_eq!(fold_once(&store, 3 * DAY), Folding::Done);
}

/// Whoever folds does not keep an order from being written, and neither does a copy.
#[test]
fn orders_are_taken_while_a_copy_is_made_and_rows_are_folded() {
    let directory = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let store = at_rest(directory.path());
    for minute in 0..600 {
        report_at(&store, minute % 40, minute, minute + 1);
    }
    let before = counts(&store);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| while fold_once(&store, 3 * DAY) == Folding::More {});
        let copier = scope.spawn(|| {
            let mut copies_made = 0;
            while !stop.load(Ordering::SeqCst) {
                store.backup_to(&copies.path().join("copy.db"), Existing::Replace).unwrap();
                copies_made += 1;
            }
            copies_made
        });
        for sequence in 2..60 {
            let next = progressing(sequence, percent(10));
            store.commit(&bare(&rollout_name("r1"), &next, &report("on it goes"))).unwrap();
        }
        stop.store(true, Ordering::SeqCst);
        assert!(copier.join().unwrap() > 0);
    });
    while fold_once(&store, 3 * DAY) == Folding::More {}
    assert_eq!(counts(&store), before);
    let restored = tempfile::tempdir().unwrap();
    viridian_store::restore(&copies.path().join("copy.db"), restored.path()).unwrap();
    assert_eq!(counts(&open(restored.path())), before, "a copy adds up, whenever it was made");
}

/// Somebody reads for long, and the log beside the database grows meanwhile. It is short again soon after.
#[test]
fn the_log_file_is_short_again_after_a_long_reader() {
    let directory = tempfile::tempdir().unwrap();
    let store = at_rest(directory.path());
    let log = || std::fs::metadata(directory.path().join("viridian.db-wal")).unwrap().len();
    let most = 16 << 20;
    let reader = raw(directory.path());
    reader.execute_batch("BEGIN; SELECT count(*) FROM events").unwrap();
    let answer = "x".repeat(1 << 20);
    for number in 0..24 {
        store.remember(&format!("key-{number}"), "fingerprint", &answer, NOW).unwrap();
    }
    assert!(log() > most, "{} bytes", log());
    drop(reader);
    for number in 0..3 {
        store.remember(&format!("small-{number}"), "fingerprint", "response", NOW).unwrap();
    }
    assert!(log() <= most, "{} bytes", log());
}
