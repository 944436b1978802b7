//! What people are told when a manifest is wrong: text in, every fault out, with line and column.

use viridian_wire::manifest::{Fault, read};

/// Reads a text and compares every fault, as `line:column path: message`.
fn check(text: &str, expected: &[&str]) {
    let faults = read("file", text).unwrap_err();
    let told: Vec<String> =
        faults.iter().map(|fault| fault.to_string().strip_prefix("file:").unwrap().to_owned()).collect();
    assert_eq!(told, expected, "{text}");
}

/// An application that lacks nothing, with `spec` from line 8 on.
fn application(spec: &str) -> String {
    format!(
        "apiVersion: viridian.dev/v1\nkind: Application\nmetadata: {{name: chat}}\nspec:\n  protocol: openai\n  \
         unit: user\n  environments: {{blue: {{endpoints: [\"http://a\"]}}}}\n  {spec}\n"
    )
}

/// An application with an environment, from line 8 on.
fn environment(environment: &str) -> String {
    format!(
        "apiVersion: viridian.dev/v1\nkind: Application\nmetadata: {{name: chat}}\nspec:\n  protocol: openai\n  \
         unit: user\n  environments:\n    blue: {environment}\n"
    )
}

/// A release that lacks nothing, with `spec` from line 7 on.
fn release(spec: &str) -> String {
    format!(
        "apiVersion: viridian.dev/v1\nkind: Release\nmetadata: {{name: chat-v2}}\nspec:\n  application: chat\n  \
         version: v2\n  {spec}\n"
    )
}

/// A rollout that lacks nothing but its strategy, with `spec` from line 7 on.
fn rollout(spec: &str) -> String {
    format!(
        "apiVersion: viridian.dev/v1\nkind: Rollout\nmetadata: {{name: chat-v2}}\nspec:\n  application: chat\n  \
         candidate: chat-v2\n  {spec}\n"
    )
}

/// A rollout with canary steps, the first on line 10.
fn steps(steps: &[&str]) -> String {
    let steps: Vec<String> = steps.iter().map(|step| format!("      - {step}")).collect();
    rollout(&format!("strategy:\n    canary:\n      steps:\n{}", steps.join("\n")))
}

#[test]
fn what_every_document_begins_with() {
    check(
        "kind: Rollot\n",
        &[
            "1:1: apiVersion: missing; expected 'viridian.dev/v1'",
            "1:1: metadata: missing; expected an object",
            "1:1: spec: missing; expected an object",
            "1:7: kind: found 'Rollot', expected 'Application', 'Release' or 'Rollout'; did you mean 'Rollout'?",
        ],
    );
    check(
        "kind: Experiment\napiVersion: viridian.dev/v1\nmetadata: {}\nspec: {}\n",
        &[
            "1:7: kind: 'Experiment' is not supported by this version; supported are 'Application', 'Release', 'Rollout'",
        ],
    );
    check("just text\n", &["1:1: found 'just text', expected an object"]);
    check("- a\n", &["1:1: found a list, expected an object"]);
    check(
        "{\"apiVersion\": \"v1\", \"kind\": 5, \"metadata\": null, \"spec\": []}",
        &[
            "1:16: apiVersion: found 'v1', expected 'viridian.dev/v1'",
            "1:30: kind: found 5, expected 'Application', 'Release' or 'Rollout'",
            "1:33: metadata: found nothing, expected an object",
            "1:59: spec: found a list, expected an object",
        ],
    );
    check(
        "apiVersion: viridian.dev/v1\nkind: Release\nmetadata: {name: Chat, labels: {a: b}}\nspec: {application: 5, version: 1.10}\n",
        &[
            "3:18: metadata.name: found 'Chat', expected a name such as 'support-chat': use lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
            "3:24: metadata.labels: 'labels' are kept on applications only; supported is 'name'",
            "4:21: spec.application: found 5, expected a name such as 'support-chat'; put it in quotes",
            "4:33: spec.version: found 1.1, expected text; put it in quotes",
        ],
    );
}

