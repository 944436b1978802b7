//! What an application has served lately.

use crate::feedback::{record, with_epochs};
use crate::scores::{score, scored};
use crate::world::*;
use std::collections::BTreeMap;
use viridian_core::analysis::row::{FeedbackRecord, Opinion, Origin, SLOT, TallyRow, slot_of};
use viridian_core::analysis::tally::Tally;
use viridian_core::arm::Arm;
use viridian_core::id::{BootId, EpochId, NodeName};
use viridian_core::metric::Metric;
use viridian_core::time::Timestamp;
use viridian_store::{Recent, Store, TableChange};

fn row(slot: Timestamp, arm: Arm, requests: u64) -> TallyRow {
    let mut tally = Tally::default();
    tally.classes[0] = requests;
    TallyRow { application: application_name(), epoch: EpochId(1), slot, arm, tally }
}

#[test]
fn traffic_is_counted_since_the_first_slot_of_the_window() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    assert_eq!(store.recent(&application_name(), NOW, minutes(60), NOW).unwrap(), Recent::default());

    store.reserve_generations(&application_name(), 100).unwrap();
    let span = epoch(1, percent(10));
    let table = table(&store, 1, &span);
    let change = TableChange { table: &table, epoch: Some(&span), because: "a test", at: NOW };
    store.commit_table(&change).unwrap();
    let first = slot_of(NOW);
    let origin = Origin { node: NodeName::parse("gateway").unwrap(), boot: BootId(1) };
    let rows = [
        row(first, Arm::Baseline, 70),
        row(first, Arm::Candidate, 5),
        row(first.plus(SLOT), Arm::Baseline, 30),
    ];
    store.record(&origin, &rows, &[]).unwrap();

    let all = store.recent(&application_name(), first, minutes(0), later(10)).unwrap();
    assert_eq!((all.since, all.outcomes, all.baseline.outcomes()), (Some(NOW.max(first)), 105, 100));
    let late = store.recent(&application_name(), first.plus(SLOT), minutes(0), later(10)).unwrap();
    assert_eq!((late.since, late.outcomes), (Some(first.plus(SLOT)), 30));
}

/// The baseline answers so many requests in each slot of these minutes.
fn serves(store: &Store, minutes: std::ops::Range<u64>, requests: u64) {
    let origin = Origin { node: NodeName::parse("gateway").unwrap(), boot: BootId(1) };
    let slots = minutes.step_by(5).map(|minute| row(slot_of(later(minute)), Arm::Baseline, requests));
    store.record(&origin, &slots.collect::<Vec<_>>(), &[]).unwrap();
}

/// So many callers speak of answers of each slot of these minutes, one in five to complain, and all of them give a score.
fn speak(store: &Store, minutes: std::ops::Range<u64>, callers: u64) {
    for minute in minutes.step_by(5) {
        for caller in 0..callers {
            let (opinion, number) = if caller % 5 == 0 { (Opinion::Bad, 2.0) } else { (Opinion::Good, 5.0) };
            let said = FeedbackRecord {
                arm: Arm::Baseline,
                ..record(&format!("{minute}-{caller}"), minute, minute + 1)
            };
            let said = FeedbackRecord { opinion: Some(opinion), ..scored(said, &[(score(1), number)]) };
            store.record_feedback(&[said], &BTreeMap::new()).unwrap();
        }
    }
}

/// Beyond the beginning of a slot, so that what is said of an answer belongs to the slot that it was counted in.
const DAWN: u64 = 60;

/// What is told of the half hour before the third hour is over, with this maturity in minutes: outcomes, opinions, complaints, scores and
/// how far they lie below the top together.
fn told(store: &Store, maturity: u64) -> [u64; 5] {
    let now = later(DAWN + 180);
    let since = slot_of(later(DAWN + 150));
    let Recent { baseline, .. } = store.recent(&application_name(), since, minutes(maturity), now).unwrap();
    let (feedback, scores) = (baseline.counts(Metric::Feedback), baseline.counts(Metric::Score(score(1))));
    [baseline.outcomes(), feedback.trials, feedback.events, scores.trials, scores.events]
}

#[test]
fn what_is_said_is_measured_where_nearly_all_have_spoken() {
    let check = |what: &str, does: &dyn Fn(&Store), expected: [[u64; 5]; 2]| {
        let directory = tempfile::tempdir().unwrap();
        let store = with_epochs(directory.path());
        does(&store);
        assert_eq!([0, 60].map(|maturity| told(&store, maturity)), expected, "{what}");
    };
    let (early, late) = (DAWN..DAWN + 120, DAWN + 120..DAWN + 180);
    let both = DAWN..DAWN + 180;
    let all = |store: &Store| {
        serves(store, both.clone(), 100);
        speak(store, early.clone(), 10);
    };
    check("after an hour", &all, [[600, 0, 0, 0, 0], [600, 60, 12, 60, 900]]);
    let some = |store: &Store| {
        all(store);
        speak(store, late.clone(), 5);
    };
    check("half of them at once", &some, [[600, 30, 6, 30, 450], [600, 60, 12, 60, 900]]);
    let more = |store: &Store| {
        serves(store, early.clone(), 100);
        serves(store, late.clone(), 200);
        speak(store, early.clone(), 10);
    };
    check("twice the traffic", &more, [[1_200, 0, 0, 0, 0], [1_200, 120, 24, 120, 1_800]]);
    let fewer = |store: &Store| {
        serves(store, early.clone(), 100);
        serves(store, late.clone(), 1);
        speak(store, early.clone(), 10);
    };
    check("next to no traffic", &fewer, [[6, 0, 0, 0, 0], [6, 1, 1, 1, 0]]);
    let anew = |store: &Store| {
        serves(store, both.clone(), 100);
        speak(store, late.clone(), 5);
    };
    check("they have only begun to speak", &anew, [[600, 30, 6, 30, 450]; 2]);
    let young = |store: &Store| {
        serves(store, DAWN + 130..DAWN + 180, 100);
        speak(store, DAWN + 130..DAWN + 160, 10);
    };
    check("nobody was served before", &young, [[600, 20, 4, 20, 300], [600, 60, 12, 60, 900]]);
    check("nobody is served", &|_| (), [[0; 5]; 2]);
}
