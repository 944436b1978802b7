//! Faults of what every document begins with.

use super::check;

#[test]
fn what_every_document_begins_with() {
    check(
        "kind: Rollot\n",
        &[
            "1:1: apiVersion: missing; expected 'viridian.dev/v1'",
            "1:1: metadata: missing; expected an object",
            "1:1: spec: missing; expected an object",
            "1:7: kind: found 'Rollot', expected 'Application', 'Release', 'Rollout' or 'Experiment'; did you mean 'Rollout'?",
        ],
    );
    check(
        "kind: Prompt\napiVersion: viridian.dev/v1\nmetadata: {}\nspec: {}\n",
        &[
            "1:7: kind: 'Prompt' is not supported by this version; supported are 'Application', 'Release', 'Rollout', 'Experiment'",
        ],
    );
    check("just text\n", &["1:1: found 'just text', expected an object"]);
    check("- a\n", &["1:1: found a list, expected an object"]);
    check(
        "{\"apiVersion\": \"v1\", \"kind\": 5, \"metadata\": null, \"spec\": []}",
        &[
            "1:16: apiVersion: found 'v1', expected 'viridian.dev/v1'",
            "1:30: kind: found 5, expected 'Application', 'Release', 'Rollout' or 'Experiment'",
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