#[test]
fn applications() {
    check(&application("protocl: http"), &["8:3: spec.protocl: unknown field; did you mean 'protocol'?"]);
    check(
        &application("").replace("user", "team"),
        &[
            "6:9: spec.unit: found 'team', expected 'request', 'user', 'conversation', 'tenant' or 'header:<name>': it is none of these",
        ],
    );
    check(&application("unit: user"), &["8:3: the key 'unit' was given on line 6 already"]);
    check(
        &application("allowPaths: [/v1/*]"),
        &[
            "8:3: spec.allowPaths: only the protocol http takes paths; the others pass the paths their callers know",
        ],
    );
    check(
        &application("pins: [{unit: alice, arm: baseline}, {unit: alice, arm: candidat}]"),
        &[
            "8:47: spec.pins[1].unit: 'alice' is pinned already",
            "8:59: spec.pins[1].arm: found 'candidat', expected 'baseline' or 'candidate'; did you mean 'candidate'?",
        ],
    );
    check(
        &application("localGuard: {errors: 0%, minRequests: 0}"),
        &[
            "8:24: spec.localGuard.errors: found '0%', expected a percentage such as '5%': it has to be above zero",
            "8:41: spec.localGuard.minRequests: found 0, expected a whole number from 1 to 10000",
        ],
    );
    check(
        &application("localGuard: {}"),
        &["8:3: spec.localGuard.errors: missing; expected a percentage such as '5%'"],
    );
    check(
        &application("timeouts: {conect: 2s, idle: 0s, firstByte: 5}"),
        &[
            "8:14: spec.timeouts.conect: unknown field; did you mean 'connect'?",
            "8:32: spec.timeouts.idle: found '0s', expected a duration such as '30s' or '1h30m': it has to be above zero",
            "8:47: spec.timeouts.firstByte: found 5, expected a duration such as '30s' or '1h30m'",
        ],
    );
    check(
        &application("baseline: Chat V1"),
        &[
            "8:13: spec.baseline: found 'Chat V1', expected a name such as 'support-chat': use lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
        ],
    );
    let http = application("").replace("openai", "http").replace("user", "header:X Tenant");
    check(
        &http,
        &[
            "4:1: spec.allowPaths: missing; the protocol http passes no path that is not listed, so list at least one",
            "6:9: spec.unit: found 'header:X Tenant', expected 'request', 'user', 'conversation', 'tenant' or 'header:<name>': it names no header",
        ],
    );
    let paths =
        application("allowPaths: [predict, /a*b, \"/a?b\", \"/a b\", \"/a#b\"]").replace("openai", "http");
    check(
        &paths,
        &[
            "8:16: spec.allowPaths[0]: found 'predict', expected a path such as '/predict' or '/v1/*': it has to start with '/'",
            "8:25: spec.allowPaths[1]: found '/a*b', expected a path such as '/predict' or '/v1/*': a '*' may stand at the end only",
            "8:31: spec.allowPaths[2]: found '/a?b', expected a path such as '/predict' or '/v1/*': queries are always passed; leave out what follows the '?'",
            "8:39: spec.allowPaths[3]: found '/a b', expected a path such as '/predict' or '/v1/*': a character in it has to be percent-encoded",
            "8:47: spec.allowPaths[4]: found '/a#b', expected a path such as '/predict' or '/v1/*': a fragment is never sent",
        ],
    );
    check(
        &application("").replace("openai", "anthropic"),
        &[
            "5:13: spec.protocol: 'anthropic' is not supported by this version; supported are 'openai', 'openInference', 'http'",
        ],
    );
}

#[test]
fn environments() {
    check(
        &environment("{endpoints: [], platform: kubernetes}"),
        &[
            "8:23: spec.environments.blue.endpoints: found an empty list, expected at least one item",
            "8:37: spec.environments.blue.platform: 'kubernetes' is not supported by this version; supported is 'static'",
        ],
    );
    check(
        &environment("{endpoints: [\"10.0.0.5:8000\", \"http://h?x\"]}"),
        &[
            "8:24: spec.environments.blue.endpoints[0]: found '10.0.0.5:8000', expected a base URL such as 'http://10.0.0.5:8000': it has to start with http:// or https://",
            "8:41: spec.environments.blue.endpoints[1]: found 'http://h?x', expected a base URL such as 'http://10.0.0.5:8000': a base URL has no query",
        ],
    );
    check(
        &environment("{}\n    Green: {endpoints: [\"http://a\"]}"),
        &[
            "8:5: spec.environments.blue.endpoints: missing; expected a list",
            "9:5: spec.environments.Green: found the key 'Green', expected a name such as 'support-chat': use lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
        ],
    );
    let none = environment("x").replace("\n    blue: x", " {}");
    check(&none, &["7:3: spec.environments: found an empty object, expected at least one field"]);
}

