//! What an earlier version wrote stays readable. `tests/golden/1.sql` holds a database of schema 1 as text, and so on;
//! each is opened like any other and has to tell the same story as a database that is written today.
//!
//! A schema that was released keeps its file for ever. Until then the file of the latest is written anew with
//! `cargo test -p viridian-store write_golden -- --ignored`.

use crate::experiments;
use crate::world::*;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use viridian_core::analysis::measurement::Seen;
use viridian_core::analysis::row::{FeedbackRecord, GroupRow, Opinion, Origin, TallyRow, slot_of};
use viridian_core::analysis::tally::{Counts, GroupTally, Tally};
use viridian_core::arm::Arm;
use viridian_core::companion::{Elsewhere, Seat};
use viridian_core::epoch::Epoch;
use viridian_core::experiment::definition::Decider;
use viridian_core::experiment::step::{self, Order};
use viridian_core::id::{BootId, EpochId, NodeName};
use viridian_core::metric::Metric;
use viridian_core::rollout::command::{Command, Reach};
use viridian_core::rollout::effect::{Effect, Severity};
use viridian_core::rollout::report::{Finding, Report};
use viridian_core::rollout::state::{Cause, Clock, Hold, Phase, Position, State, Waiting};
use viridian_core::unit::UnitHash;
use viridian_store::{Commit, Retry, RolloutFilter, Store, TableChange, Takeover};

/// The schema that is written today.
const PRESENT: u32 = 6;

/// Something of everything that is ever stored.
fn tell(store: &Store) {
    furnish(store);
    store.reserve_generations(&application_name(), 100).unwrap();
    start(store, "r1", "v2").unwrap();
    let span = epoch(1, percent(10));
    let routing = table(store, 1, &span);
    let name = rollout_name("r1");
    let mut sequence = 0;
    for (phase, finding) in phases() {
        sequence += 1;
        let next = State { sequence, phase, ..State::new() };
        let report = Report { finding, ..report("so it goes") };
        let first = sequence == 1;
        let effects = [Effect::Notify { severity: Severity::Critical, message: "look".to_owned() }];
        let commit = Commit {
            table: first.then_some(&routing),
            epoch: first.then_some(&span),
            effects: if first { &effects } else { &[] },
            ..bare(&name, &next, &report)
        };
        store.commit(&commit).unwrap();
    }
    give_orders(store);
    start_as(store, "r2", "v3", Takeover::Supersede, Retry::Refuse).unwrap();
    let (next, report) = (rolled_back(sequence + 1), report("errors got worse"));
    store.commit(&Commit { effects: &[Effect::RejectCandidate], ..bare(&name, &next, &report) }).unwrap();
    let second = rollout_name("r2");
    let span = Epoch { started_at: later(10), ..epoch(2, percent(98)) };
    let next = promoted(1);
    store
        .commit(&Commit {
            epoch: Some(&span),
            effects: &[Effect::MakeBaseline],
            ..bare(&second, &next, &report)
        })
        .unwrap();
    measure(store);
    store.remember("key", "fingerprint", "response", NOW).unwrap();
}

/// What schema 2 brought, told with what was there before: an older database knows none of it.
fn tell_of_gateways(store: &Store) {
    tell(store);
    let origin = Origin { node: NodeName::parse("gateway-1").unwrap(), boot: BootId(u64::MAX) };
    store.gateway_came(&origin, NOW).unwrap();
    let raised = table(store, 2, &epoch(1, percent(20)));
    let change = TableChange { table: &raised, epoch: None, because: "so it is", at: NOW };
    store.commit_table(&change).unwrap();
}

/// What schema 4 brought.
fn tell_of_experiments(store: &Store) {
    tell_of_gateways(store);
    let stored = experiments::begin(store, &experiments::experiment("tone", &["v3", "v1"])).unwrap();
    let name = &stored.experiment.name;
    for order in [Order::StopArm { arm: 1 }, Order::Name { arm: 1 }, Order::Stop] {
        store.order_experiment(name, (order, "ann"), NOW).unwrap();
    }
    experiments::moves(store, &stored, step::Phase::Running { stopped: vec![] }, None).unwrap();
    let stored = store.experiment(name).unwrap().unwrap();
    let won = step::End::Winner { arm: 1, by: Decider::ByPerson };
    experiments::moves(store, &stored, step::Phase::Ended(won), None).unwrap();
}

/// What schema 5 brought: of an epoch that goes on, one that is folded and one that is not.
fn tell_of_scores(store: &Store) {
    tell_of_experiments(store);
    let score = crate::scores::score(7);
    for (number, minute) in [(2.0, 12), (4.2, 20)] {
        let record = FeedbackRecord {
            epoch: EpochId(2),
            ..crate::feedback::record(&format!("scored-{minute}"), minute, minute + 1)
        };
        store
            .record_feedback(&[crate::scores::scored(record, &[(score, number)])], &BTreeMap::new())
            .unwrap();
        fold(store, later(24 * 60 + 15));
    }
}

