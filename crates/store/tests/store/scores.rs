//! Scores: one of each kind per request, the last before maturity, counted when it is ripe and never by another judge.

use crate::feedback::record;
use crate::world::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use viridian_core::analysis::measurement::ArmCounts;
use viridian_core::analysis::row::{FeedbackRecord, Opinion, Standing};
use viridian_core::analysis::tally::Counts;
use viridian_core::arm::Arm;
use viridian_core::id::{ApplicationName, EpochId};
use viridian_core::metric::Metric;
use viridian_core::score::{Given, Score};
use viridian_store::{FeedbackReceipt, Store};

/// How old a request has to be in these tests before its scores count, in minutes.
const MATURITY: u64 = 60;

/// A score from 1 to 5 by a version of a judge.
pub(crate) fn score(version: u64) -> Score {
    Score::new("helpful", version, 1, 5).unwrap()
}

/// Feedback that gives scores and no opinion.
pub(crate) fn scored(record: FeedbackRecord, scores: &[(Score, f64)]) -> FeedbackRecord {
    let given =
        |(score, number): &(Score, f64)| Given { score: *score, level: score.level(*number).unwrap() };
    FeedbackRecord { opinion: None, scores: scores.iter().map(given).collect(), ..record }
}

fn maturity() -> BTreeMap<ApplicationName, std::time::Duration> {
    BTreeMap::from([(application_name(), minutes(MATURITY))])
}

fn take(store: &Store, records: &[FeedbackRecord]) -> FeedbackReceipt {
    store.record_feedback(records, &maturity()).unwrap()
}

/// What the candidate did in the first epoch, as it is known at a minute.
fn candidate(store: &Store, minute: u64) -> ArmCounts {
    let evidence = store.evidence(&application_name(), EpochId(1), minutes(MATURITY), later(minute)).unwrap();
    evidence.epochs[0].candidate.clone()
}

/// Scores of a version: how many of each hundredth below the top, and that its group has what the arm has.
fn counted(store: &Store, version: u64, minute: u64) -> Vec<(i8, u64)> {
    let arm = candidate(store, minute);
    let metric = Metric::Score(score(version));
    assert_eq!(arm.groups.counts(metric)[5], arm.counts(metric));
    arm.tally.scores(score(version)).hundredths().collect()
}

fn with_epochs(directory: &Path) -> Store {
    crate::feedback::with_epochs(directory)
}

#[test]
fn each_score_of_a_request_is_counted_once_and_beside_its_opinion() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path());
    let both = FeedbackRecord {
        opinion: Some(Opinion::Bad),
        ..scored(record("a", 0, 1), &[(score(1), 4.0), (score(2), 1.0)])
    };
    assert_eq!(
        take(&store, std::slice::from_ref(&both)),
        FeedbackReceipt { accepted: 1, changed: 0, ignored: 0 }
    );
    let again =
        [both, scored(record("a", 0, 2), &[(score(1), 5.0)]), scored(record("b", 0, 2), &[(score(1), 2.0)])];
    assert_eq!(take(&store, &again), FeedbackReceipt { accepted: 1, changed: 1, ignored: 1 });
    assert_eq!(counted(&store, 1, 1_000), [(0, 1), (75, 1)]);
    assert_eq!(counted(&store, 2, 1_000), [(100, 1)], "of another judge");
    assert_eq!(candidate(&store, 1_000).counts(Metric::Feedback), Counts::of_share(1, 1));
}

#[test]
fn scores_count_when_their_request_is_old_enough_and_drawn() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path());
    let exempt =
        FeedbackRecord { evidence: Standing::Exempt, ..scored(record("x", 0, 1), &[(score(1), 1.0)]) };
    let ripe = scored(record("a", 0, 1), &[(score(1), 5.0)]);
    let ripening = scored(record("b", 30, 31), &[(score(1), 3.0)]);
    take(&store, &[exempt, ripe, ripening]);
    assert_eq!(counted(&store, 1, MATURITY - 1), []);
    assert_eq!(counted(&store, 1, MATURITY), [(0, 1)]);
    assert_eq!(counted(&store, 1, 30 + MATURITY), [(0, 1), (50, 1)]);
}

#[test]
fn the_last_score_before_maturity_stands() {
    let check = |given: &[(u64, f64)], expected: i8| {
        for order in [given.to_vec(), given.iter().rev().copied().collect()] {
            let directory = tempfile::tempdir().unwrap();
            let store = with_epochs(directory.path());
            for (minute, number) in &order {
                take(&store, &[scored(record("a", 0, *minute), &[(score(1), *number)])]);
            }
            assert_eq!(counted(&store, 1, 1_000_000), [(expected, 1)], "{order:?}");
        }
    };
    check(&[(1, 5.0), (2, 3.0)], 50);
    check(&[(1, 3.0), (2, 5.0)], 0);
    check(&[(MATURITY, 5.0), (MATURITY + 1, 1.0)], 0);
    check(&[(MATURITY + 1, 1.0), (MATURITY + 2, 5.0)], 100);
    // At the same moment: the lower one.
    check(&[(3, 5.0), (3, 2.0)], 75);
}

#[test]
fn folding_adds_scores_up_and_takes_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path());
    take(&store, &[scored(record("a", 0, 1), &[(score(1), 4.0), (score(2), 2.0)])]);
    take(&store, &[scored(record("b", 1, 2), &[(score(1), 4.0)])]);
    let exempt =
        FeedbackRecord { evidence: Standing::Exempt, ..scored(record("x", 0, 1), &[(score(1), 1.0)]) };
    take(&store, &[exempt]);
    let before = candidate(&store, 1_000);
    fold(&store, later(24 * 60 + 10));
    assert_eq!(crate::keeping::rows(directory.path(), "scores"), 0);
    assert_eq!(candidate(&store, 0), before, "what is folded is ripe");
    let late = take(
        &store,
        &[scored(record("a", 0, 2), &[(score(1), 1.0)]), scored(record("c", 0, 2), &[(score(1), 1.0)])],
    );
    assert_eq!(late, FeedbackReceipt { accepted: 0, changed: 0, ignored: 2 });
    assert_eq!(candidate(&store, 0), before);
}

#[test]
fn what_the_baseline_was_scored_lately_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path());
    let of_baseline =
        |request: &str, minute| FeedbackRecord { arm: Arm::Baseline, ..record(request, minute, minute + 1) };
    take(
        &store,
        &[
            scored(of_baseline("a", 0), &[(score(1), 1.0)]),
            scored(of_baseline("b", 30), &[(score(1), 5.0)]),
            scored(record("c", 30, 31), &[(score(1), 1.0)]),
        ],
    );
    let recent = store.recent(&application_name(), later(20), minutes(0), later(31)).unwrap();
    assert_eq!(recent.baseline.counts(Metric::Score(score(1))), Counts::of_sum(1, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_order_and_number_of_records_does_not_matter(
        given in prop::collection::vec((0u8..4, 0u64..2 * MATURITY, 1u8..=5, 1u64..=2), 1..24).prop_flat_map(|given| {
            (Just(given.clone()), Just(given).prop_shuffle())
        }),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let stores = ["one", "other"].map(|name| with_epochs(&directory.path().join(name)));
        for (store, order) in stores.iter().zip([&given.0, &given.1]) {
            for (request, minute, number, version) in order.iter().chain(order.first()) {
                let said = record(&format!("request-{request}"), 0, *minute);
                take(store, &[scored(said, &[(score(*version), f64::from(*number))])]);
            }
        }
        prop_assert_eq!(candidate(&stores[0], 1_000_000), candidate(&stores[1], 1_000_000));
    }
}
