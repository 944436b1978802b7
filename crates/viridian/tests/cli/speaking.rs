//! Applying, starting and ordering.

use crate::control_plane::{ControlPlane, MANIFEST, now};
use std::fs;
use viridian_core::rollout::state::{Cause, Phase, Position};

#[test]
fn apply_says_what_became_of_each_document() {
    let plane = ControlPlane::new(None);
    let rehearsed = plane.run(&["apply", "-f", "chat.yaml", "--dry-run"]);
    assert!(rehearsed.out.starts_with("application/chat created (dry run)\n"), "{rehearsed:?}");
    let applied = plane.run(&["apply", "-f", "chat.yaml"]);
    assert_eq!(
        applied.out,
        "application/chat created\nrelease/chat-v1 created\nrelease/chat-v2 created\nrollout/chat-v2 created\n"
    );
    let again = plane.run(&["apply", "-f", "chat.yaml"]);
    assert_eq!(again.out.matches("unchanged").count(), 4, "{again:?}");
}

#[test]
fn apply_shows_faults_and_refusals() {
    let plane = ControlPlane::furnished();
    fs::write(plane.path().join("bad.yaml"), MANIFEST.replace("unit: request", "unit: moon")).unwrap();
    let bad = plane.run(&["apply", "-f", "bad.yaml"]);
    assert_eq!((bad.code, bad.out.as_str()), (2, ""));
    assert!(bad.err.contains("bad.yaml:7:") && bad.err.contains("unit: moon"), "{bad:?}");

    let missing = MANIFEST.replace("candidate: chat-v2", "candidate: chat-v9");
    fs::write(
        plane.path().join("missing.yaml"),
        missing.replace("{name: chat-v2}\nspec:\n", "{name: r9}\nspec:\n"),
    )
    .unwrap();
    let missing = plane.run(&["apply", "-f", "missing.yaml"]);
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(missing.err.contains("missing.yaml:") && missing.err.contains("chat-v9"), "{missing:?}");

    let changed =
        MANIFEST.replace("spec: {application: chat, version: v2}", "spec: {application: chat, version: v3}");
    fs::write(plane.path().join("changed.yaml"), changed).unwrap();
    let changed = plane.run(&["apply", "-f", "changed.yaml"]);
    assert_eq!(changed.code, 1, "{changed:?}");
    assert!(changed.err.contains("releases never change"), "{changed:?}");
}

#[test]
fn orders_are_given_in_the_name_of_the_user() {
    let plane = ControlPlane::furnished();
    plane.go(Phase::Progressing(Position::at(0, now())));
    let order = |arguments: &[&str]| plane.run(&[&["rollout"], arguments].concat());
    assert_eq!(order(&["pause", "chat-v2"]).out, "rollout/chat-v2: pause, ordered by ada\n");
    assert_eq!(
        order(&["promote", "chat-v2", "--full"]).out,
        "rollout/chat-v2: promote all the way, ordered by ada\n"
    );
    assert_eq!(
        order(&["rollback", "chat-v2", "--reason", "not today"]).out,
        "rollout/chat-v2: rollback, ordered by ada: not today\n"
    );
    let refused = order(&["resume", "chat-v2"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("the rollout is not held"), "{refused:?}");
}

#[test]
fn a_rollout_is_started_from_its_parts() {
    let plane = ControlPlane::furnished();
    let refused = plane.run(&["rollout", "start", "chat", "chat-v2"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("rollout 'chat-v2' has not ended"), "{refused:?}");
    let started = plane.run(&["rollout", "start", "chat", "chat-v2", "--name", "again", "--supersede"]);
    assert_eq!(started.code, 0, "{started:?}");
    assert!(started.out.contains("rollout chat-v2 has to end first"), "{started:?}");
    assert!(started.err.contains("viridian rollout watch again"), "{started:?}");
}

#[test]
fn what_was_asked_for_in_words_is_refused_in_words() {
    let plane = ControlPlane::furnished();
    let check = |arguments: &[&str], code: i32, says: &str| {
        let refused = plane.run(arguments);
        assert_eq!((refused.code, refused.err.as_str()), (code, says), "{arguments:?}");
    };
    let nobody = "error: there is no release 'nobody'\n";
    check(&["rollout", "start", "chat", "nobody"], 2, nobody);
    check(&["plan", "chat", "nobody"], 2, nobody);

    let rollout = "apiVersion: viridian.dev/v1\nkind: Rollout\nmetadata: {name: r9}\n";
    let wrong =
        format!("{rollout}spec: {{application: chat, candidate: nobody, strategy: {{blueGreen: {{}}}}}}");
    fs::write(plane.path().join("r9.yaml"), wrong).unwrap();
    let placed =
        "error: the manifest has one fault\n  r9.yaml:4:38: spec.candidate: there is no release 'nobody'\n";
    check(&["rollout", "start", "-f", "r9.yaml"], 2, placed);
}

#[test]
fn whoever_applies_a_rollout_that_failed_is_told_that_nothing_begins() {
    let plane = ControlPlane::furnished();
    let cause = Cause::Insufficient;
    plane.go(Phase::RollingBack { cause: cause.clone(), since: now() });
    plane.go(Phase::RolledBack { cause });
    let again = plane.run(&["apply", "-f", "chat.yaml"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(
        again.err.contains("Rollout chat-v2: it ended as RolledBack and is not started again"),
        "{again:?}"
    );
}
