//! What was measured: rows that may come twice, late and in any order, and what they are summed to.

use crate::counted::*;
use crate::world::*;
use proptest::prelude::*;
use viridian_core::analysis::measurement::{ArmCounts, Ending, EpochCounts, Evidence, SETTLED_AFTER};
use viridian_core::analysis::row::{FeedbackRecord, GroupRow, TallyRow, slot_of};
use viridian_core::analysis::tally::{GroupTally, Tally};
use viridian_core::arm::Arm;
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::time::Timestamp;
use viridian_core::unit::Group;
use viridian_store::{Commit, Store};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Each row is a running total under its key; whatever arrives when and how often, the highest of each key counts.
    #[test]
    fn the_order_and_number_of_reports_does_not_matter(
        rows in prop::collection::vec(((0u8..2, 0u8..2, 1u32..3, 0u8..2), 1u64..40), 1..30),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let store = with_epochs(directory.path(), 2);
        let mut highest = std::collections::BTreeMap::new();
        for (key, requests) in &rows {
            record(&store, *key, *requests);
            record(&store, *key, *requests);
            let known: &mut u64 = highest.entry(*key).or_default();
            *known = (*known).max(*requests);
        }
        for epoch in 1..3 {
            let mut expected = Tally::default();
            for (_, requests) in highest.iter().filter(|(key, _)| key.2 == epoch) {
                expected.add(&tally(*requests));
            }
            prop_assert_eq!(candidate(&store, epoch).tally, expected);
        }
    }
}

#[test]
fn a_total_that_was_overtaken_takes_nothing_back() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path(), 1);
    let key = (0, 0, 1, 0);
    record(&store, key, 30);
    record_groups(&store, key, 30);
    record(&store, key, 10);
    record_groups(&store, key, 10);
    let counted = candidate(&store, 1);
    assert_eq!((counted.tally, counted.groups), (tally(30), groups(30)));
}

/// A request is reported as drawn, and when it has ended again; the first report may come last.
#[test]
fn a_request_under_way_is_known_and_its_outcome_replaces_nothing_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path(), 1);
    let (mut drawn, mut drawn_of_units) = (tally(30), groups(30));
    drawn.drawn = 33;
    (0..33).for_each(|group| drawn_of_units.drawn.record(Group(group)));
    let report = |tally: &Tally, groups: &GroupTally| {
        let (application, epoch, arm) = (application_name(), EpochId(1), Arm::Candidate);
        let row = TallyRow {
            application: application.clone(),
            epoch,
            slot: slot_of(NOW),
            arm,
            tally: tally.clone(),
        };
        let of_units = GroupRow { application, epoch, arm, groups: groups.clone() };
        store.record(&origin((0, 0, 1, 0)), &[row], &[of_units]).unwrap();
    };
    let check = |tally: &Tally, groups: &GroupTally| {
        let counted = candidate(&store, 1);
        assert_eq!((&counted.tally, &counted.groups), (tally, groups));
    };
    report(&tally(30), &groups(30));
    report(&drawn, &drawn_of_units);
    check(&drawn, &drawn_of_units);
    let (mut ended, mut ended_of_units) = (tally(33), groups(33));
    (ended.drawn, ended_of_units.drawn) = (33, drawn_of_units.drawn.clone());
    report(&ended, &ended_of_units);
    report(&drawn, &drawn_of_units);
    check(&ended, &ended_of_units);
    drop(store);
    let counted = candidate(&open(directory.path()), 1);
    assert_eq!((counted.tally, counted.groups), (ended, ended_of_units), "after a restart");
}

/// The clock tells which epochs are over for so long that all of their requests have ended.
#[test]
fn an_epoch_settles_when_it_has_been_over_for_long() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path(), 2);
    let second = evidence(&store).epochs[1].epoch.started_at;
    let endings = |now| {
        let evidence = store.evidence(&application_name(), EpochId(1), minutes(0), now).unwrap();
        evidence.epochs.iter().map(EpochCounts::ending).collect::<Vec<_>>()
    };
    let settled = second.plus(SETTLED_AFTER);
    assert_eq!(endings(Timestamp(settled.0 - 1)), [Ending::Awaited; 2]);
    assert_eq!(endings(settled), [Ending::Settled, Ending::Awaited]);
    assert_eq!(endings(settled.plus(SETTLED_AFTER)), [Ending::Settled, Ending::Awaited]);
    assert_eq!(endings(second), [Ending::Awaited; 2], "what is cached does not know the time");
}

/// A table back to the baseline is served before its span is written down.
#[test]
fn what_was_counted_in_a_span_that_was_never_written_down_is_kept_and_no_evidence() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path(), 2);
    record(&store, (0, 0, 1, 0), 30);
    record(&store, (0, 0, 3, 0), 12);
    record(&store, (1, 0, 3, 1), 9);
    let unwritten = |arm| store.unwritten(&application_name(), arm).unwrap();
    // Exempt requests were answered, too.
    assert_eq!((unwritten(Arm::Candidate), unwritten(Arm::Baseline)), (12 + 4 + 9 + 3, 0));
    assert_eq!(
        evidence(&store).epochs.iter().map(|counts| counts.candidate.tally.outcomes()).sum::<u64>(),
        30
    );
}

/// Something that happens to a store.
#[derive(Debug, Clone)]
enum Happening {
    Tally(Key, u64),
    Groups(Key, u64),
    Opinion { request: u8, epoch: u32, issued: u64 },
    Fold { minute: u64 },
    Asked { from: u32, minute: u64 },
}

