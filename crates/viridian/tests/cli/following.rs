//! Waiting for a rollout: what is printed on the way, and what the exit code says of the end.

use crate::control_plane::{ControlPlane, now};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::Evidence;
use viridian_core::analysis::verdict::Verdict;
use viridian_core::guard::{Guard, Margin, OnFail};
use viridian_core::metric::Metric;
use viridian_core::rollout::state::{Cause, Hold, Phase, Position};

fn position() -> Position {
    Position::at(1, now())
}

fn check(phases: &[Phase], arguments: &[&str], code: i32) {
    let plane = ControlPlane::furnished();
    for phase in phases {
        plane.go(phase.clone());
    }
    let run = plane.run(&[&["rollout", "status", "chat-v2"], arguments].concat());
    assert_eq!(run.code, code, "{phases:?}: {run:?}");
    assert!(run.out.starts_with("chat-v2  "), "{run:?}");
}

#[test]
fn the_exit_code_says_where_a_rollout_stands() {
    let cause = Cause::Insufficient;
    let back = Phase::RollingBack { cause: cause.clone(), since: now() };
    let paused = Phase::Held { reason: Hold::PlannedPause, since: now(), at: position() };
    let short = ["--wait", "--timeout", "10ms"];
    check(&[], &[], 0);
    check(&[Phase::Progressing(position())], &[], 0);
    check(&[Phase::Baking(position()), Phase::Promoted], &["--wait"], 0);
    check(&[back.clone(), Phase::RolledBack { cause: cause.clone() }], &["--wait"], 4);
    check(&[back, Phase::Aborted { cause }], &["--wait"], 4);
    check(&[Phase::Progressing(position())], &short, 5);
    check(&[paused], &short, 5);
}

#[test]
fn a_gate_that_failed_has_an_exit_code_of_its_own() {
    let plane = ControlPlane::furnished();
    let guard = Guard { on_fail: OnFail::Pause, ..Guard::new(Metric::Errors, Margin::Points(50)) };
    let mut analysis = judge(&[guard], &Evidence::default(), Units::Independent);
    analysis.guards[0].verdict = Verdict::Fail(OnFail::Pause);
    let reason = Hold::Regression { metric: Metric::Errors };
    plane.go_by(Phase::Held { reason, since: now(), at: position() }, analysis);
    let status = plane.run(&["rollout", "status", "chat-v2"]);
    assert_eq!(status.code, 3, "{status:?}");
    let waited = plane.run(&["rollout", "status", "chat-v2", "--wait", "--timeout", "10ms"]);
    assert_eq!(waited.code, 3, "{waited:?}");
}

#[test]
fn waiting_ends_with_the_rollout() {
    let plane = ControlPlane::furnished();
    plane.go(Phase::Progressing(position()));
    let mut waiting = spawn(&plane, &["rollout", "status", "chat-v2", "--wait"]);
    let progress = waiting.stderr.take().map(BufReader::new).unwrap().lines().next().unwrap().unwrap();
    assert!(progress.starts_with("chat-v2  Progressing"), "{progress}");
    plane.go(Phase::Baking(position()));
    plane.go(Phase::Promoted);
    let output = waiting.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("chat-v2  Promoted"), "{output:?}");
}

#[test]
fn watching_prints_a_line_per_change_where_there_is_no_terminal() {
    let plane = ControlPlane::furnished();
    let mut watching = spawn(&plane, &["rollout", "watch", "chat-v2"]);
    let mut lines = watching.stdout.take().map(BufReader::new).unwrap().lines();
    let mut next = || lines.next().map(Result::unwrap);
    assert_eq!(next().unwrap(), "chat-v2  Pending  candidate 0%");
    plane.go(Phase::Progressing(position()));
    assert_eq!(next().unwrap(), "chat-v2  Progressing  step 2/3  candidate 0%  it is Progressing");
    let cause = Cause::Ordered { by: "ada".to_owned(), reason: None };
    plane.go(Phase::RollingBack { cause: cause.clone(), since: now() });
    assert_eq!(next().unwrap(), "chat-v2  RollingBack  step 2/3  candidate 0%  ordered by ada");
    plane.go(Phase::RolledBack { cause });
    assert_eq!(next().unwrap(), "chat-v2  RolledBack  step 2/3  candidate 0%  ordered by ada");
    assert_eq!(next(), None);
    assert_eq!(watching.wait().unwrap().code(), Some(4));
}

#[test]
fn a_person_who_stops_watching_is_told_apart() {
    let plane = ControlPlane::furnished();
    let mut watching = spawn(&plane, &["rollout", "watch", "chat-v2"]);
    let first = watching.stdout.take().map(BufReader::new).unwrap().lines().next();
    assert!(first.is_some(), "it watches by now");
    let interrupted = Command::new("kill").args(["-INT", &watching.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(watching.wait().unwrap().code(), Some(130));
}

fn spawn(plane: &ControlPlane, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_viridian"))
        .args(arguments)
        .args(["--server", &plane.url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}
