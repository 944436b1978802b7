//! Faults between documents, told together with the faults within them, and none that only follows from another.

use super::{check, check_against};
use viridian_wire::manifest::Known;

/// Checks a text when nothing is applied.
fn check_alone(text: &str, expected: &[&str]) {
    check_against(Some(&Known::default()), text, expected);
}

/// An application on line 1, with more fields of its `spec`.
fn application(more: &str) -> String {
    format!(
        "{{apiVersion: viridian.dev/v1, kind: Application, metadata: {{name: chat}}, spec: {{protocol: openai, \
         unit: user, environments: {{blue: {{endpoints: [\"http://a\"]}}, green: {{endpoints: [\"http://b\"]}}}}\
         {more}}}}}\n"
    )
}

/// A release on a line of its own.
fn release(name: &str, spec: &str) -> String {
    format!("---\n{{apiVersion: viridian.dev/v1, kind: Release, metadata: {{name: {name}}}, spec: {spec}}}\n")
}

/// A rollout, its `spec` one field a line.
fn rollout(candidate: &str, strategy: &str) -> String {
    format!(
        "---\napiVersion: viridian.dev/v1\nkind: Rollout\nmetadata: {{name: r}}\nspec:\n  application: chat\n  \
         candidate: {candidate}\n  strategy: {strategy}\n"
    )
}

const V1: &str = "{application: chat, version: \"1\", environment: blue}";
const V2: &str = "{application: chat, version: \"2\", environment: green}";
const CANARY: &str = "{canary: {steps: [weight: 5%]}}";
const SWITCH: &str = "{blueGreen: {}}";

#[test]
fn faults_between_documents_are_told_with_those_within_them() {
    // The rollout has a fault of its own, and its candidate is nowhere.
    check_alone(
        &format!("{}{}", application(""), rollout("v3", "{canary: {steps: [weight: 5]}}")),
        &[
            "8:14: spec.candidate: there is no release 'v3'",
            "9:39: spec.strategy.canary.steps[0].weight: found 5, expected a percentage such as '5%'",
        ],
    );
    // The application has a fault, and what refers to it is looked at all the same.
    check_alone(
        &format!(
            "{}{}",
            application(", pins: {}"),
            release("v1", "{application: chat, version: \"1\", environment: red}")
        ),
        &[
            "1:200: spec.pins: found an object, expected a list",
            "3:121: spec.environment: the application 'chat' has no environment 'red'; it has 'blue', 'green'",
        ],
    );
    // Two documents of one name, one of them with a fault.
    check_alone(
        &format!("{}{}{}", application(""), release("v1", V1), release("v1", "{application: chat}")),
        &[
            "5:63: metadata.name: the Release 'v1' is described in file, line 3, already",
            "5:68: spec.version: missing; expected text",
        ],
    );
    // Each of two references leads nowhere.
    check_alone(
        &rollout("v3", "auto"),
        &[
            "6:16: spec.application: there is no application 'chat'",
            "7:14: spec.candidate: there is no release 'v3'",
            "8:13: spec.strategy: 'auto' is not supported by this version; supported are 'canary', 'blueGreen'",
        ],
    );
    // A release of another application, which has a fault.
    let mail = release("m1", "{application: mail, version: \"1\", colour: red}");
    check_alone(
        &format!("{}{mail}{}", application(""), rollout("m1", CANARY)),
        &[
            "3:88: spec.application: there is no application 'mail'",
            "3:108: spec.colour: unknown field; expected 'application', 'version', 'environment', 'model', 'parameters' or 'prices'",
            "10:14: spec.candidate: 'm1' is a release of 'mail', not of 'chat'",
        ],
    );
}

