//! Feedback: one opinion per request, the right one, counted when it is ripe.

use crate::world::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use viridian_core::analysis::row::{FeedbackRecord, Opinion, Standing};
use viridian_core::analysis::tally::Counts;
use viridian_core::arm::Arm;
use viridian_core::companion::Elsewhere;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::metric::Metric;
use viridian_core::unit::Group;
use viridian_store::{FeedbackReceipt, Store, TableChange};

/// How old a request has to be in these tests before its feedback counts, in minutes.
const MATURITY: u64 = 60;

/// Feedback on a request that was answered and commented on so many minutes after the beginning.
pub(crate) fn record(request: &str, issued: u64, received: u64) -> FeedbackRecord {
    FeedbackRecord {
        request: request.to_owned(),
        application: application_name(),
        epoch: EpochId(1),
        arm: Arm::Candidate,
        group: Group(5),
        evidence: Standing::Measured,
        issued_at: later(issued),
        received_at: later(received),
        opinion: Some(Opinion::Good),
        scores: Vec::new(),
        elsewhere: Elsewhere::NOWHERE,
    }
}

fn bad(record: FeedbackRecord) -> FeedbackRecord {
    FeedbackRecord { opinion: Some(Opinion::Bad), ..record }
}

pub(crate) fn with_epochs(directory: &std::path::Path) -> Store {
    let store = furnished(directory);
    store.reserve_generations(&application_name(), 100).unwrap();
    for id in 1..=2 {
        let span = epoch(id, percent(10));
        let table = table(&store, id.into(), &span);
        let change = TableChange { table: &table, epoch: Some(&span), because: "a test", at: NOW };
        store.commit_table(&change).unwrap();
    }
    store
}

fn maturity() -> BTreeMap<ApplicationName, std::time::Duration> {
    BTreeMap::from([(application_name(), minutes(MATURITY))])
}

/// The candidate's feedback in the first epoch at a minute.
fn counted(store: &Store, minute: u64) -> Counts {
    let evidence = store.evidence(&application_name(), EpochId(1), minutes(MATURITY), later(minute)).unwrap();
    let arm = &evidence.epochs[0].candidate;
    let grouped = arm.groups.counts(Metric::Feedback)[5];
    assert_eq!(grouped, arm.counts(Metric::Feedback), "the group has what the arm has");
    grouped
}

#[test]
fn a_request_is_counted_once_whatever_is_said_about_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path());
    let first = store.record_feedback(&[record("a", 0, 1), record("b", 0, 1)], &maturity()).unwrap();
    assert_eq!(first, FeedbackReceipt { accepted: 2, changed: 0, ignored: 0 });
    let again =
        store.record_feedback(&[record("a", 0, 1), bad(record("b", 0, 2)), record("c", 0, 2)], &maturity());
    assert_eq!(again.unwrap(), FeedbackReceipt { accepted: 1, changed: 1, ignored: 1 });
    assert_eq!(counted(&store, 1_000), Counts::of_share(3, 1));
}

#[test]
fn feedback_counts_when_its_request_is_old_enough() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path());
    store.record_feedback(&[record("a", 0, 1), bad(record("b", 30, 31))], &maturity()).unwrap();
    assert_eq!(counted(&store, MATURITY - 1).trials, 0);
    assert_eq!(counted(&store, MATURITY).trials, 1);
    assert_eq!(counted(&store, 30 + MATURITY).trials, 2);
}

#[test]
fn what_no_draw_decided_is_kept_and_not_counted() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path());
    let exempt = FeedbackRecord { evidence: Standing::Exempt, ..bad(record("a", 0, 1)) };
    let receipt = store.record_feedback(&[exempt], &maturity()).unwrap();
    assert_eq!((receipt.accepted, counted(&store, 1_000).trials), (1, 0));
}

#[test]
fn folding_counts_all_feedback_and_takes_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path());
    store.record_feedback(&[record("a", 0, 1), bad(record("b", 30, 31))], &maturity()).unwrap();
    fold(&store, later(24 * 60));
    assert_eq!(counted(&store, 0), Counts::of_share(2, 1));
    let late = store.record_feedback(&[bad(record("a", 0, 2)), record("c", 0, 2)], &maturity()).unwrap();
    assert_eq!(late, FeedbackReceipt { accepted: 0, changed: 0, ignored: 2 });
}

/// What a request comes to when these are said about it at these minutes, in any order.
fn check(said: &[(u64, Opinion)], maturity: &BTreeMap<ApplicationName, std::time::Duration>, events: u64) {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path());
    let forwards = said.iter().enumerate();
    let backwards = forwards.clone().rev();
    for (name, order) in [("f", forwards.collect::<Vec<_>>()), ("b", backwards.collect())] {
        for (_, (minute, opinion)) in order {
            let record = FeedbackRecord { opinion: Some(*opinion), ..record(name, 0, *minute) };
            store.record_feedback(&[record], maturity).unwrap();
        }
    }
    let counts = counted(&store, 1_000_000);
    assert_eq!(counts, Counts::of_share(2, 2 * events), "{said:?}");
}

#[test]
fn the_last_word_before_maturity_stands() {
    use Opinion::{Bad, Good};
    check(&[(1, Good), (2, Bad)], &maturity(), 1);
    check(&[(1, Bad), (2, Good)], &maturity(), 0);
    check(&[(MATURITY, Good), (MATURITY + 1, Bad)], &maturity(), 0);
    check(&[(MATURITY + 1, Bad), (MATURITY + 2, Good)], &maturity(), 1);
    check(&[(3, Good), (3, Bad)], &maturity(), 1);
    check(&[(MATURITY, Good), (MATURITY + 1, Bad)], &BTreeMap::new(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_order_and_number_of_records_does_not_matter(
        said in prop::collection::vec((0u8..4, 0u64..2 * MATURITY, any::<bool>()), 1..24).prop_flat_map(|said| {
            (Just(said.clone()), Just(said).prop_shuffle())
        }),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let stores = ["one", "other"].map(|name| with_epochs(&directory.path().join(name)));
        for (store, order) in stores.iter().zip([&said.0, &said.1]) {
            for (request, minute, good) in order.iter().chain(order.first()) {
                let given = record(&format!("request-{request}"), 0, *minute);
                let given = if *good { given } else { bad(given) };
                store.record_feedback(&[given], &maturity()).unwrap();
            }
        }
        prop_assert_eq!(counted(&stores[0], 1_000_000), counted(&stores[1], 1_000_000));
    }
}
