//! `kill -9` in the middle of writing: what was promised is there, nothing is half done, no number comes twice.

use crate::world::*;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command as Process, Stdio};
use viridian_core::rollout::state::State;
use viridian_store::events::{Fact, Stream};
use viridian_store::{Commit, TableChange};

/// Where the victim works.
const DIRECTORY: &str = "VIRIDIAN_TEST_DIRECTORY";

/// Writes as fast as it can and says what was promised, line by line: the end of the reserved numbers and the
/// sequence of the rollout.
#[test]
#[ignore = "the process that the next test starts and kills"]
fn victim() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let store = open(&PathBuf::from(directory));
    let name = rollout_name("r1");
    loop {
        let block = store.reserve_generations(&application_name(), 100).unwrap();
        let stored = store.rollout(&name).unwrap().unwrap();
        let next = progressing(stored.state.sequence + 1, percent(10));
        let span = epoch(store.next_epoch(&application_name()).unwrap().0, percent(10));
        let (table, report) = (table(&store, block.start, &span), report("on it goes"));
        store
            .commit(&Commit { table: Some(&table), epoch: Some(&span), ..bare(&name, &next, &report) })
            .unwrap();
        println!("promised {} {}", block.end, next.sequence);
    }
}

#[test]
fn a_kill_loses_nothing_that_was_promised() {
    let directory = tempfile::tempdir().unwrap();
    start(&furnished(directory.path()), "r1", "v2").unwrap();
    for lines in [1, 2, 7, 20, 40] {
        let (generation, sequence) = kill_after(lines, directory.path());

        let store = open(directory.path());
        let block = store.reserve_generations(&application_name(), 100).unwrap();
        assert!(block.start >= generation, "{} was given out before {generation}", block.start);
        let stored = store.rollout(&rollout_name("r1")).unwrap().unwrap();
        assert!(stored.state.sequence >= sequence);
        let history = store.history(&Stream::Rollout(rollout_name("r1"))).unwrap();
        let last = history.iter().rev().find_map(|event| match &event.fact {
            Fact::Moved(moved) => Some(moved.clone()),
            _ => None,
        });
        let last = last.unwrap();
        assert_eq!(stored.state, last.next, "the log and the state are of one moment");
        assert_eq!(store.table(&application_name()).unwrap().map(|table| table.generation), last.generation);
        assert_eq!(store.latest_epoch(&application_name()).unwrap().map(|epoch| epoch.id), last.epoch);
        go_on(&store, &stored.state, block.start);
    }
}

/// Runs the victim until it has promised so often; answers the last promise.
fn kill_after(lines: usize, directory: &std::path::Path) -> (u64, u64) {
    let mut victim = Process::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::victim", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(victim.stdout.take().unwrap());
    let promise = output
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| {
            let (_, numbers) = line.split_once("promised ")?;
            let (generation, sequence) = numbers.split_once(' ')?;
            Some((generation.parse().unwrap(), sequence.parse().unwrap()))
        })
        .nth(lines - 1);
    victim.kill().unwrap();
    victim.wait().unwrap();
    promise.unwrap()
}

/// A store that was killed takes the next write like any other.
fn go_on(store: &viridian_store::Store, state: &State, generation: u64) {
    let span = epoch(store.next_epoch(&application_name()).unwrap().0, percent(10));
    let table = table(store, generation, &span);
    store
        .commit_table(&TableChange { table: &table, epoch: Some(&span), because: "a restart", at: NOW })
        .unwrap();
    let (name, next) = (rollout_name("r1"), progressing(state.sequence + 1, percent(10)));
    store.commit(&bare(&name, &next, &report("after a restart"))).unwrap();
}