fn happening() -> impl Strategy<Value = Happening> {
    let key = (0u8..2, 0u8..2, 1u32..4, 0u8..40);
    prop_oneof![
        (key.clone(), 1u64..40).prop_map(|(key, requests)| Happening::Tally(key, requests)),
        (key, 1u64..40).prop_map(|(key, requests)| Happening::Groups(key, requests)),
        (0u8..9, 1u32..4, 0u64..200).prop_map(|(request, epoch, issued)| Happening::Opinion {
            request,
            epoch,
            issued
        }),
        (0u64..48 * 60).prop_map(|minute| Happening::Fold { minute }),
        (1u32..4, 0u64..300).prop_map(|(from, minute)| Happening::Asked { from, minute }),
    ]
}

fn happen(store: &Store, happening: &Happening) {
    match happening {
        Happening::Tally(key, requests) => record(store, *key, *requests),
        Happening::Groups(key, requests) => record_groups(store, *key, *requests),
        Happening::Opinion { request, epoch, issued } => {
            let opinion = crate::feedback::record(&format!("{request}"), *issued, issued + 1);
            let opinion = FeedbackRecord { epoch: EpochId(*epoch), ..opinion };
            store.record_feedback(&[opinion], &std::collections::BTreeMap::new()).unwrap();
        }
        Happening::Fold { minute } => fold(store, later(*minute)),
        Happening::Asked { from, minute } => drop(ask(store, *from, *minute)),
    }
}

fn ask(store: &Store, from: u32, minute: u64) -> (Evidence, ArmCounts) {
    let application = application_name();
    let evidence = store.evidence(&application, EpochId(from), minutes(60), later(minute)).unwrap();
    (evidence, store.calibration(&application, EpochId(from), 1_000).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_store_that_remembers_answers_like_one_just_opened(
        happenings in prop::collection::vec(happening(), 1..24),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let store = with_epochs(directory.path(), 3);
        for happened in &happenings {
            happen(&store, happened);
        }
        let asked = [(1, 300), (2, 100), (1, 0), (3, 200)];
        let remembered = asked.map(|(from, minute)| ask(&store, from, minute));
        drop(store);
        for ((from, minute), remembered) in asked.into_iter().zip(remembered) {
            let fresh = open(directory.path());
            prop_assert!(ask(&fresh, from, minute) == remembered, "from {} at {}", from, minute);
        }
    }
}

#[test]
fn groups_are_summed_over_gateways_and_boots() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path(), 1);
    let mut expected = GroupTally::default();
    for (node, boot, requests) in [(0, 0, 50), (0, 1, 70), (1, 0, 90)] {
        record_groups(&store, (node, boot, 1, 0), requests);
        record_groups(&store, (node, boot, 1, 0), requests - 10);
        expected.add(&groups(requests));
    }
    assert_eq!(candidate(&store, 1).groups, expected);
}

#[test]
fn an_epoch_without_rows_is_there_and_rows_without_an_epoch_are_not() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path(), 2);
    record(&store, (0, 0, 7, 0), 10);
    let evidence = evidence(&store);
    assert_eq!(evidence.epochs.len(), 2);
    assert_eq!(evidence.seen().candidate, 0);
}

#[test]
fn a_baseline_is_calibrated_on_its_own_latest_outcomes() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path(), 3);
    let record_baseline = |epoch, requests| {
        let row = TallyRow {
            application: application_name(),
            epoch: EpochId(epoch),
            slot: Timestamp(0),
            arm: Arm::Baseline,
            tally: tally(requests),
        };
        store.record(&origin((0, 0, epoch, 0)), &[row], &[]).unwrap();
    };
    for epoch in 1..=3 {
        record_baseline(epoch, 100);
    }
    let calibrated = |before, enough| {
        store.calibration(&application_name(), EpochId(before), enough).unwrap().tally.outcomes()
    };
    assert_eq!(calibrated(4, 100), 100, "the latest epoch is enough");
    assert_eq!(calibrated(4, 150), 200);
    assert_eq!(calibrated(3, 1_000), 200, "what came before the candidate");

    start(&store, "r1", "v2").unwrap();
    let (name, next, report) = (rollout_name("r1"), promoted(1), report("it held"));
    let (span, effects) = (epoch(4, percent(0)), [viridian_core::rollout::effect::Effect::MakeBaseline]);
    store.commit(&Commit { epoch: Some(&span), effects: &effects, ..bare(&name, &next, &report) }).unwrap();
    record_baseline(4, 30);
    assert_eq!(calibrated(5, 1_000), 30, "the former baseline's outcomes are not this one's");
}

#[test]
fn a_group_beyond_the_last_is_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path(), 1);
    let mut row = crate::feedback::record("r", 0, 0);
    row.group = Group(200);
    store.record_feedback(&[row], &std::collections::BTreeMap::new()).unwrap();
    assert_eq!(candidate(&store, 1).counts(Metric::Feedback).trials, 1);
}

#[test]
#[ignore = "prints how long a day of evidence takes to read; run it by hand"]
fn a_day_of_evidence_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    store.reserve_generations(&application_name(), 1_000).unwrap();
    for id in 1..=144 {
        begin_epoch(&store, id);
        for node in 0..4 {
            record(&store, (node, 0, id, 0), 1_000);
            record(&store, (node, 0, id, 1), 1_000);
            record_groups(&store, (node, 0, id, 0), 1_000);
        }
    }
    for _ in 0..3 {
        let began = std::time::Instant::now();
        let seen = evidence(&store).seen();
        println!("{seen:?} in {:?}", began.elapsed());
    }
}
