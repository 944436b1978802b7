//! Verbs that need no server: about files, and about the program itself.

use crate::program::{Run, run, run_with};
use serde_json::Value;
use std::fs;
use std::path::Path;

const BAD: &str = "
apiVersion: viridian.dev/v1
kind: Release
metadata: {name: v1}
spec: {aplication: chat}
";

#[test]
fn init_writes_a_file_that_checks_and_never_overwrites() {
    let directory = tempfile::tempdir().unwrap();
    let first = run(directory.path(), &["init"]);
    assert_eq!((first.code, first.out.as_str()), (0, ""), "{first:?}");
    assert!(first.err.contains("viridian check viridian.yaml"), "{first:?}");
    let check = run(directory.path(), &["check", "viridian.yaml"]);
    assert_eq!((check.code, check.err.as_str()), (0, "No faults.\n"));

    fs::write(directory.path().join("viridian.yaml"), "mine").unwrap();
    let second = run(directory.path(), &["init"]);
    assert_eq!(second.code, 2, "{second:?}");
    assert!(second.err.contains("was left as it is"), "{second:?}");
    assert_eq!(fs::read_to_string(directory.path().join("viridian.yaml")).unwrap(), "mine");
}

#[test]
fn check_shows_every_fault_with_its_line() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("bad.yaml"), BAD).unwrap();
    let check = run(directory.path(), &["check", "bad.yaml"]);
    assert_eq!((check.code, check.out.as_str()), (2, ""), "{check:?}");
    for part in
        ["bad.yaml:5:8", "did you mean 'application'?", "spec: {aplication: chat}", "2 faults in 1 file"]
    {
        assert!(check.err.contains(part), "{part}: {}", check.err);
    }
    let json = run(directory.path(), &["check", "bad.yaml", "-o", "json"]);
    let faults: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, faults["items"][0]["line"].as_u64()), (2, Some(5)), "{json:?}");
    let lines = run(directory.path(), &["check", "bad.yaml", "-o", "jsonl"]);
    assert_eq!(lines.out.lines().count(), 2, "{lines:?}");

    // What files say of each other is told in the same pass.
    fs::write(directory.path().join("again.yaml"), BAD).unwrap();
    let both = run(directory.path(), &["check", "bad.yaml", "again.yaml"]);
    for part in ["the Release 'v1' is described in bad.yaml, line 2, already", "5 faults in 2 files"] {
        assert!(both.err.contains(part), "{part}: {}", both.err);
    }
}

#[test]
fn check_says_where_nothing_is_compared() {
    let directory = tempfile::tempdir().unwrap();
    let switch = "
apiVersion: viridian.dev/v1
kind: Application
metadata: {name: chat}
spec:
  protocol: openai
  unit: request
  environments: {blue: {endpoints: ['http://127.0.0.1:1']}}
  guards: [{metric: errors, margin: 1pp, onFail: rollback}]
---
apiVersion: viridian.dev/v1
kind: Release
metadata: {name: chat-v2}
spec: {application: chat, version: v2}
---
apiVersion: viridian.dev/v1
kind: Rollout
metadata: {name: switch}
spec: {application: chat, candidate: chat-v2, strategy: {canary: {steps: [{bake: {holdback: 0%}}]}}}
";
    let check = run_with(directory.path(), &["check", "-"], switch);
    assert_eq!(check.code, 0, "{check:?}");
    assert!(check.err.contains("rollout/switch is not compared: "), "{check:?}");
    assert!(check.err.contains("only a person can promote it"), "{check:?}");
    let compared = switch.replace("holdback: 0%", "holdback: 2%");
    let check = run_with(directory.path(), &["check", "-"], &compared);
    assert_eq!((check.code, check.err.as_str()), (0, "No faults.\n"), "{check:?}");
}

#[test]
fn check_warns_of_guards_that_leave_callers_no_time_to_speak() {
    let directory = tempfile::tempdir().unwrap();
    let application = |guard: &str| {
        format!(
            "
apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: chat}}
spec:
  protocol: openai
  unit: request
  environments: {{blue: {{endpoints: ['http://127.0.0.1:1']}}}}
  guards: [{{metric: feedback, margin: 3pp{guard}}}]
"
        )
    };
    let check = |guard: &str, is_warned: bool| {
        let check = run_with(directory.path(), &["check", "-"], &application(guard));
        let warned = check.err.contains("warning: application/chat: the guard on feedback acts")
            && check.err.contains("'maturity: 1h'");
        assert_eq!((check.code, warned), (0, is_warned), "{guard}: {check:?}");
    };
    check("", true);
    check(", onFail: pause", true);
    check(", onFail: notify", false);
    check(", mode: observe", false);
    check(", maturity: 30m", false);
}

