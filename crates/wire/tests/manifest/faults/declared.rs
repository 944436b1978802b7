//! Faults of the metrics that applications declare.

use super::{application, check};
use viridian_core::metric::Metric;

/// An application that declares metrics and guards one of them.
fn guarded(metrics: &str, metric: &str) -> String {
    application(&format!("metrics: {metrics}\n  guards: [{{metric: {metric}, margin: 1pp}}]"))
}

/// One metric, whose expression is wrong from a character on.
fn check_expression(bad: &str, character: u16, message: &str) {
    let told = format!("8:25: spec.metrics.curt.bad: at character {character}: {message}");
    check(&guarded(&format!("{{curt: {{bad: {bad}}}}}"), "curt"), &[&told]);
}

#[test]
fn expressions() {
    check_expression(
        "answer.lenght < 20",
        7,
        "an outcome has no attribute 'answer.lenght'; did you mean answer.length?",
    );
    check_expression(
        "answer.length",
        7,
        "it is a whole number, and has to be true or false; compare it with something",
    );
    check_expression(
        "answer.length < '20'",
        15,
        "'<' compares two numbers or two texts, and not a whole number and a text",
    );
    check_expression("answer.length <", 16, "it is no expression: it ends too soon");
    check_expression(
        "'answer.functions.exists(f, f == \"x\")'",
        24,
        "macros that walk over lists are not taken; ask whether something is 'in' a list",
    );
    check_expression(
        "'answer.text.matches(\"x\")'",
        20,
        "there is no function 'matches'; there are size, contains, startsWith, endsWith, int, double",
    );
    check_expression(
        "'outcome.class == \"late\"'",
        18,
        "no outcome is of the class 'late'; there are ok, callerError, rateLimited, upstreamError, unreachable, timeout, \
         truncated, cancelled",
    );
    let long = format!("answer.refused{}", " || answer.refused".repeat(40));
    check_expression(&long, 500, "it is longer than 500 bytes");
}

#[test]
fn declarations() {
    check(&guarded("{curt: {bad: answer.length < 20, when: '!answer.refused'}}", "curt"), &[]);
    check(
        &guarded("{curt: {when: answer.refused}}", "curt"),
        &["8:13: spec.metrics.curt.bad: missing; expected text"],
    );
    check(
        &guarded("{errors: {bad: answer.refused}}", "errors"),
        &["8:13: spec.metrics.errors: errors is measured of every application; choose another name"],
    );
    check(
        &guarded("{'too slow': {bad: answer.refused}}", "errors"),
        &[
            "8:13: spec.metrics.too slow: found the key 'too slow', expected a name such as 'tooSlow': use up to 31 letters, digits and '-', a letter first",
        ],
    );
    check(
        &guarded("{curt: {bad: answer.refused, maturity: 1h}}", "curt"),
        &["8:41: spec.metrics.curt.maturity: unknown field; expected 'bad' or 'when'"],
    );
    let many: Vec<String> = (0..9).map(|number| format!("m{number}: {{bad: answer.refused}}")).collect();
    check(
        &guarded(&format!("{{{}}}", many.join(", ")), "m8"),
        &["8:3: spec.metrics: an application declares 8 metrics at most"],
    );
    check(
        &guarded("{curt: {bad: answer.refused}}", "curt").replace("openai", "openInference"),
        &[
            "8:25: spec.metrics.curt.bad: answer.refused is known of chat completions: with the protocol openai",
            "9:21: spec.guards[0].metric: curt is read in chat completions: with the protocol openai",
        ],
    );
}

#[test]
fn guards() {
    check(
        &guarded("{curt: {bad: answer.length < 20}}", "kurt"),
        &[&format!(
            "9:21: spec.guards[0].metric: found 'kurt', expected {} or 'curt'; did you mean 'curt'?",
            Metric::ALL.map(|metric| format!("'{metric}'")).join(", ")
        )],
    );
    check(
        &guarded("{curt: {bad: answer.refused}}", "curt, maturity: 1h"),
        &["9:27: spec.guards[0].maturity: curt is known with the answer; only feedback and scores mature"],
    );
}
