//! A rollout from its start to its end: what one commit changes, what it refuses, and who waits for whom.

use crate::world::*;
use viridian_core::id::EpochId;
use viridian_core::rollout::command::{Command, Reach};
use viridian_core::rollout::effect::{Effect, Severity};
use viridian_core::rollout::state::State;
use viridian_store::events::{Fact, Stream};
use viridian_store::{
    Activity, Commit, Committed, Error, Retry, RolloutFilter, Store, TableChange, Takeover,
};

fn notify(message: &str) -> Effect {
    Effect::Notify { severity: Severity::Info, message: message.to_owned() }
}

/// Moves a rollout to a state with nothing else.
fn go(store: &Store, name: &str, next: &State) {
    store.commit(&bare(&rollout_name(name), next, &report("so it goes"))).unwrap();
}

#[test]
fn a_commit_brings_everything_along() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let rollout = start(&store, "r1", "v2").unwrap();
    assert_eq!((rollout.state, rollout.baseline), (State::new(), release_name("v1")));
    let order = store.order(&rollout_name("r1"), &Command::Resume { by: "ann".to_owned() }, NOW).unwrap();
    let generations = store.reserve_generations(&application_name(), 100).unwrap();
    let epoch = epoch(1, percent(10));
    let table = table(&store, generations.start, &epoch);
    let effects = [notify("10 %")];
    let (name, next, report) = (rollout_name("r1"), progressing(1, percent(10)), report("it began"));
    let commit = Commit {
        table: Some(&table),
        epoch: Some(&epoch),
        effects: &effects,
        answered: &[order.id],
        ..bare(&name, &next, &report)
    };

    assert!(matches!(store.commit(&commit).unwrap(), Committed::Now { .. }));

    let stored = store.active_rollout(&application_name()).unwrap().unwrap();
    assert_eq!((&stored.state, &stored.latest_report), (&next, &Some(report.clone())));
    assert_eq!(store.table(&application_name()).unwrap(), Some(table.clone()));
    assert_eq!(store.latest_epoch(&application_name()).unwrap(), Some(epoch));
    assert!(store.pending_commands(&name).unwrap().is_empty());
    let outbox = store.undelivered().unwrap();
    assert_eq!(outbox.iter().map(|row| row.effect.clone()).collect::<Vec<_>>(), effects);
    store.delivered(outbox[0].id).unwrap();
    assert!(store.undelivered().unwrap().is_empty());
}

#[test]
fn the_same_commit_twice_is_one() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    let (name, next, report, effects) =
        (rollout_name("r1"), progressing(1, percent(10)), report("it began"), [notify("10 %")]);
    let commit = Commit { effects: &effects, ..bare(&name, &next, &report) };
    let Committed::Now { event } = store.commit(&commit).unwrap() else { panic!("it is new") };

    store.order(&name, &Command::Pause { by: "ann".to_owned() }, NOW).unwrap();

    assert_eq!(store.commit(&commit).unwrap(), Committed::Already { event });
    assert_eq!(store.undelivered().unwrap().len(), 1);
}

#[test]
fn a_commit_for_another_state_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    go(&store, "r1", &progressing(1, percent(10)));
    let before = store.latest_event().unwrap();

    let stale = progressing(1, percent(20));
    let ahead = progressing(3, percent(20));
    let edited = progressing(1, percent(50));
    let name = rollout_name("r1");
    let report = report("late");
    for (next, expected_sequence) in [(&stale, 0), (&ahead, 2), (&ahead, 1), (&edited, 1)] {
        let commit = Commit { expected_sequence, ..bare(&name, next, &report) };
        let refused = store.commit(&commit);
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    }
    assert_eq!(store.latest_event().unwrap(), before);
}

#[test]
fn an_order_can_be_answered_where_the_rollout_stands() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    go(&store, "r1", &progressing(1, percent(10)));
    let (name, next, report) = (rollout_name("r1"), progressing(1, percent(10)), report("nothing to resume"));
    let order = store.order(&name, &Command::Resume { by: "ann".to_owned() }, NOW).unwrap();

    let answered = [order.id];
    store
        .commit(&Commit { expected_sequence: 1, answered: &answered, ..bare(&name, &next, &report) })
        .unwrap();

    assert!(store.pending_commands(&name).unwrap().is_empty());
    let stored = store.rollout(&name).unwrap().unwrap();
    assert_eq!((stored.state, stored.latest_report), (next, Some(report)));
}

