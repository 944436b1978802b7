//! Faults of the scores that applications declare, and of margins for them.

use super::{application, check};
use viridian_core::metric::Metric;

/// An application that declares scores and has a guard.
fn guarded(scores: &str, guard: &str) -> String {
    application(&format!("scores: {scores}\n  guards: [{{metric: {guard}}}]"))
}

#[test]
fn declarations() {
    check(
        &guarded("{helpful: {from: 1, to: 5, judge: gpt-4o/rubric-3}}", "helpful, margin: 0.2 points"),
        &[],
    );
    let scale = |text: &str| guarded(&format!("{{helpful: {text}}}"), "errors, margin: 1pp");
    check(
        &scale("{from: 5, to: 5}"),
        &["8:21: spec.scores.helpful: from 5 to 5 is no scale: write it as in {from: 1, to: 5}"],
    );
    check(
        &scale("{from: 1, to: 5000, judge: ''}"),
        &[
            "8:35: spec.scores.helpful.to: found 5000, expected a whole number from 0 to 1000",
            "8:48: spec.scores.helpful.judge: found '', expected text: it is empty",
        ],
    );
    check(
        &scale("{to: 5, bad: 2}"),
        &[
            "8:12: spec.scores.helpful.from: missing; expected a whole number from 0 to 1000",
            "8:29: spec.scores.helpful.bad: unknown field; expected 'from', 'to' or 'judge'",
        ],
    );
    check(
        &guarded("{cost: {from: 1, to: 5}}", "errors, margin: 1pp"),
        &["8:12: spec.scores.cost: cost is measured of every application; choose another name"],
    );
    let metrics = "metrics: {curt: {bad: answer.refused}}\n  scores: {curt: {from: 1, to: 5}}";
    check(
        &application(metrics),
        &["9:12: spec.scores.curt: curt is one of the metrics; choose another name"],
    );
    let many: Vec<String> = (0..9).map(|number| format!("s{number}: {{from: 0, to: 1}}")).collect();
    check(
        &guarded(&format!("{{{}}}", many.join(", ")), "s8, margin: 0.1 points"),
        &["8:3: spec.scores: an application declares 8 scores at most"],
    );
}

#[test]
fn margins() {
    let margin = |text: &str| guarded("{helpful: {from: 1, to: 5}}", &format!("helpful, margin: {text}"));
    let check_margin = |text: &str, message: &str| {
        check(&margin(text), &[&format!("9:38: spec.guards[0].margin: {message}")]);
    };
    check(&margin("1 point, maturity: 1h"), &[]);
    let needs_points =
        "helpful is a score from 1 to 5; write how many of its points lower it may be, such as '0.2 points'";
    check_margin("5pp", needs_points);
    check_margin("20%", needs_points);
    check_margin(
        "4 points",
        "helpful is a score from 1 to 5, and nothing differs by 4 points on it; write a margin within the scale",
    );
    let expected = "expected a margin such as '0.5pp' or '20%'";
    check_margin("0 points", &format!("found '0 points', {expected}: it has to be above zero"));
    check_margin(
        "-0.2 points",
        &format!("found '-0.2 points', {expected}: it does not begin with a number such as 5 or 0.5"),
    );
    check(
        &guarded("{helpful: {from: 1, to: 5}}", "errors, margin: 0.2 points"),
        &["9:37: spec.guards[0].margin: errors is no score, so that points of a scale mean nothing of it"],
    );
}

#[test]
fn guards() {
    check(
        &guarded("{helpful: {from: 1, to: 5}}", "helpfull, margin: 0.2 points"),
        &[&format!(
            "9:21: spec.guards[0].metric: found 'helpfull', expected {} or 'helpful'; did you mean 'helpful'?",
            Metric::ALL.map(|metric| format!("'{metric}'")).join(", ")
        )],
    );
}
