//! Opening: what is refused without a byte being written, and what comes back after an end of any kind.

use crate::world::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use viridian_core::analysis::row::Origin;
use viridian_core::id::{BootId, NodeName, Term};
use viridian_core::rollout::command::Command;
use viridian_store::{Error, OutboxId, Retention, Store, TableChange};

/// The bytes of the files that hold data; a log that is not there holds as much as an empty one.
fn bytes(directory: &Path) -> [Vec<u8>; 2] {
    ["viridian.db", "viridian.db-wal"].map(|name| fs::read(directory.join(name)).unwrap_or_default())
}

/// Opening has to fail with a message that holds each of `words`, and to leave every byte as it was.
fn check_refused(directory: &Path, words: &[&str]) {
    let before = bytes(directory);
    let message = Store::open(directory).unwrap_err().to_string();
    for word in words {
        assert!(message.contains(word), "'{word}' is not in: {message}");
    }
    assert!(bytes(directory) == before, "something was written: {message}");
}

/// A database that was closed, with its log in the file.
fn closed(directory: &Path) {
    drop(furnished(directory));
    assert!(!directory.join("viridian.db-wal").exists());
}

#[test]
fn a_second_process_is_told_who_has_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let refused = Store::open(directory.path()).unwrap_err();
    let holder = format!("process {}", std::process::id());
    assert!(matches!(&refused, Error::Locked { holder: found, .. } if *found == holder), "{refused}");
    let clone = store.clone();
    drop(store);
    assert!(Store::open(directory.path()).is_err(), "a clone still has it open");
    drop(clone);
    open(directory.path());
}

#[test]
fn each_start_is_a_new_term() {
    let directory = tempfile::tempdir().unwrap();
    for term in 1..=3 {
        assert_eq!(open(directory.path()).term(), Term(term));
    }
}

#[test]
fn an_earlier_term_writes_nothing_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let first = furnished(directory.path());
    // Somebody removes the lock file of a process that still runs.
    fs::remove_file(directory.path().join("viridian.lock")).unwrap();
    let second = open(directory.path());
    start(&second, "r1", "v2").unwrap();
    let before = dump(directory.path());

    let next = progressing(1, percent(10));
    let (name, report) = (rollout_name("r1"), report("it began"));
    let origin = Origin { node: NodeName::parse("gw-1").unwrap(), boot: BootId(1) };
    let routing = table(&first, 1, &epoch(1, percent(0)));
    let change = TableChange { table: &routing, epoch: None, because: "so it is", at: NOW };
    let (application, unheard) = (application_name(), BTreeMap::new());
    let pause = Command::Pause { by: String::new() };
    for (what, fenced) in [
        ("commit", first.commit(&bare(&name, &next, &report)).map(drop)),
        ("apply", first.apply_application(&self::application(), NOW).map(drop)),
        ("reserve", first.reserve_generations(&application, 100).map(drop)),
        ("order", first.order(&name, &pause, NOW).map(drop)),
        ("start", start(&first, "r2", "v3").map(drop)),
        ("table", first.commit_table(&change)),
        ("record", first.record(&origin, &[], &[])),
        ("feedback", first.record_feedback(&[crate::feedback::record("request", 0, 1)], &unheard).map(drop)),
        ("fold", first.fold(&application, &Retention::default(), NOW).map(drop)),
        ("remember", first.remember("key", "fingerprint", "response", NOW).map(drop)),
        ("deliver", first.delivered(OutboxId(1))),
        ("gateway comes", first.gateway_came(&origin, NOW)),
        ("gateway is heard", first.gateways_heard(&[])),
        ("gateway leaves", first.gateway_left(&origin)),
        ("settle", first.settle(&[])),
    ] {
        let is_fenced = matches!(fenced, Err(Error::Fenced { own: Term(1), current: Term(2) }));
        assert!(is_fenced, "{what}: {fenced:?}");
    }
    assert_eq!(dump(directory.path()), before);
    second.commit(&bare(&name, &next, &report)).unwrap();
}

#[test]
fn everything_is_there_again_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    store.commit(&bare(&rollout_name("r1"), &progressing(1, percent(10)), &report("it began"))).unwrap();
    let rollout = store.active_rollout(&application_name()).unwrap();
    let (keys, events) = (store.signing_keys().unwrap(), store.events_after(0, 100).unwrap());
    assert_eq!(keys.len(), 1);
    drop(store);

    let store = open(directory.path());
    assert_eq!(store.active_rollout(&application_name()).unwrap(), rollout);
    assert_eq!(store.signing_keys().unwrap(), keys);
    assert_eq!(store.events_after(0, 100).unwrap(), events);
    assert_eq!(store.applications().unwrap(), [application()]);
}