#[test]
fn a_fault_in_the_middle_of_a_commit_leaves_nothing_half_done() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    let order = store.order(&rollout_name("r1"), &Command::Pause { by: "ann".to_owned() }, NOW).unwrap();
    let generations = store.reserve_generations(&application_name(), 100).unwrap();
    let before = dump(directory.path());

    // Each fault lies behind a later statement of the same transaction.
    for (table_name, statement) in [
        ("rollouts", "UPDATE"),
        ("releases", "UPDATE"),
        ("applications", "UPDATE"),
        ("outbox", "INSERT"),
        ("epochs", "INSERT"),
        ("routing_tables", "INSERT"),
        ("commands", "UPDATE"),
    ] {
        let raw = raw(directory.path());
        raw.execute_batch(&format!(
            "CREATE TRIGGER fault BEFORE {statement} ON {table_name} BEGIN SELECT RAISE(ABORT, 'fault'); END;"
        ))
        .unwrap();
        let epoch = epoch(1, percent(10));
        let table = table(&store, generations.start, &epoch);
        let (name, next, report) = (rollout_name("r1"), progressing(1, percent(10)), report("it began"));
        let failed = store.commit(&Commit {
            table: Some(&table),
            epoch: Some(&epoch),
            effects: &[notify("10 %"), Effect::RejectCandidate, Effect::MakeBaseline],
            answered: &[order.id],
            ..bare(&name, &next, &report)
        });
        raw.execute_batch("DROP TRIGGER fault").unwrap();
        assert!(matches!(failed, Err(Error::Statement(_))), "{table_name}: {failed:?}");
        assert_eq!(dump(directory.path()), before, "after a fault in {table_name}");
    }
}

#[test]
fn a_promotion_moves_the_baseline() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    let (name, next, report) = (rollout_name("r1"), promoted(1), report("it held"));
    store.commit(&Commit { effects: &[Effect::MakeBaseline], ..bare(&name, &next, &report) }).unwrap();

    let baseline = store.baseline(&application_name()).unwrap().unwrap();
    assert_eq!(baseline.release.name, release_name("v2"));
    assert!(store.undelivered().unwrap().is_empty(), "the database did it itself");
    assert!(store.active_rollout(&application_name()).unwrap().is_none());
    let events = store.history(&Stream::Application(application_name())).unwrap();
    let moved = Fact::BaselineMoved { release: release_name("v2"), rollout: name };
    assert_eq!(events.last().map(|event| &event.fact), Some(&moved));
}

#[test]
fn a_rejected_release_is_tried_again_only_knowingly() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    go(&store, "r1", &rolling_back(1));
    let (name, next, report) = (rollout_name("r1"), rolled_back(2), report("the baseline is back"));
    store.commit(&Commit { effects: &[Effect::RejectCandidate], ..bare(&name, &next, &report) }).unwrap();

    let rejected = store.release(&release_name("v2")).unwrap().unwrap().rejected.unwrap();
    assert_eq!((rejected.rollout, rejected.because.as_str()), (name, "the evidence never sufficed"));
    let refused = start(&store, "r2", "v2");
    assert!(matches!(refused, Err(Error::Rejected { .. })), "{refused:?}");
    start_as(&store, "r2", "v2", Takeover::Refuse, Retry::Acknowledged).unwrap();
}

#[test]
fn a_start_that_does_not_fit_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    assert!(matches!(start(&store, "r1", "v2"), Err(Error::Unknown { what: "application", .. })));
    store.apply_application(&application(), NOW).unwrap();
    assert!(matches!(start(&store, "r1", "v2"), Err(Error::Refused(_))), "no baseline");
    furnish(&store);
    assert!(matches!(start(&store, "r1", "v9"), Err(Error::Unknown { what: "release", .. })));
    start(&store, "r1", "v2").unwrap();
    assert!(matches!(start(&store, "r1", "v3"), Err(Error::Exists { .. })));
    assert!(matches!(start(&store, "r2", "v3"), Err(Error::Refused(_))), "one goes on");
}

#[test]
fn a_newer_rollout_waits_until_the_older_has_given_way() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    let second = start_as(&store, "r2", "v3", Takeover::Supersede, Retry::Refuse).unwrap();
    let third = start_as(&store, "r3", "v2", Takeover::Supersede, Retry::Refuse).unwrap();
    assert_eq!(second.waits_for, Some(rollout_name("r1")));
    assert_eq!(third.waits_for, Some(rollout_name("r2")));
    let orders = |name: &str| -> Vec<Command> {
        let pending = store.pending_commands(&rollout_name(name)).unwrap();
        pending.into_iter().map(|order| order.command).collect()
    };
    assert_eq!(orders("r1"), [Command::Supersede { by: rollout_name("r2") }]);
    assert_eq!(orders("r2"), [Command::Supersede { by: rollout_name("r3") }]);
    let active = || {
        let rollout = store.active_rollout(&application_name()).unwrap();
        rollout.map(|rollout| (rollout.proposal.name.to_string(), rollout.first_epoch))
    };
    assert_eq!(active(), Some(("r1".to_owned(), EpochId(2))), "the first span serves the baseline alone");

    let span = epoch(1, percent(10));
    let (name, next, report) = (rollout_name("r1"), progressing(1, percent(10)), report("it began"));
    store.commit(&Commit { epoch: Some(&span), ..bare(&name, &next, &report) }).unwrap();
    go(&store, "r1", &rolling_back(2));
    go(&store, "r1", &rolled_back(3));

    assert_eq!(active(), Some(("r2".to_owned(), EpochId(2))), "evidence of the first is not the second's");
    assert!(orders("r1").is_empty(), "its end answered every order");
    go(&store, "r2", &rolling_back(1));
    go(&store, "r2", &rolled_back(2));
    assert_eq!(active(), Some(("r3".to_owned(), EpochId(2))));
}

