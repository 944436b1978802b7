//! What people are told when a manifest is wrong: text in, every fault out, with line and column.

mod across;
mod application;
mod declared;
mod scores;
mod document;
mod experiment;
mod release;
mod rollout;
mod telling;

use viridian_wire::manifest::{Known, read};

/// Reads a text and compares every fault, as `line:column path: message`. What it refers to may be applied.
fn check(text: &str, expected: &[&str]) {
    check_against(None, text, expected);
}

/// The same, when it is known what is applied.
fn check_against(known: Option<&Known<'_>>, text: &str, expected: &[&str]) {
    let mut reading = read("file", text);
    reading.resolve(known);
    let faults = reading.finish().err().unwrap_or_default();
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