#[test]
fn what_only_follows_from_another_fault_is_not_told() {
    // A name that does not read: whoever refers to the right one is not to blame.
    check_alone(
        &format!("{}{}", application("").replace("name: chat", "name: Chat"), release("v1", V1)),
        &[
            "1:67: metadata.name: found 'Chat', expected a name such as 'support-chat': use lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
        ],
    );
    // A misspelt reference.
    check_alone(
        &format!("{}{}", application(""), release("v1", "{aplication: chat, version: \"1\"}")),
        &["3:75: spec.aplication: unknown field; did you mean 'application'?"],
    );
    // A misspelt environment: the candidate may well have one of its own.
    check_alone(
        &format!(
            "{}{}{}{}",
            application(", baseline: v1"),
            release("v1", V1),
            release("v2", "{application: chat, version: \"2\", enviroment: green}"),
            rollout("v2", SWITCH)
        ),
        &["5:108: spec.enviroment: unknown field; did you mean 'environment'?"],
    );
    // A misspelt baseline: the candidate may be it.
    check_alone(
        &format!(
            "{}{}{}",
            application(", basline: v1"),
            release("v1", "{application: chat, version: \"1\"}"),
            rollout("v1", SWITCH)
        ),
        &["1:194: spec.basline: unknown field; did you mean 'baseline'?"],
    );
    // Environments that do not read: nobody knows which there are.
    check_alone(
        &format!("{}{}", application("").replace("green:", "Green:"), release("v2", V2)),
        &[
            "1:159: spec.environments.Green: found the key 'Green', expected a name such as 'support-chat': use lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
        ],
    );
    // A kind that does not read may be any kind.
    check_alone(
        &format!("{}{}", application("").replace("Application", "Aplication"), rollout("v2", CANARY)),
        &[
            "1:37: kind: found 'Aplication', expected 'Application', 'Release', 'Rollout' or 'Experiment'; did you mean 'Application'?",
        ],
    );
    // A document that broke off may be what is missing.
    check_alone(
        &format!("{}---\nkind: Release\nmetadata: {{name: v2\n{}", application(""), rollout("v2", CANARY)),
        &["5:1: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'"],
    );
    // A key given twice: which of the two was meant is not known.
    check_alone(
        &format!(
            "{}{}",
            application(""),
            release("v1", "{application: mail, application: chat, version: \"1\"}")
        ),
        &["3:94: the key 'application' was given on line 3 already"],
    );
}

#[test]
fn without_a_control_plane_nothing_is_missed_that_may_be_applied() {
    check(&rollout("v2", SWITCH), &[]);
    check(&application(", baseline: v1"), &[]);
    check(
        &format!(
            "{}{}",
            application(", baseline: v1"),
            release("v2", "{application: chat, version: \"2\", environment: red}")
        ),
        &["3:121: spec.environment: the application 'chat' has no environment 'red'; it has 'blue', 'green'"],
    );
    check(
        &format!("{}{}", release("v1", V1), release("v1", V1)),
        &["4:63: metadata.name: the Release 'v1' is described in file, line 2, already"],
    );
}

/// Without prices on both sides the guard would wait for ever.
#[test]
fn a_guard_on_cost_needs_prices_of_both_releases() {
    let priced = |spec: &str| spec.replace('}', ", prices: {input: 2.50/1M, output: 10/1M}}");
    let applied = |guard: &str, v1: &str, v2: &str| {
        let application = application(&format!(", baseline: v1, guards: [{{metric: {guard}, margin: 20%}}]"));
        format!("{application}{}{}{}", release("v1", v1), release("v2", v2), rollout("v2", CANARY))
    };
    let of = |release: &str| {
        format!(
            "12:14: spec.candidate: the application 'chat' guards cost, and the release '{release}' has no spec.prices to \
             tell it by"
        )
    };
    check_alone(&applied("cost", V1, V2), &[&of("v2"), &of("v1")]);
    check_alone(&applied("cost", &priced(V1), V2), &[&of("v2")]);
    check_alone(&applied("cost", V1, &priced(V2)), &[&of("v1")]);
    check_alone(&applied("cost", &priced(V1), &priced(V2)), &[]);
    check_alone(&applied("tokens.output", V1, V2), &[]);
}
