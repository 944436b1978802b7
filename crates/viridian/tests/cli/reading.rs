//! Looking: four formats on the standard output, words on the standard error.

use crate::control_plane::ControlPlane;
use serde_json::Value;

/// The words of the first two lines, since ages change.
fn words(text: &str, line: usize) -> Vec<&str> {
    text.lines().nth(line).unwrap_or_default().split_whitespace().collect()
}

#[test]
fn lists_are_tables_for_people() {
    let plane = ControlPlane::furnished();
    let applications = plane.run(&["get", "applications"]);
    assert_eq!(words(&applications.out, 0), ["NAME", "PROTOCOL", "UNIT", "BASELINE", "ROLLOUT", "CANDIDATE"]);
    assert_eq!(words(&applications.out, 1), ["chat", "openai", "request", "chat-v1", "chat-v2", "0%"]);
    let releases = plane.run(&["get", "releases", "--application", "chat"]);
    assert_eq!(words(&releases.out, 1)[..4], ["chat-v1", "chat", "v1", "-"]);
    assert_eq!(words(&releases.out, 1).last(), Some(&"baseline"));
    let rollouts = plane.run(&["get", "rollouts", "--active"]);
    assert_eq!(words(&rollouts.out, 1)[..4], ["chat-v2", "chat", "Pending", "-"]);
    assert!(applications.err.is_empty() && releases.err.is_empty() && rollouts.err.is_empty());
}

#[test]
fn other_formats_are_for_programs() {
    let plane = ControlPlane::furnished();
    let json: Value = serde_json::from_str(&plane.run(&["get", "releases", "-o", "json"]).out).unwrap();
    assert_eq!(json["items"][1]["name"], "chat-v2");
    let one: Value =
        serde_json::from_str(&plane.run(&["get", "rollout", "chat-v2", "-o", "json"]).out).unwrap();
    assert_eq!(one["plan"][0]["title"], "weight 5%");
    let lines = plane.run(&["get", "releases", "-o", "jsonl"]).out;
    let names: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((names.len(), &names[0]["name"]), (2, &"chat-v1".into()));
    let history = |format| plane.run(&["rollout", "history", "chat-v2", "-o", format]).out;
    let whole: Value = serde_json::from_str(&history("json")).unwrap();
    let rows: Vec<Value> = history("jsonl").lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!((&rows, whole["rollout"].as_str()), (whole["entries"].as_array().unwrap(), Some("chat-v2")));
    let yaml = plane.run(&["get", "application", "chat", "-o", "yaml"]).out;
    assert!(yaml.lines().any(|line| line == "name: chat"), "{yaml}");
}

/// The verbs that draw for people print no escape sequences where nobody asked for colours, nor where somebody did.
#[test]
fn nothing_is_coloured() {
    let plane = ControlPlane::furnished();
    let verbs: [&[&str]; 6] = [
        &["get", "rollouts"],
        &["describe", "application", "chat"],
        &["rollout", "status", "chat-v2"],
        &["rollout", "history", "chat-v2"],
        &["explain", "chat-v2"],
        &["get", "rollout", "no-such"],
    ];
    for verb in verbs {
        for colours in [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")] {
            let run = plane.run_with(colours, verb);
            assert!(
                !run.out.contains('\u{1b}') && !run.err.contains('\u{1b}'),
                "{colours:?} {verb:?}: {run:?}"
            );
        }
    }
    let help = plane.run_with(("NO_COLOR", "1"), &["--help"]);
    assert!(!help.out.contains('\u{1b}'), "{help:?}");
}

#[test]
fn one_thing_is_described_in_full() {
    let plane = ControlPlane::furnished();
    let describe = |kind: &str, name: &str| plane.run(&["describe", kind, name]).out;
    assert!(describe("application", "chat").contains("http://127.0.0.1:1"));
    assert!(describe("release", "chat-v2").contains("the caller's choice"));
    let rollout = describe("rollout", "chat-v2");
    assert!(
        rollout.contains("chat-v1 -> chat-v2") && rollout.contains("analysis, 100 outcomes per arm"),
        "{rollout}"
    );
    let explained = plane.run(&["explain", "chat-v2"]).out;
    assert!(explained.starts_with("chat-v2 is Pending."), "{explained}");
    let history = plane.run(&["rollout", "history", "chat-v2"]).out;
    assert!(history.contains("asked to move chat to chat-v2"), "{history}");
    let planned = plane.run(&["plan", "chat", "chat-v2"]).out;
    assert!(planned.contains("It does not end by itself at this traffic."), "{planned}");
}

#[test]
fn what_is_not_there_is_said_clearly() {
    let plane = ControlPlane::furnished();
    let slip = plane.run(&["get", "rollout", "chat-v3"]);
    assert_eq!((slip.code, slip.out.as_str()), (1, ""));
    assert!(slip.err.contains("error: there is no rollout 'chat-v3'; did you mean 'chat-v2'?"), "{slip:?}");
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    let plane = ControlPlane::new(None);
    let run = crate::program::run(plane.path(), &["get", "applications", "--server", "http://127.0.0.1:1"]);
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    for part in ["http://127.0.0.1:1", "viridian serve", "refused"] {
        assert!(run.err.contains(part), "{part}: {}", run.err);
    }
    let nonsense = crate::program::run(plane.path(), &["get", "applications", "--server", "nonsense"]);
    assert!(nonsense.err.contains("http://"), "{nonsense:?}");
}

#[test]
fn a_token_is_read_from_a_file() {
    let plane = ControlPlane::new(Some("secret"));
    let refused = plane.run(&["get", "applications"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("asks for a token"), "{refused:?}");
    std::fs::write(plane.path().join("token"), "secret\n").unwrap();
    assert_eq!(plane.run(&["get", "applications", "--token-file", "token"]).code, 0);
    assert_eq!(plane.run(&["get", "applications", "--token", "secret"]).code, 0);
}
