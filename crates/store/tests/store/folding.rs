//! What is over is folded into totals: fewer rows, the same sums.

use crate::counted::*;
use crate::world::*;
use std::path::Path;

/// How many rows there are of tallies, of group tallies and of totals.
fn rows(directory: &Path) -> [u64; 3] {
    ["tallies", "group_tallies", "totals"].map(|table| {
        let sql = format!("SELECT count(*) FROM {table}");
        raw(directory).query_row(&sql, [], |row| row.get(0)).unwrap()
    })
}

#[test]
fn folding_changes_no_sum() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path(), 3);
    for epoch in 1..=3 {
        for node in 0..3 {
            record(&store, (node, 0, epoch, 0), 10);
            record(&store, (node, 0, epoch, 24), 20);
            record_groups(&store, (node, 0, epoch, 0), 30);
        }
    }
    let before = evidence(&store);
    let day = 24 * 60;
    for (minute, expected) in [
        (day - 5, [18, 9, 0]),
        // The first slots of the epoch that went on a day ago are older than that; it ended within the hour.
        (day + 10, [15, 9, 1]),
        (day + 60, [9, 6, 2]),
        // The last epoch goes on, and nobody has reported in it for a day.
        (day + 130, [0, 0, 3]),
        (9 * day, [0, 0, 3]),
        (day, [0, 0, 3]),
    ] {
        fold(&store, later(minute));
        assert_eq!(rows(directory.path()), expected, "after {minute} minutes");
        assert!(evidence(&store) == before, "after {minute} minutes");
    }
}

#[test]
fn what_was_folded_takes_no_more_rows() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path(), 2);
    record(&store, (0, 0, 1, 0), 10);
    fold(&store, later(24 * 60 + 60));
    let before = evidence(&store);
    record(&store, (0, 0, 1, 0), 11);
    record(&store, (7, 0, 1, 50), 10);
    record_groups(&store, (7, 0, 1, 0), 10);
    record(&store, (7, 0, 2, 12), 10);
    assert!(evidence(&store) == before, "a folded epoch, and a folded slot of the one that goes on");
    record(&store, (7, 0, 2, 13), 10);
    assert!(evidence(&store) != before, "a slot that is not a day old");
}

#[test]
fn totals_of_long_ago_are_forgotten_unless_a_rollout_needs_them() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_epochs(directory.path(), 1);
    start(&store, "r1", "v2").unwrap();
    let copies = "WITH RECURSIVE copy (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM copy WHERE n < 1100)
        INSERT INTO epochs SELECT application, n, baseline, started_at, json_set(epoch, '$.id', n) FROM copy, epochs";
    raw(directory.path()).execute_batch(copies).unwrap();
    let kept = || evidence(&store).epochs.len();
    fold(&store, later(48 * 60));
    assert_eq!(kept(), 1_099, "the rollout began with the second epoch");
    store.commit(&bare(&rollout_name("r1"), &rolled_back(1), &report("it ended"))).unwrap();
    fold(&store, later(48 * 60));
    assert_eq!(kept(), 1_001, "a thousand, and the one that goes on");
}
