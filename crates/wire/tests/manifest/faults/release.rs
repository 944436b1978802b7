//! Faults of releases: what they are made of.

use super::check;

/// A release that lacks nothing, with `spec` from line 7 on.
fn release(spec: &str) -> String {
    format!(
        "apiVersion: viridian.dev/v1\nkind: Release\nmetadata: {{name: chat-v2}}\nspec:\n  application: chat\n  \
         version: v2\n  {spec}\n"
    )
}

#[test]
fn releases() {
    check(
        &release("prompt: {ref: rag/v2}"),
        &[
            "7:3: spec.prompt: 'prompt' is not supported by this version; supported are 'application', 'version', 'environment', 'model', 'parameters', 'prices'",
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
        &release("prices: {input: 2.50, output: $10/1M, cached: 1/1M}"),
        &[
            "7:19: spec.prices.input: found 2.5, expected the price of a million tokens such as '2.50/1M'",
            "7:33: spec.prices.output: found '$10/1M', expected the price of a million tokens such as '2.50/1M': it does not begin with a number such as 2.50",
            "7:41: spec.prices.cached: unknown field; expected 'input', 'cachedInput' or 'output'",
        ],
    );
    check(
        &release("environment: true"),
        &["7:16: spec.environment: found true, expected a name such as 'support-chat'; put it in quotes"],
    );
}