/// What schema 6 brought: of an epoch that goes on, one that is folded and one that is not.
fn tell_of_elsewhere(store: &Store) {
    tell_of_scores(store);
    let elsewhere = Elsewhere::NOWHERE.with(Seat { companion: 1, arm: 2 });
    let score = crate::scores::score(7);
    for minute in [24 * 60 + 20, 24 * 60 + 30] {
        let record = FeedbackRecord {
            epoch: EpochId(2),
            elsewhere,
            ..crate::feedback::record(&format!("elsewhere-{minute}"), minute, minute + 1)
        };
        let scored =
            FeedbackRecord { opinion: Some(Opinion::Bad), ..crate::scores::scored(record, &[(score, 4.2)]) };
        store.record_feedback(&[scored], &BTreeMap::new()).unwrap();
        fold(store, later(2 * 24 * 60 + 25));
    }
}

fn phases() -> Vec<(Phase, Finding)> {
    let at = Position::at(0, NOW);
    let clock = Clock { started_at: NOW, seen: Seen { baseline: 900, candidate: 100 } };
    let clocked = Position { weight: percent(10), clock: Some(clock), ..Position::at(1, NOW) };
    let paused = Hold::Paused { by: "ann".to_owned() };
    let waiting = Waiting::Gateways { acknowledged: 1, known: 2 };
    let regression = Cause::Regression { metric: Metric::LatencyP95 };
    vec![
        (Phase::Progressing(at.clone()), Finding::Began),
        (Phase::Progressing(clocked.clone()), Finding::Shifted { from: percent(0), to: percent(10) }),
        (Phase::Held { reason: paused, since: NOW, at: clocked.clone() }, Finding::Held),
        (
            Phase::Held { reason: Hold::Waiting(waiting.clone()), since: NOW, at: clocked.clone() },
            Finding::Waiting { waiting },
        ),
        (Phase::Baking(clocked), Finding::Passed { step: 2 }),
        (
            Phase::RollingBack { cause: regression.clone(), since: NOW },
            Finding::RollingBack { cause: regression },
        ),
    ]
}

fn give_orders(store: &Store) {
    let by = || "ann".to_owned();
    for command in [
        Command::Pause { by: by() },
        Command::Resume { by: by() },
        Command::Promote { by: by(), reach: Reach::Full },
        Command::Abort { by: by(), reason: None },
        Command::Rollback { by: by(), reason: Some("a bad feeling".to_owned()) },
    ] {
        store.order(&rollout_name("r1"), &command, NOW).unwrap();
    }
}

fn measure(store: &Store) {
    for id in 1..=2 {
        let (application, epoch, arm) = (application_name(), EpochId(id), Arm::Candidate);
        let mut tally = Tally { classes: [7, 1, 1, 1, 0, 0, 0, 2], ..Tally::default() };
        tally.exempt[3] = 4;
        tally.metrics[0] = Counts::of_share(12, 1);
        tally.latency.record(25_000);
        tally.latency.record(90_000);
        let mut groups = GroupTally::default();
        groups.units.insert(UnitHash(u64::MAX));
        groups.record_counts(Metric::Errors, UnitHash(70).group(), tally.metrics[0]);
        let origin = Origin { node: NodeName::parse("gateway-1").unwrap(), boot: BootId(u64::MAX) };
        let slot = slot_of(later(60));
        let row = TallyRow { application: application.clone(), epoch, slot, arm, tally };
        store.record(&origin, &[row], &[GroupRow { application, epoch, arm, groups }]).unwrap();
        let mut opinion = crate::feedback::record(&format!("request-{id}"), 0, 1);
        opinion.epoch = epoch;
        opinion.opinion = Some(Opinion::Bad);
        store.record_feedback(&[opinion], &BTreeMap::new()).unwrap();
    }
    // The first epoch is folded, and the second goes on.
    fold(store, later(24 * 60 + 10));
}

/// Everything that can be read, as text.
fn retell(store: &Store) -> String {
    let application = application_name();
    let mut story = String::new();
    let mut line = |value: &dyn std::fmt::Debug| writeln!(story, "{value:#?}").unwrap();
    line(&store.applications().unwrap());
    line(&store.releases(None).unwrap());
    line(&store.baseline(&application).unwrap());
    let rollouts = store.rollouts(&RolloutFilter::default()).unwrap();
    line(&rollouts);
    line(&rollouts.iter().map(|rollout| rollout.salt.0).collect::<Vec<_>>());
    line(&store.events_after(0, 1_000).unwrap());
    line(&store.tables().unwrap());
    line(&store.latest_epoch(&application).unwrap());
    line(&store.evidence(&application, EpochId(0), minutes(0), later(10)).unwrap());
    line(&store.experiments().unwrap());
    line(&store.undelivered().unwrap());
    line(&store.recall("key", "fingerprint", NOW).unwrap());
    line(&store.reserve_generations(&application, 1).unwrap());
    line(&store.signing_keys().unwrap().iter().map(|key| key.id).collect::<Vec<_>>());
    line(&store.known_gateways().unwrap());
    line(&store.settled_tables().unwrap());
    story
}