#[test]
fn generations_never_repeat() {
    let directory = tempfile::tempdir().unwrap();
    let mut end = 1;
    for _ in 0..3 {
        let store = furnished(directory.path());
        for _ in 0..2 {
            let block = store.reserve_generations(&application_name(), 100).unwrap();
            assert_eq!((block.start, block.end), (end, end + 100));
            end = block.end;
        }
    }
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    closed(directory.path());
    raw(directory.path()).pragma_update(None, "user_version", 9).unwrap();
    check_refused(directory.path(), &["newer version (schema 9, this one knows 6)", "restore a backup"]);
}

#[test]
fn a_newer_version_that_was_killed_is_recognised_by_its_log() {
    let from = tempfile::tempdir().unwrap();
    let to = tempfile::tempdir().unwrap();
    closed(from.path());
    let newer = raw(from.path());
    newer.pragma_update(None, "user_version", 9).unwrap();
    for name in ["viridian.db", "viridian.db-wal"] {
        fs::copy(from.path().join(name), to.path().join(name)).unwrap();
    }
    drop(newer);
    check_refused(to.path(), &["schema 9"]);
}

#[test]
fn a_damaged_file_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    closed(directory.path());
    let path = directory.path().join("viridian.db");
    let sound = fs::read(&path).unwrap();

    fs::write(&path, "this is a text").unwrap();
    check_refused(
        directory.path(),
        &["not a sound Viridian database", "restore a backup", "nothing was changed"],
    );

    // A page in the middle, overwritten.
    let mut torn = sound.clone();
    torn[3 * 4096..4 * 4096].fill(0xff);
    fs::write(&path, &torn).unwrap();
    check_refused(directory.path(), &["not a sound Viridian database"]);

    fs::write(&path, &sound[..sound.len() / 2]).unwrap();
    check_refused(directory.path(), &["not a sound Viridian database"]);

    fs::write(&path, &sound).unwrap();
    open(directory.path());
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    raw(directory.path()).execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    check_refused(directory.path(), &["it belongs to another program"]);
}

#[test]
fn a_start_that_was_cut_short_is_made_up_for() {
    let directory = tempfile::tempdir().unwrap();
    // What a process leaves that was killed before its first transaction.
    raw(directory.path()).pragma_update(None, "journal_mode", "WAL").unwrap();
    assert!(fs::metadata(directory.path().join("viridian.db")).unwrap().len() > 0);
    assert_eq!(open(directory.path()).term(), Term(1));
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let refused = Store::open(&path).unwrap_err();
        assert!(matches!(refused, Error::Directory { .. }), "{refused}");
        assert!(refused.to_string().contains(file.to_str().unwrap()), "{refused}");
    }
}

#[test]
fn nobody_else_may_read_the_secrets() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("data");
    let store = furnished(&directory);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for name in ["viridian.db", "viridian.db-wal"] {
        assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
    }
    assert!(!format!("{:?}", store.signing_keys().unwrap()).contains("secret"));
}

#[test]
#[ignore = "prints how long a long log takes to open; run it by hand"]
fn a_long_log_opens() {
    let directory = tempfile::tempdir().unwrap();
    let store = furnished(directory.path());
    start(&store, "r1", "v2").unwrap();
    store.commit(&bare(&rollout_name("r1"), &progressing(1, percent(10)), &report("it began"))).unwrap();
    drop(store);
    let copies = "WITH RECURSIVE copy (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < 100000)
        INSERT INTO events (stream, stream_seq, at, kind, payload)
        SELECT stream, stream_seq + n, at, kind, payload FROM copy, (SELECT * FROM events ORDER BY seq DESC LIMIT 1)";
    raw(directory.path()).execute_batch(copies).unwrap();
    let size = fs::metadata(directory.path().join("viridian.db")).unwrap().len();
    let began = std::time::Instant::now();
    let store = open(directory.path());
    let opened = began.elapsed();
    store.commit(&bare(&rollout_name("r1"), &progressing(2, percent(20)), &report("on"))).unwrap();
    println!("{} events, {size} bytes: open in {opened:?}", store.latest_event().unwrap());
    println!("and the first commit: {:?}", began.elapsed() - opened);
}

/// What is written into a file that nobody will find again must not be promised.
#[test]
fn a_database_that_was_moved_away_is_not_written_to_until_it_is_back() {
    let directory = tempfile::tempdir().unwrap();
    let (here, gone) = (directory.path().join("data"), directory.path().join("gone"));
    let store = furnished(&here);
    std::fs::rename(&here, &gone).unwrap();
    let refused = store.reserve_generations(&application_name(), 1).unwrap_err();
    assert!(refused.to_string().contains("is not the file that was opened"), "{refused}");
    std::fs::create_dir(&here).unwrap();
    std::fs::copy(gone.join("viridian.db"), here.join("viridian.db")).unwrap();
    assert!(store.reserve_generations(&application_name(), 1).is_err(), "a copy is another file");
    std::fs::remove_dir_all(&here).unwrap();
    std::fs::rename(&gone, &here).unwrap();
    store.reserve_generations(&application_name(), 1).unwrap();
}