#[test]
fn check_warns_of_slices_that_nothing_is_asked_of() {
    let directory = tempfile::tempdir().unwrap();
    let check = |unit: &str, guards: &str, is_warned: bool| {
        let manifest = format!(
            "
apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: chat}}
spec:
  protocol: openai
  unit: {unit}
  environments: {{blue: {{endpoints: ['http://127.0.0.1:1']}}}}
  slices: [language]
  guards: [{guards}]
"
        );
        let check = run_with(directory.path(), &["check", "-"], &manifest);
        let warned = check
            .err
            .contains("warning: application/chat: traffic is cut by slices, and none is ever found worse");
        assert_eq!((check.code, warned), (0, is_warned), "{unit}, {guards}: {check:?}");
    };
    let (cost, errors) = ("{metric: cost, margin: 20%}", "{metric: errors, margin: 1pp}");
    check("request", cost, true);
    check("user", cost, false);
    check("request", errors, false);
    check("request", &format!("{cost}, {errors}"), false);
    check("request", "{metric: latency.p95, margin: 20%}", false);
    check("user", "{metric: feedback, margin: 3pp, mode: observe}", true);
}

/// An aim is warned of as a guard is.
#[test]
fn aims_that_leave_callers_no_time_are_warned_of() {
    let directory = tempfile::tempdir().unwrap();
    let check = |aim: &str, is_warned: bool| {
        let text = format!(
            "apiVersion: viridian.dev/v1
kind: Experiment
metadata: {{name: tone}}
spec:
  unit: user
  arms: [{{name: a, share: 50%, releases: {{chat: v1}}}}, {{name: b, share: 50%, releases: {{chat: v2}}}}]
  aim: {{minimumEffect: 2pp, metric: {aim}}}
  stop: {{maxDuration: 24h}}
"
        );
        let check = run_with(directory.path(), &["check", "-"], &text);
        let warned =
            check.err.contains("warning: experiment/tone: the aim feedback is judged by what was said");
        assert_eq!((check.code, warned), (0, is_warned), "{aim}: {check:?}");
    };
    check("feedback", true);
    check("'feedback', maturity: 30m", false);
    check("errors", false);
}

#[test]
fn check_warns_of_units_that_nobody_checks() {
    let directory = tempfile::tempdir().unwrap();
    let check = |source: &str, unit: &str, is_warned: bool| {
        let manifest = format!(
            "
apiVersion: viridian.dev/v1
kind: Application
metadata: {{name: chat}}
spec:
  protocol: openai
  unit: request
  environments: {{blue: {{endpoints: ['http://127.0.0.1:1']}}}}
  sources: {{metrics: {source}}}
  gauges: [{{name: queue, source: metrics, query: /queue, atMost: 5{unit}}}]
"
        );
        let check = run_with(directory.path(), &["check", "-"], &manifest);
        let warned = check
            .err
            .contains("warning: application/chat: the unit ms of the gauge queue is shown and never checked");
        assert_eq!((check.code, warned), (0, is_warned), "{source}{unit}: {check:?}");
    };
    check("{prometheus: {url: 'http://a'}}", ", unit: ms", true);
    check("{prometheus: {url: 'http://a'}}", "", false);
    check("{json: {url: 'http://a', value: /value}}", ", unit: ms", true);
    check("{json: {url: 'http://a', value: /value, unit: /unit}}", ", unit: ms", false);
}

/// Every file of `examples` in which guards act, so that nobody copies a hasty one.
#[test]
fn no_example_is_warned_of() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for entry in fs::read_dir(&examples).unwrap() {
        let path = entry.unwrap().path();
        let check = run(&examples, &["check", path.to_str().unwrap()]);
        assert!(check.code == 0 && !check.err.contains("warning: "), "{check:?}");
    }
}

#[test]
fn check_reads_the_standard_input_and_leaves_what_it_cannot_know() {
    let directory = tempfile::tempdir().unwrap();
    let lone = BAD.replace("aplication: chat", "application: chat, version: v1");
    let check = run_with(directory.path(), &["check", "-"], &lone);
    assert_eq!(check.code, 0, "{check:?}");
    assert!(check.err.contains("apply --dry-run asks the server"), "{check:?}");
    let missing = run(directory.path(), &["check", "nothing.yaml"]);
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("read nothing.yaml"), "{missing:?}");
}

#[test]
fn a_file_without_a_manifest_is_the_wrong_file() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("empty.yaml"), "# nothing\n---\n").unwrap();
    for arguments in [["check", "empty.yaml"].as_slice(), &["apply", "-f", "empty.yaml"]] {
        let refused = run(directory.path(), arguments);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{refused:?}");
        assert_eq!(refused.err, "error: there is no manifest in empty.yaml\n");
    }
}