fn golden(schema: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{schema}.sql"))
}

/// Opens what an earlier version wrote, the golden file with some changes, and compares what it tells with what a
/// database tells that is written today.
fn check_readable(schema: u32, changes: &str) {
    let today = tempfile::tempdir().unwrap();
    let fresh = open(today.path());
    match schema {
        1 => tell(&fresh),
        2 | 3 => tell_of_gateways(&fresh),
        4 => tell_of_experiments(&fresh),
        5 => tell_of_scores(&fresh),
        _ => tell_of_elsewhere(&fresh),
    }
    let expected = retell(&fresh);
    let then = tempfile::tempdir().unwrap();
    write_old(then.path(), schema, changes);
    let old = open(then.path());
    let found = retell(&old);
    let difference = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
    assert_eq!(difference, None, "a database of schema {schema} is read otherwise {changes}");
    assert_eq!(found.lines().count(), expected.lines().count());
    start(&old, "r3", "v1").unwrap();
}

fn write_old(directory: &Path, schema: u32, changes: &str) {
    let script = fs::read_to_string(golden(schema)).unwrap();
    let raw = raw(directory);
    raw.execute_batch(&script).unwrap();
    raw.execute_batch(changes).unwrap();
}

#[test]
fn a_database_of_every_schema_tells_the_same_story() {
    check_readable(1, "");
    check_readable(2, "");
    check_readable(3, "");
    check_readable(4, "");
    check_readable(5, "");
    check_readable(6, "");
}

/// Rows as they were before the last metric, reason and centre existed: those are zero in all of them.
#[test]
fn rows_from_before_a_metric_existed_tell_the_same_story() {
    check_readable(
        1,
        "UPDATE tallies SET tally = json_remove(tally, '$.metrics[2]', '$.exempt[4]');
         UPDATE totals SET tally = json_remove(tally, '$.exempt[4]');
         UPDATE group_tallies SET groups = json_remove(groups, '$.metrics[2]');
         UPDATE epochs SET epoch = json_remove(epoch, '$.centres[2]')",
    );
}

#[test]
fn rows_of_a_newer_version_are_not_read_in_part() {
    for (change, word) in [
        (
            "UPDATE tallies SET tally = json_insert(tally, '$.classes[#]', 1)",
            "more than 8 entries: a newer version",
        ),
        ("UPDATE group_tallies SET groups = json_insert(groups, '$.metrics[0][#]', 1)", "invalid type"),
        (
            "UPDATE group_tallies SET groups = json_remove(groups, '$.metrics[0][63]')",
            "63 groups of units instead of 64",
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        write_old(directory.path(), 1, change);
        let store = open(directory.path());
        let refused = store.evidence(&application_name(), EpochId(0), minutes(0), later(10)).unwrap_err();
        assert!(refused.to_string().contains(word), "{change}: {refused}");
    }
}

#[test]
#[ignore = "writes the golden file of the present schema"]
fn write_golden() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    tell_of_elsewhere(&store);
    let raw = raw(directory.path());
    // No file of ours holds a secret, not even one that nobody uses.
    raw.execute("UPDATE signing_keys SET secret = zeroblob(32)", []).unwrap();
    let text = script(&raw);
    fs::create_dir_all(golden(PRESENT).parent().unwrap()).unwrap();
    fs::write(golden(PRESENT), text).unwrap();
}

/// A database as the statements that make it.
fn script(raw: &Connection) -> String {
    let number = |pragma: &str| -> u32 { raw.pragma_query_value(None, pragma, |row| row.get(0)).unwrap() };
    let mut script = format!(
        "PRAGMA foreign_keys = OFF;\nPRAGMA application_id = {};\nPRAGMA user_version = {};\n",
        number("application_id"),
        number("user_version")
    );
    let schema = texts(raw, "SELECT sql FROM sqlite_schema WHERE sql NOT NULL AND name NOT LIKE 'sqlite_%'");
    for sql in schema {
        writeln!(script, "{sql};").unwrap();
    }
    for table in
        texts(raw, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    {
        let columns =
            texts(raw, &format!("SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}')"));
        let values = columns.join(" || ', ' || ");
        for row in texts(raw, &format!("SELECT {values} FROM {table}")) {
            writeln!(script, "INSERT INTO {table} VALUES ({row});").unwrap();
        }
    }
    script
}

fn texts(raw: &Connection, sql: &str) -> Vec<String> {
    let mut statement = raw.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}
