//! What an application has served lately.

use crate::world::*;
use viridian_core::analysis::row::{Origin, SLOT, TallyRow, slot_of};
use viridian_core::analysis::tally::Tally;
use viridian_core::arm::Arm;
use viridian_core::id::{BootId, EpochId, NodeName};
use viridian_core::time::Timestamp;
use viridian_store::{Recent, TableChange};

fn row(slot: Timestamp, arm: Arm, requests: u64) -> TallyRow {
    let mut tally = Tally::default();
    tally.classes[0] = requests;
    TallyRow { application: application_name(), epoch: EpochId(1), slot, arm, tally }
}

#[test]
fn traffic_is_counted_since_the_first_slot_of_the_window() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    assert_eq!(store.recent(&application_name(), NOW).unwrap(), Recent::default());

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

    let all = store.recent(&application_name(), first).unwrap();
    assert_eq!((all.since, all.outcomes, all.baseline.outcomes()), (Some(NOW.max(first)), 105, 100));
    let late = store.recent(&application_name(), first.plus(SLOT)).unwrap();
    assert_eq!((late.since, late.outcomes), (Some(first.plus(SLOT)), 30));
}