#[test]
fn descriptions_are_json() {
    let directory = tempfile::tempdir().unwrap();
    for verb in ["schema", "openapi"] {
        let run = run(directory.path(), &[verb]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{verb}");
        let document: Value = serde_json::from_str(&run.out).unwrap();
        assert!(document.is_object(), "{verb}");
    }
}

#[test]
fn a_simulation_tells_its_story() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("bad.txt"), "abracadabra\n").unwrap();
    let bad = run(directory.path(), &["simulate", "bad.txt"]);
    assert_eq!((bad.code, bad.out.as_str()), (2, ""), "{bad:?}");
    assert!(bad.err.contains("error: bad.txt:1: "), "{bad:?}");
    fs::write(directory.path().join("long.txt"), "abracadabra\n".repeat(90)).unwrap();
    let long = run(directory.path(), &["simulate", "long.txt"]);
    assert!(long.err.lines().count() == 11 && long.err.ends_with(" more faults in long.txt\n"), "{long:?}");
}

/// A rollout that nobody sends a request.
const QUIET: &str = "application chat, unit request
guard errors margin 0.5pp onFail rollback
canary: weight 5%, bake 10m
traffic 0/s

start
run 1m
expect weight 5%
";

#[test]
fn a_simulation_for_programs_keeps_its_form() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("quiet.txt"), QUIET).unwrap();
    let replayed = run(directory.path(), &["simulate", "quiet.txt", "-o", "json"]);
    assert_eq!(replayed.code, 3, "an expectation was not met: {replayed:?}");
    assert_eq!(replayed.out, include_str!("../golden/simulate.json"));
    let line = run(directory.path(), &["simulate", "quiet.txt", "quiet.txt", "-o", "jsonl"]).out;
    let whole: Value = serde_json::from_str(&replayed.out).unwrap();
    let rows: Vec<Value> = line.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows, [&whole["items"][0], &whole["items"][0]].map(Clone::clone));
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let directory = tempfile::tempdir().unwrap();
    let check = |arguments: &[&str], says: &str| {
        let Run { code, out, err } = run(directory.path(), arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains(says), "{arguments:?}: {err}");
    };
    check(&[], "Usage: viridian");
    check(&["roolout"], "a similar subcommand exists: 'rollout'");
    check(&["get", "pods"], "possible values: applications, releases, rollouts");
    check(&["rollout", "status", "a", "--wait", "--timeout", "soon"], "--timeout");
    check(&["rollout", "start"], "--file");
}

#[test]
fn what_a_role_needs_is_asked_for_by_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let check = |arguments: &[&str], says: &str| {
        let addresses = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
        let refused = run(directory.path(), &[&["serve"], addresses.as_slice(), arguments].concat());
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{arguments:?}: {refused:?}");
        assert!(refused.err.contains(says), "{arguments:?}: {refused:?}");
    };
    check(&["--role", "controller"], "VIRIDIAN_INTERNAL_TOKEN");
    check(&["--role", "gateway", "--controller", "http://127.0.0.1:1"], "VIRIDIAN_INTERNAL_TOKEN");
    check(&["--role", "gateway"], "--controller");
    let elsewhere = ["--role", "gateway", "--controller", "http://127.0.0.1:1"];
    check(&[elsewhere.as_slice(), &["-f", "viridian.yaml"]].concat(), "a gateway applies no manifests");
    let node = ["--role", "gateway", "--controller", "http://127.0.0.1:1", "--node", "Not A Name"];
    check(&node, "--node");
}

#[test]
fn help_and_version_are_data() {
    let directory = tempfile::tempdir().unwrap();
    let help = run(directory.path(), &["--help"]);
    assert_eq!(help.code, 0);
    for verb in
        ["init", "check", "serve", "apply", "get", "describe", "explain", "rollout", "plan", "simulate"]
    {
        assert!(help.out.lines().any(|line| line.trim_start().starts_with(verb)), "{verb}: {}", help.out);
    }
    assert!(run(directory.path(), &["--version"]).out.starts_with("viridian "));
}

#[test]
fn a_control_plane_is_not_shown_to_others_without_a_token() {
    let directory = tempfile::tempdir().unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--admin", "0.0.0.0:0", "--workers", "1"];
    let refused = run(directory.path(), &serve);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{refused:?}");
    assert!(refused.err.contains("VIRIDIAN_ADMIN_TOKEN"), "{refused:?}");
}

#[test]
fn serve_does_not_start_with_a_wrong_manifest() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("bad.yaml"), BAD).unwrap();
    let serve = ["serve", "-f", "bad.yaml", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let refused = run(directory.path(), &serve);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("bad.yaml:5:8: "), "{refused:?}");
}
