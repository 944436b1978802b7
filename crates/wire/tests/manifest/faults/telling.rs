//! How faults are told: all of them, in order, with the line, without secrets and not without end.

use super::{application, check, environment};
use viridian_wire::manifest::{Fault, read};

#[test]
fn a_file_tells_all_its_faults_at_once() {
    let text = "\
apiVersion: viridian.dev/v1
kind: Application
metadata: {name: support_chat}
spec:
  protcol: openai
  unit: user
  environments:
    blue: {endpoints: [\"10.0.0.5\"]}
  guards:
  - {metric: errors, margin: 5}
  - {metric: latency.p95, margin: 0.5pp}
  - {metric: errors, margin: 1pp}
---
apiVersion: viridian.dev/v1
kind: Release
metadata: {name: v8
---
apiVersion: viridian.dev/v1
kind: Rollout
metadata: {name: v8}
spec:
  application: support-chat
  candidate: v8
  strategy:
    canary:
      steps:
      - weight: 5
";
    check(
        text,
        &[
            "3:18: metadata.name: found 'support_chat', expected a name such as 'support-chat': use lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
            "5:3: spec.protcol: unknown field; did you mean 'protocol'?",
            "8:24: spec.environments.blue.endpoints[0]: found '10.0.0.5', expected a base URL such as 'http://10.0.0.5:8000': it has to start with http:// or https://",
            "10:30: spec.guards[0].margin: found 5, expected a margin such as '0.5pp' or '20%'",
            "11:35: spec.guards[1].margin: latency.p95 is a time and no share, so that percentage points of it mean nothing; write a part of the baseline's, such as '20%'",
            "12:5: spec.guards[2]: errors is guarded already; a metric has one guard",
            "17:1: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'",
            "27:17: spec.strategy.canary.steps[0].weight: found 5, expected a percentage such as '5%'",
        ],
    );
}

/// The only fault of a text.
fn only_fault(text: &str) -> Fault {
    let mut faults = read("viridian.yaml", text).finish().unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults.pop().unwrap()
}

#[test]
fn a_snippet_points_at_the_fault() {
    let text = application("guards: [{metric: errors, margin: 5}]");
    let expected = "\
spec.guards[0].margin: found 5, expected a margin such as '0.5pp' or '20%'
 --> viridian.yaml:8:37
  |
8 |   guards: [{metric: errors, margin: 5}]
  |                                     ^
";
    assert_eq!(only_fault(&text).snippet(&text), expected);
}

#[test]
fn a_secret_is_never_repeated() {
    let written = [
        "{endpoints: [\"http://a\"], auth: {bearer: \"sk-secret\"}}",
        "{endpoints: [\"http://a\"], auth: {bearer: \"env:X\", token: \"sk-secret\"}}",
        "{endpoints: [\"http://user:sk-secret@a\"]}",
        "{endpoints: [\"http://user:sk-secret@a\"], colour: blue}",
    ];
    for environment in written.map(environment) {
        for fault in read("viridian.yaml", &environment).finish().unwrap_err() {
            assert!(!fault.to_string().contains("sk-secret"), "{fault}");
            assert!(!fault.snippet(&environment).contains("sk-secret"), "{}", fault.snippet(&environment));
        }
    }
}

#[test]
fn faults_do_not_go_on_without_end() {
    let text = application(&format!("pins: [{}]", "x,".repeat(5_000)));
    let faults = read("file", &text).finish().unwrap_err();
    assert_eq!(faults.len(), 1_001);
    assert_eq!(faults[1_000].message, "and 4000 faults more");
}
