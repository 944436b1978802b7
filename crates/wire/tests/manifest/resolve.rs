//! What documents may say of each other and of what is applied already.

use viridian_core::id::EnvironmentName;
use viridian_core::release::Release;
use viridian_wire::manifest::{Known, KnownApplication, Manifest, Serving, read};

const APPLICATION: &str = "\
apiVersion: viridian.dev/v1
kind: Application
metadata: {name: chat}
spec:
  protocol: openai
  unit: user
  environments: {blue: {endpoints: [\"http://a\"]}, green: {endpoints: [\"http://b\"]}}
  baseline: chat-v1
---
";

/// A release of `chat`, six lines long.
fn release(name: &str, environment: &str) -> String {
    format!(
        "apiVersion: viridian.dev/v1\nkind: Release\nmetadata: {{name: {name}}}\n\
         spec: {{application: chat, version: {name}{environment}}}\n---\n"
    )
}

/// A rollout of `chat`.
fn rollout(candidate: &str, strategy: &str) -> String {
    format!(
        "apiVersion: viridian.dev/v1\nkind: Rollout\nmetadata: {{name: {candidate}}}\n\
         spec:\n  application: chat\n  candidate: {candidate}\n  strategy: {strategy}\n---\n"
    )
}

const BLUE: &str = ", environment: blue";
const GREEN: &str = ", environment: green";
const CANARY: &str = "{canary: {steps: [weight: 5%]}}";
const SWITCH: &str = "{blueGreen: {}}";

/// Checks what is told of a text when another one is applied already, and its baseline serves in blue.
fn check(applied: &str, text: &str, expected: &[&str]) {
    let mut applications: Vec<KnownApplication> = Vec::new();
    let mut releases: Vec<Release> = Vec::new();
    for document in read("file", applied).finish().unwrap() {
        match document.manifest {
            Manifest::Application(manifest) => {
                let environment = EnvironmentName::parse("blue").unwrap();
                let serving = manifest.baseline.map(|release| Serving { release, environment });
                applications.push(KnownApplication { application: manifest.application, serving });
            }
            Manifest::Release(release) => releases.push(release),
            Manifest::Rollout(_) | Manifest::Experiment(_) => {}
        }
    }
    let known = Known { applications: &applications, releases: &releases };
    let mut reading = read("file", text);
    reading.resolve(Some(&known));
    let faults = reading.finish().err().unwrap_or_default();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(told, expected, "{text}");
}

#[test]
fn documents_that_fit_together() {
    let world = format!("{APPLICATION}{}{}", release("chat-v1", BLUE), release("chat-v2", GREEN));
    check("", &world, &[]);
    check("", &format!("{world}{}", rollout("chat-v2", CANARY)), &[]);
    check(&world, &rollout("chat-v2", SWITCH), &[]);
    check(&world, &release("chat-v3", ""), &[]);
    check(&world, &rollout("chat-v1", SWITCH), &[]);
}

#[test]
fn what_is_spoken_of_has_to_exist() {
    let world = format!("{APPLICATION}{}", release("chat-v1", BLUE));
    check("", APPLICATION, &["file:8:13: spec.baseline: there is no release 'chat-v1'"]);
    check("", &release("chat-v1", ""), &["file:4:21: spec.application: there is no application 'chat'"]);
    check(
        "",
        &rollout("chat-v2", CANARY),
        &[
            "file:5:16: spec.application: there is no application 'chat'",
            "file:6:14: spec.candidate: there is no release 'chat-v2'",
        ],
    );
    check(&world, &rollout("chat-v2", CANARY), &["file:6:14: spec.candidate: there is no release 'chat-v2'"]);
    check(
        &world,
        &release("chat-v2", ", environment: red"),
        &[
            "file:4:58: spec.environment: the application 'chat' has no environment 'red'; it has 'blue', 'green'",
        ],
    );
}

#[test]
fn releases_belong_to_their_application() {
    let other = APPLICATION.replace("name: chat", "name: mail").replace("  baseline: chat-v1\n", "");
    let world = format!("{other}{APPLICATION}{}", release("chat-v1", BLUE));
    let foreign = rollout("chat-v1", CANARY).replace("application: chat", "application: mail");
    check(&world, &foreign, &["file:6:14: spec.candidate: 'chat-v1' is a release of 'chat', not of 'mail'"]);
}

#[test]
fn a_baseline_has_a_place_to_serve_in() {
    let without_blue = APPLICATION.replace("blue: {endpoints: [\"http://a\"]}, ", "");
    let world = format!("{APPLICATION}{}", release("chat-v1", BLUE));
    check(
        &world,
        &without_blue,
        &[
            "file:7:17: spec.environments: there is no environment 'blue', where the baseline 'chat-v1' serves",
        ],
    );
    check(
        "",
        &format!("{APPLICATION}{}", release("chat-v1", "")),
        &[
            "file:8:13: spec.baseline: 'chat-v1' names no environment, and there are several it could serve in",
        ],
    );
    check("", &format!("{without_blue}{}", release("chat-v1", "")), &[]);
}

#[test]
fn what_serves_already_counts_and_not_what_was_to_serve_first() {
    // A release that leaves its environment open was promoted, in blue.
    let world = format!("{APPLICATION}{}{}", release("chat-v1", GREEN), release("chat-v2", ""))
        .replace("baseline: chat-v1", "baseline: chat-v2");
    check(&world, &format!("{APPLICATION}{}", rollout("chat-v2", SWITCH)), &[]);
    check(&world, &format!("{}{}", release("chat-v3", GREEN), rollout("chat-v3", SWITCH)), &[]);
    check(
        &world,
        &format!("{}{}", release("chat-v3", BLUE), rollout("chat-v3", SWITCH)),
        &[
            "file:12:13: spec.strategy: blueGreen needs an idle environment, and 'chat-v3' runs in 'blue', where the baseline serves",
        ],
    );
}

#[test]
fn a_switch_needs_an_environment_of_its_own() {
    let world = format!("{APPLICATION}{}", release("chat-v1", BLUE));
    check(
        &world,
        &format!("{}{}", release("chat-v2", ""), rollout("chat-v2", SWITCH)),
        &["file:12:13: spec.strategy: blueGreen needs a candidate in an environment of its own, and \
           'chat-v2' names none"],
    );
}

#[test]
fn parameters_need_a_protocol_that_has_a_place_for_them() {
    let plain = APPLICATION.replace("protocol: openai", "protocol: http\n  allowPaths: [/predict]");
    let with_parameters = release("chat-v1", ", environment: blue, parameters: {temperature: 1}");
    check("", &format!("{APPLICATION}{with_parameters}"), &[]);
    let inference = APPLICATION.replace("protocol: openai", "protocol: openInference");
    check("", &format!("{inference}{with_parameters}"), &[]);
    check(
        "",
        &format!("{plain}{with_parameters}"),
        &[
            "file:14:76: spec.parameters: the application 'chat' speaks http, whose requests have no place for \
           parameters; put them where its server reads them",
        ],
    );
}

#[test]
fn a_model_needs_a_protocol_that_carries_one() {
    let with_model = release("chat-v1", ", environment: blue, model: {name: small}");
    check("", &format!("{APPLICATION}{with_model}"), &[]);
    let plain = APPLICATION.replace("protocol: openai", "protocol: http\n  allowPaths: [/predict]");
    let said = |line| {
        format!(
            "file:{line}:71: spec.model: the application 'chat' speaks http, whose requests have no place for a \
             model; run each model in an environment of its own and name that in spec.environment"
        )
    };
    check("", &format!("{plain}{with_model}"), &[&said(14)]);
    check(
        &format!("{plain}{}", release("chat-v1", BLUE)),
        &with_model.replace("chat-v1", "chat-v2"),
        &[&said(4)],
    );
}

#[test]
fn a_name_is_given_once() {
    let world = format!("{APPLICATION}{}", release("chat-v1", BLUE));
    check(
        &world,
        &format!("{}{}", release("chat-v2", ""), release("chat-v2", GREEN)),
        &["file:8:18: metadata.name: the Release 'chat-v2' is described in file, line 1, already"],
    );
}