#[test]
fn whoever_gives_up_waiting_hands_the_place_on() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    start_as(&store, "r2", "v3", Takeover::Supersede, Retry::Refuse).unwrap();
    start_as(&store, "r3", "v2", Takeover::Supersede, Retry::Refuse).unwrap();

    go(&store, "r2", &rolled_back(1));

    let third = store.rollout(&rollout_name("r3")).unwrap().unwrap();
    assert_eq!(third.waits_for, Some(rollout_name("r1")));
    let going_on = RolloutFilter { application: Some(application_name()), activity: Activity::NotEnded };
    let names: Vec<String> =
        store.rollouts(&going_on).unwrap().iter().map(|rollout| rollout.proposal.name.to_string()).collect();
    assert_eq!(names, ["r1", "r3"]);
}

#[test]
fn orders_are_kept_until_they_are_answered() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let name = rollout_name("r1");
    let promote = Command::Promote { by: "ann".to_owned(), reach: Reach::Full };
    assert!(matches!(store.order(&name, &promote, NOW), Err(Error::Unknown { .. })));
    start(&store, "r1", "v2").unwrap();
    let first = store.order(&name, &promote, NOW).unwrap();
    let second = store.order(&name, &Command::Pause { by: "bob".to_owned() }, NOW).unwrap();
    assert!(first.durable && first.id < second.id);

    drop(store);
    let store = open(directory.path());
    assert_eq!(store.pending_commands(&name).unwrap(), [first, second]);
    go(&store, "r1", &rolled_back(1));
    assert!(store.pending_commands(&name).unwrap().is_empty());
    assert!(matches!(store.order(&name, &promote, NOW), Err(Error::Refused(_))), "it has ended");
}

#[test]
fn a_table_is_published_under_a_reserved_number_that_rises() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let span = epoch(1, percent(0));
    let publish = |generation, epoch: Option<_>| {
        let table = table(&store, generation, &span);
        store.commit_table(&TableChange { table: &table, epoch, because: "the first table", at: NOW })
    };
    assert!(matches!(publish(1, None), Err(Error::Refused(_))), "nothing is reserved yet");
    store.reserve_generations(&application_name(), 100).unwrap();
    publish(5, Some(&span)).unwrap();
    publish(5, Some(&span)).unwrap();
    assert!(matches!(publish(4, None), Err(Error::Conflict { .. })), "an older one");
    assert!(matches!(publish(6, Some(&span)), Err(Error::Conflict { .. })), "an epoch begins once");
    assert_eq!(store.tables().unwrap().len(), 1);
    assert_eq!(store.next_epoch(&application_name()).unwrap(), EpochId(2));
}

#[test]
fn releases_never_change() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let before = store.latest_event().unwrap();
    store.register_release(&release("v1", "v1"), later(1)).unwrap();
    assert_eq!(store.latest_event().unwrap(), before, "the same again is no event");
    let refused = store.register_release(&release("v1", "other"), NOW);
    assert!(matches!(refused, Err(Error::Immutable { .. })), "{refused:?}");
    assert_eq!(store.releases(Some(&application_name())).unwrap().len(), 3);
}

#[test]
fn an_application_gets_its_first_baseline_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    store.set_first_baseline(&application_name(), &release_name("v1"), NOW).unwrap();
    let refused = store.set_first_baseline(&application_name(), &release_name("v2"), NOW);
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
}

#[test]
fn applying_the_same_application_again_is_no_event() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    let before = store.latest_event().unwrap();
    store.apply_application(&application(), later(1)).unwrap();
    assert_eq!(store.latest_event().unwrap(), before);
    let mut changed = application();
    changed.labels.insert("team".to_owned(), "cx".to_owned());
    store.apply_application(&changed, later(2)).unwrap();
    assert_eq!(store.applications().unwrap(), [changed]);
    assert_eq!(store.latest_event().unwrap(), before + 1);
    assert!(store.baseline(&application_name()).unwrap().is_some(), "its baseline stays");
}
