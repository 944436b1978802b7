//! A database that was used for years: how it is made. One rollout is told through the store, and then copied in SQL,
//! because a million commits one after the other take an hour.

use super::world::*;
use rusqlite::{Connection, params};
use std::path::Path;
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::Evidence;
use viridian_core::guard::{Guard, Margin};
use viridian_core::metric::Metric;
use viridian_core::rollout::report::Report;
use viridian_core::rollout::state::State;
use viridian_store::{Commit, Store};

/// How much has happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Rollouts that have ended.
    pub(crate) rollouts: u64,
    /// Events of each of them.
    pub(crate) events_each: u64,
    /// Epochs that are kept as totals.
    pub(crate) epochs: u32,
}

impl Size {
    /// What a start has to bear.
    pub(crate) const YEARS: Self = Self { rollouts: 10_000, events_each: 100, epochs: 1_000 };
}

/// Makes a database in which so much has happened, with one rollout under way besides.
pub(crate) fn grow(directory: &Path, size: Size) {
    let store = furnished(directory);
    tell_one(&store, size.events_each);
    drop(store);
    copy(&raw(directory), size);
    let store = open(directory);
    start(&store, "under-way", "v3").unwrap();
    let next = progressing(1, percent(10));
    store.commit(&bare(&rollout_name("under-way"), &next, &long_report())).unwrap();
}

/// A rollout that was rolled back, and a baseline that is served by a table.
fn tell_one(store: &Store, events: u64) {
    store.reserve_generations(&application_name(), 100).unwrap();
    start(store, "r1", "v2").unwrap();
    let (name, report) = (rollout_name("r1"), long_report());
    let span = epoch(1, percent(10));
    let routing = table(store, 1, &span);
    for sequence in 1..events - 2 {
        let next = progressing(sequence, percent(10));
        let first = sequence == 1;
        let (table, epoch) = (first.then_some(&routing), first.then_some(&span));
        store.commit(&Commit { table, epoch, ..bare(&name, &next, &report) }).unwrap();
    }
    let commit = |next: State| store.commit(&bare(&name, &next, &report)).map(drop).unwrap();
    commit(rolling_back(events - 2));
    commit(rolled_back(events - 1));
}

/// As many words as the report of a decision by three guards takes.
fn long_report() -> Report {
    let guard = |metric| Guard::new(metric, Margin::Relative(2_000));
    let analysis = judge(&Metric::ALL.map(guard), &Evidence::default(), Units::Independent);
    Report { analysis, ..report("too few outcomes in this step: 17 of 2000 on the smaller arm") }
}

/// Copies what was told.
fn copy(raw: &Connection, size: Size) {
    raw.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; BEGIN").unwrap();
    let numbers = "WITH RECURSIVE copy (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM copy WHERE n < ?1)";
    let name = "'rollout-' || n";
    let execute = |sql: String, count: u64| raw.execute(&sql, params![count]).unwrap();
    execute(
        format!(
            "{numbers} INSERT INTO events (stream, stream_seq, at, kind, payload)
            SELECT 'rollout/' || {name}, stream_seq, at, kind, payload FROM copy, events
            WHERE stream = 'rollout/r1' ORDER BY n, stream_seq"
        ),
        size.rollouts,
    );
    let columns = texts(raw, "SELECT name FROM pragma_table_info('rollouts')");
    let values: Vec<String> = columns
        .iter()
        .map(|column| match column.as_str() {
            "name" => name.to_owned(),
            "proposal" => format!("json_set(proposal, '$.name', {name})"),
            "created_seq" => {
                format!("(SELECT seq FROM events WHERE stream = 'rollout/' || {name} AND stream_seq = 1)")
            }
            other => other.to_owned(),
        })
        .collect();
    execute(
        format!(
            "{numbers} INSERT INTO rollouts ({}) SELECT {} FROM copy, rollouts WHERE name = 'r1'",
            columns.join(", "),
            values.join(", ")
        ),
        size.rollouts,
    );
    execute(
        format!(
            "{numbers} INSERT INTO epochs SELECT application, n, baseline, started_at, json_set(epoch, '$.id', n)
            FROM copy, epochs WHERE id = 1"
        ),
        size.epochs.into(),
    );
    raw.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
}

fn texts(raw: &Connection, sql: &str) -> Vec<String> {
    let mut statement = raw.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}
