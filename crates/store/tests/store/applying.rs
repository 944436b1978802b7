//! Applying several things at once: in any order, all or nothing, and as often as one likes.

use crate::world::*;
use viridian_core::application::Application;
use viridian_store::{Change, Error, Item, Retry, Start, Store, Takeover};

fn check(store: &Store, items: &[Item<'_>], expected: &[Change]) {
    assert_eq!(store.rehearse_apply(items, NOW).unwrap(), expected);
    let before = store.latest_event().unwrap();
    assert_eq!(store.rehearse_apply(items, NOW).unwrap(), expected, "a rehearsal changed something");
    assert_eq!(store.latest_event().unwrap(), before);
    assert_eq!(store.apply(items, NOW).unwrap(), expected);
}

#[test]
fn what_refers_to_later_items_finds_them_and_again_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let (application, v1, v2) = (application(), release("v1", "1"), release("v2", "2"));
    let (proposal, plan) = (proposal("r1", "v2"), plan());
    let start = Start {
        proposal: &proposal,
        plan: &plan,
        salt: SALT,
        takeover: Takeover::Refuse,
        retry: Retry::Refuse,
        at: NOW,
    };
    let items = [
        Item::Rollout(start),
        Item::Release(&v2),
        Item::Application { application: &application, baseline: Some(&v1.name) },
        Item::Release(&v1),
    ];
    check(&store, &items, &[Change::Created; 4]);
    assert_eq!(store.baseline(&application.name).unwrap().unwrap().release, v1);
    assert!(store.active_rollout(&application.name).unwrap().is_some());
    check(&store, &items, &[Change::Unchanged; 4]);

    let labelled = Application { labels: [("team".to_owned(), "cx".to_owned())].into(), ..application };
    let items = [Item::Application { application: &labelled, baseline: Some(&v2.name) }];
    check(&store, &items, &[Change::Configured]);
    assert_eq!(store.baseline(&labelled.name).unwrap().unwrap().release, v1, "only a rollout moves it");
}

#[test]
fn one_bad_item_keeps_all_from_being_applied() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let before = store.latest_event().unwrap();
    let (new, other) = (release("v4", "4"), release("v1", "other"));
    let items = [Item::Release(&new), Item::Release(&other)];
    assert!(matches!(store.rehearse_apply(&items, NOW), Err(Error::Immutable { .. })));
    assert!(matches!(store.apply(&items, NOW), Err(Error::Immutable { .. })));
    assert_eq!(store.release(&new.name).unwrap(), None);
    assert_eq!(store.latest_event().unwrap(), before);
}

#[test]
fn a_name_of_a_rollout_is_never_used_for_another() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    let (proposal, plan) = (proposal("r1", "v3"), plan());
    let start = Start {
        proposal: &proposal,
        plan: &plan,
        salt: SALT,
        takeover: Takeover::Supersede,
        retry: Retry::Refuse,
        at: NOW,
    };
    assert!(matches!(store.apply(&[Item::Rollout(start)], NOW), Err(Error::Exists { .. })));
}