#[test]
fn guards() {
    check(
        &application("guards: [{metric: errors, margin: 5}]"),
        &["8:37: spec.guards[0].margin: found 5, expected a margin such as '0.5pp' or '20%'"],
    );
    check(
        &application("guards: [{metric: latency.p95, margin: 0.5pp}]"),
        &[
            "8:42: spec.guards[0].margin: latency is no share, so that percentage points of it mean nothing; write a part of the baseline's latency, such as '20%'",
        ],
    );
    check(
        &application("guards: [{metric: latency.p95, margin: 20%, maturity: 1h}]"),
        &["8:47: spec.guards[0].maturity: latency.p95 is known with the answer; only feedback matures"],
    );
    check(
        &application("guards: [{metric: eval.helpful, margin: 3pp}, {metric: cost, margin: 20%}]"),
        &[
            "8:21: spec.guards[0].metric: 'eval.helpful' is not supported by this version; supported are 'errors', 'latency.p95', 'feedback'",
            "8:58: spec.guards[1].metric: 'cost' is not supported by this version; supported are 'errors', 'latency.p95', 'feedback'",
        ],
    );
    check(
        &application("guards: [{metric: errors, margin: 0pp, onFail: rolback, mode: watch}]"),
        &[
            "8:37: spec.guards[0].margin: found '0pp', expected a margin such as '0.5pp' or '20%': it has to be above zero",
            "8:50: spec.guards[0].onFail: found 'rolback', expected 'rollback', 'pause' or 'notify'; did you mean 'rollback'?",
            "8:65: spec.guards[0].mode: found 'watch', expected 'enforce' or 'observe'",
        ],
    );
    check(
        &application("guards: [{metric: errors, margin: 1pp}, {metric: errors, margin: 20%}]"),
        &["8:43: spec.guards[1]: errors is guarded already; a metric has one guard"],
    );
}

#[test]
fn releases() {
    check(
        &release("prompt: {ref: rag/v2}"),
        &[
            "7:3: spec.prompt: 'prompt' is not supported by this version; supported are 'application', 'version', 'environment', 'model', 'parameters'",
        ],
    );
    check(
        &release("model: {ref: gpt-4o}"),
        &[
            "7:3: spec.model.name: missing; expected text",
            "7:11: spec.model.ref: 'ref' is not supported by this version; supported are 'name', 'version'",
        ],
    );
    check(
        &release("parameters: {override: yes, temperature: .nan}"),
        &[
            "7:26: spec.parameters.override: found 'yes', expected true or false",
            "7:44: this is not a finite number",
        ],
    );
    check(
        &release("environment: true"),
        &["7:16: spec.environment: found true, expected a name such as 'support-chat'; put it in quotes"],
    );
}

#[test]
fn rollouts() {
    check(
        &rollout("strategy: auto"),
        &[
            "7:13: spec.strategy: 'auto' is not supported by this version; supported are 'canary', 'blueGreen'",
        ],
    );
    check(
        &rollout("strategy: {}"),
        &["7:13: spec.strategy: found nothing, expected one of 'canary' or 'blueGreen'"],
    );
    check(
        &rollout("strategy: {linear: {}}"),
        &[
            "7:14: spec.strategy.linear: 'linear' is not supported by this version; supported are 'canary', 'blueGreen'",
        ],
    );
    check(
        &rollout("strategy: {blueGreen: {trial: 100%}, canary: {steps: []}}"),
        &[
            "7:33: spec.strategy.blueGreen.trial: all of the traffic is no trial; write a small share, such as '5%'",
            "7:40: spec.strategy.canary: only one field may stand here, and 'blueGreen' does already",
        ],
    );
    check(
        &rollout("strategy: {blueGreen: {bake: {holdback: 60%, for: 1w}, smoke: {suite: x}}}"),
        &[
            "7:43: spec.strategy.blueGreen.bake.holdback: found '60%', expected a percentage such as '5%': with more than 50% the candidate would never get the larger part",
            "7:53: spec.strategy.blueGreen.bake.for: found '1w', expected a duration such as '30s' or '1h30m': write whole numbers, each with a unit: d, h, m, s or ms",
            "7:66: spec.strategy.blueGreen.smoke.suite: 'suite' is not supported by this version; supported is 'requests'",
        ],
    );
    check(
        &rollout("strategy: {blueGreen: {}}\n  onInsufficientData: pass"),
        &[
            "8:23: spec.onInsufficientData: 'pass' is never right, because missing data says nothing about a candidate; supported are 'hold', 'rollback'",
        ],
    );
    check(
        &rollout("strategy: {blueGreen: {}}\n  riskBudget: 0.001%\n  warmup: 1.5\n  maxHold: 1h1d"),
        &[
            "8:15: spec.riskBudget: found '0.001%', expected a percentage such as '5%': it has more than two decimals, and hundredths are as fine as it gets",
            "9:11: spec.warmup: found 1.5, expected a whole number from 0 to 1000000",
            "10:12: spec.maxHold: found '1h1d', expected a duration such as '30s' or '1h30m': larger units come first, each once",
        ],
    );
    check(
        &rollout("strategy: {blueGreen: {}}\n  rollback: {cooldown: 30m, rejectRelease: no}"),
        &[
            "8:14: spec.rollback.cooldown: 'cooldown' is not supported by this version; supported is 'rejectRelease'",
            "8:44: spec.rollback.rejectRelease: found 'no', expected true or false",
        ],
    );
}

