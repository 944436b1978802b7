//! How much of the database is looked at: what is done at every start, several times a second and for every list costs
//! the same after ten years as after ten days. Counted in steps of SQLite's own machine, so that no clock is asked.

use crate::transaction::unpoisoned;
use crate::{Activity, Folding, ReleasePlace, Retention, RolloutFilter, Store};
use grown::{Size, grow};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use viridian_core::id::EpochId;
use viridian_core::rollout::command::Command;
use world::*;

#[path = "../tests/store/grown.rs"]
#[expect(dead_code, reason = "the other tests of the store use the rest")]
mod grown;
#[path = "../tests/store/world.rs"]
#[expect(dead_code, reason = "the other tests of the store use the rest")]
mod world;

/// Something that is done again and again.
type Work = fn(&Store);

/// Everything that must not grow with what has ended, by a name for messages.
const WORK: [(&str, Work); 17] = [
    ("the tables at a start", |store| drop(store.tables().unwrap())),
    ("the settled tables at a start", |store| drop(store.settled_tables().unwrap())),
    ("the gateways at a start", |store| drop(store.known_gateways().unwrap())),
    ("the applications", |store| drop(store.applications().unwrap())),
    ("the baseline", |store| drop(store.baseline(&application_name()).unwrap())),
    ("the rollout under way", |store| assert!(store.active_rollout(&application_name()).unwrap().is_some())),
    ("the latest epoch", |store| assert!(store.latest_epoch(&application_name()).unwrap().is_some())),
    ("the orders", |store| drop(store.pending_commands(&rollout_name("under-way")).unwrap())),
    ("what is to be told", |store| drop(store.undelivered().unwrap())),
    ("the evidence", |store| {
        store.evidence(&application_name(), EpochId(u32::MAX), minutes(0), NOW).map(drop).unwrap();
    }),
    ("rollouts that go on", |store| {
        let going_on = RolloutFilter { application: None, activity: Activity::NotEnded };
        assert_eq!(store.rollouts(&going_on).unwrap().len(), 1);
    }),
    ("a part of the rollouts", |store| {
        let of = RolloutFilter { application: Some(application_name()), activity: Activity::Any };
        assert_eq!(store.rollouts_after(500, &of, 20).unwrap().len(), 20);
    }),
    ("a part of the releases", |store| {
        drop(store.releases_after(&ReleasePlace::default(), None, 2).unwrap());
    }),
    ("a part of the log", |store| assert_eq!(store.events_after(700, 50).unwrap().len(), 50)),
    ("the end of the log", |store| assert!(store.latest_event().unwrap() > 0)),
    ("a fold", |store| {
        let folded = store.fold(&application_name(), &Retention::default(), NOW).unwrap();
        assert_eq!(folded, Folding::Done);
    }),
    ("an order and the way back", |store| {
        let name = rollout_name("under-way");
        let command = Command::Rollback { by: "ann".to_owned(), reason: None };
        store.order(&name, &command, NOW).unwrap();
        store.commit(&bare(&name, &rolling_back(2), &report("back it goes"))).unwrap();
        store.commit(&bare(&name, &rolled_back(3), &report("there it is"))).unwrap();
        start(store, "the-next", "v3").unwrap();
    }),
];

/// How many steps each work takes in a database of this size.
fn efforts(size: Size) -> Vec<u64> {
    let directory = tempfile::tempdir().unwrap();
    grow(directory.path(), size);
    let store = open(directory.path());
    let steps = Arc::<AtomicU64>::default();
    let count = || {
        let steps = Arc::clone(&steps);
        Some(move || {
            steps.fetch_add(1, Ordering::Relaxed);
            false
        })
    };
    unpoisoned(&store.inner.writer).connection.progress_handler(1, count()).unwrap();
    unpoisoned(&store.inner.reader).progress_handler(1, count()).unwrap();
    let effort = |work: Work| {
        let before = steps.load(Ordering::Relaxed);
        work(&store);
        steps.load(Ordering::Relaxed) - before
    };
    WORK.iter().map(|(_, work)| effort(*work)).collect()
}

#[test]
fn what_has_ended_costs_nothing() {
    let small = efforts(Size { rollouts: 60, events_each: 15, epochs: 40 });
    let large = efforts(Size { rollouts: 600, events_each: 15, epochs: 40 });
    for ((what, _), (small, large)) in WORK.iter().zip(small.into_iter().zip(large)) {
        assert!(small > 0, "{what}: nothing was counted");
        // A tenth is what a tree of pages that is one level deeper may cost.
        assert!(large <= small + small / 10, "{what}: {small} steps among 60 rollouts, {large} among 600");
    }
}
