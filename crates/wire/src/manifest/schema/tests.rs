//! The published schema, held against manifests by a validator that is not ours.

use crate::manifest::{schema, starting_file, tree};
use jsonschema::Validator;

const CANARY: &str = include_str!("../../../../../examples/chat-canary.yaml");
const BLUE_GREEN: &str = include_str!("../../../../../examples/digits-blue-green.yaml");
const HTTP: &str = include_str!("../../../../../examples/search-http.json");

fn validator() -> Validator {
    jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&schema()).unwrap()
}

/// Holds every document of a text against the schema.
fn check(validator: &Validator, text: &str, valid: bool) {
    let (documents, slips) = tree::parse(text);
    assert!(slips.is_empty() && !documents.is_empty(), "{text}");
    for document in documents {
        assert_eq!(validator.is_valid(&document.json()), valid, "{text}");
    }
}

#[test]
fn the_schema_is_one() {
    assert!(jsonschema::meta::is_valid(&schema()));
}

#[test]
fn good_manifests_are_valid() {
    for text in [CANARY, BLUE_GREEN, HTTP, starting_file()] {
        check(&validator(), text, true);
    }
}

#[test]
fn manifests_of_another_shape_are_not() {
    let changes = [
        ("viridian.dev/v1", "viridian.dev/v2"),
        ("kind: Rollout", "kind: Experiment"),
        ("name: support-chat-v2", "name: Support_Chat"),
        ("name: support-chat-v2", "name: 2"),
        ("metadata:", "metadate:"),
        ("candidate: support-chat-v2", ""),
        ("canary:", "linear:"),
        ("strategy:\n    canary:", "strategy:\n    blueGreen: {}\n    canary:"),
        ("weight: 1%", "weight: 1"),
        ("weight: 1%", "weight: 0.001%"),
        ("weight: 1%", "wieght: 1%"),
        ("weight: 1%", "weight: 1%\n        pause: {}"),
        ("minSamples: 100", "minSamples: 0"),
        ("minSamples: 100", "minSamples: 1.5"),
        ("pause: {for: 5m}", "pause: {for: 5 minutes}"),
        ("pause: {for: 5m}", "pause:"),
        ("method: GET", "method: get"),
        ("path: /v1/models", "path: v1/models"),
        ("status: 200", "status: \"200\""),
        ("onInsufficientData: hold", "onInsufficientData: pass"),
        ("rejectRelease: true", "rejectRelease: yes please"),
    ];
    let rollout = starting_file().rsplit("---\n").next().unwrap();
    check(&validator(), rollout, true);
    for (good, bad) in changes {
        let changed = rollout.replacen(good, bad, 1);
        assert_ne!(changed, rollout, "{good}");
        check(&validator(), &changed, false);
    }
}

#[test]
fn applications_and_releases_of_another_shape_are_not() {
    let changes = [
        (CANARY, "protocol: openai", "protocol: anthropic"),
        (CANARY, "unit: user", "unit: team"),
        (CANARY, "https://api", "ftp://api"),
        (CANARY, "https://api", "https://user:password@api"),
        (CANARY, "endpoints: [\"https://api.example.com\"]", "endpoints: []"),
        (CANARY, "env:PROVIDER_KEY", "sk-123"),
        (CANARY, "errors: 50%", "errors: 0.5"),
        (CANARY, "metric: errors", "metric: money per day"),
        (CANARY, "margin: 0.5pp", "margin: 0.5"),
        (CANARY, "onFail: pause", "onFail: ignore"),
        (CANARY, "{team: cx}", "{team: 1}"),
        (BLUE_GREEN, "    blue: {", "    Blue: {"),
    ];
    for (text, good, bad) in changes {
        let (before, application) = text.split_once("apiVersion").unwrap();
        let application = application.split("---\n").next().unwrap();
        let application = format!("{before}apiVersion{application}");
        let changed = application.replacen(good, bad, 1);
        assert_ne!(changed, application, "{good}");
        check(&validator(), &changed, false);
    }
}