#[test]
fn canary_steps() {
    check(
        &steps(&["validate: {}", "approval: {group: leads}", "wieght: 5%"]),
        &[
            "10:9: spec.strategy.canary.steps[0].validate: 'validate' is not supported by this version; supported are 'smoke', 'weight', 'analysis', 'pause', 'bake'",
            "11:9: spec.strategy.canary.steps[1].approval: 'approval' is not supported by this version; supported are 'smoke', 'weight', 'analysis', 'pause', 'bake'",
            "12:9: spec.strategy.canary.steps[2].wieght: unknown field; did you mean 'weight'?",
        ],
    );
    check(
        &steps(&["weight: 5%", "weight: 5%", "weight: 1%"]),
        &[
            "11:17: spec.strategy.canary.steps[1].weight: weights only rise, and the one before is 5% already",
            "12:17: spec.strategy.canary.steps[2].weight: weights only rise, and the one before is 5% already",
        ],
    );
    check(
        &steps(&["analysis: {}", "weight: 0%", "weight: 101%"]),
        &[
            "10:9: spec.strategy.canary.steps[0]: before the first weight there is no traffic to judge",
            "11:17: spec.strategy.canary.steps[1].weight: found '0%', expected a percentage such as '5%': it has to be above zero",
            "12:17: spec.strategy.canary.steps[2].weight: found '101%', expected a percentage such as '5%': it is more than 100%",
        ],
    );
    check(
        &steps(&["pause: {for: 5m}", "smoke: {}"]),
        &[
            "9:7: spec.strategy.canary.steps: found neither a weight nor a bake, so that the candidate never serves",
        ],
    );
    check(
        &steps(&["bake: {for: 1h, keepBaselineWarm: false}", "weight: 5%"]),
        &[
            "10:43: spec.strategy.canary.steps[0].bake.keepBaselineWarm: the baseline always stays warm until the bake ends, so that going back takes no time; leave this out",
            "11:9: spec.strategy.canary.steps[1]: nothing comes after a bake, because it ends with the promotion",
        ],
    );
    check(
        &steps(&["weight: 5%", "pause:", "analysis: {minSamples: 0}"]),
        &[
            "11:9: spec.strategy.canary.steps[1].pause: found nothing, expected an object such as {}",
            "12:32: spec.strategy.canary.steps[2].analysis.minSamples: found 0, expected a whole number from 1 to 100000000",
        ],
    );
    check(
        &steps(&["weight: 5%", "smoke: {requests: [{method: post, path: v1/models, expect: {status: 99}}]}"]),
        &[
            "11:37: spec.strategy.canary.steps[1].smoke.requests[0].method: found 'post', expected 'GET', 'HEAD', 'POST', 'PUT', 'PATCH' or 'DELETE'; did you mean 'POST'?",
            "11:49: spec.strategy.canary.steps[1].smoke.requests[0].path: found 'v1/models', expected a path such as '/v1/models': it has to start with '/'",
            "11:77: spec.strategy.canary.steps[1].smoke.requests[0].expect.status: found 99, expected a whole number from 200 to 599",
        ],
    );
}

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
            "11:35: spec.guards[1].margin: latency is no share, so that percentage points of it mean nothing; write a part of the baseline's latency, such as '20%'",
            "12:5: spec.guards[2]: errors is guarded already; a metric has one guard",
            "17:1: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'",
            "27:17: spec.strategy.canary.steps[0].weight: found 5, expected a percentage such as '5%'",
        ],
    );
}

/// The only fault of a text.
fn only_fault(text: &str) -> Fault {
    let mut faults = read("viridian.yaml", text).unwrap_err();
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
        for fault in read("viridian.yaml", &environment).unwrap_err() {
            assert!(!fault.to_string().contains("sk-secret"), "{fault}");
            assert!(!fault.snippet(&environment).contains("sk-secret"), "{}", fault.snippet(&environment));
        }
    }
}

#[test]
fn faults_do_not_go_on_without_end() {
    let text = application(&format!("pins: [{}]", "x,".repeat(5_000)));
    let faults = read("file", &text).unwrap_err();
    assert_eq!(faults.len(), 1_001);
    assert_eq!(faults[1_000].message, "and 4000 faults more");
}
