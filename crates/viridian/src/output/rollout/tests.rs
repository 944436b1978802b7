//! What people see of a rollout, from the body that the API answers.

use super::*;
use viridian_wire::api::{CountsBody, EffectBody, ScaleBody};

const BODY: &str = include_str!("../../../../wire/tests/golden/api/rollout.json");

fn body() -> RolloutBody {
    serde_json::from_str(BODY).unwrap()
}

#[test]
fn a_rollout_is_drawn_with_everything_that_decides() {
    let expected = "\
rollout       support-chat-v8
application   support-chat
change        support-chat-v7 -> support-chat-v8
phase         Progressing
traffic       5% on the candidate, 95% on the baseline

 ✓  1  smoke: the environment answers
 ✓  2  weight 5%
 ▸  3  analysis, 200 outcomes per arm
 ·  4  pause for 1m30s
 ·  5  weight 98%
 ·  6  bake at 98% for 10m, 2% stays on the baseline

evidence   1,900 requests on the baseline, 100 on the candidate by about 80 units

GUARD      MARGIN           BASELINE         CANDIDATE      DIFFERENCE                      VERDICT
errors     0.5pp rollback   1.00% of 1,900   2.00% of 100   +1.00pp (-2.00pp .. +5.00pp)   undecided
feedback   25% observe      -                -              -                               undecided

waits for   errors: neither worse nor shown safe yet
ordered     pause, ordered by ada
";
    let drawn = rollout_table(&body());
    for (drawn, expected) in drawn.lines().zip(expected.lines()) {
        assert_eq!(
            drawn.split_whitespace().collect::<Vec<_>>(),
            expected.split_whitespace().collect::<Vec<_>>()
        );
    }
    assert_eq!(drawn.lines().count(), expected.lines().count(), "{drawn}");
}

#[test]
fn a_line_says_what_is_waited_for() {
    assert_eq!(
        rollout_line(&body().summary),
        "support-chat-v8  Progressing  step 3/6  candidate 5%  waits for: errors: neither worse nor shown safe yet"
    );
}

/// What is certain may act, and what is only named may not.
#[test]
fn the_parts_that_fare_worse_have_a_table() {
    let mut body = body();
    let slices = &mut body.report.as_mut().unwrap().analysis.slices;
    let counts = |requests, bad| CountsBody { requests, bad, unknown: 0, mean: None };
    let slice = |value: &str, certain| SliceBody {
        attribute: "language".to_owned(),
        value: value.to_owned(),
        metric: "errors".to_owned(),
        baseline: counts(2_000, 20),
        candidate: counts(1_000, 60),
        effect: EffectBody {
            scale: ScaleBody::Points,
            estimate: Some(0.05),
            lower: Some(0.03),
            upper: Some(0.07),
        },
        since_seconds: None,
        certain,
        sentence: String::new(),
    };
    let slow = SliceBody {
        metric: "latency.p95".to_owned(),
        effect: EffectBody { scale: ScaleBody::Relative, estimate: None, lower: None, upper: None },
        ..slice("it", false)
    };
    slices.extend([slice("de", true), slice("fr", false), slow]);
    let expected = "\
SLICE         GUARD         BASELINE         CANDIDATE        DIFFERENCE                     VERDICT
language de   errors        1.00% of 2,000   6.00% of 1,000   +5.00pp (+3.00pp .. +7.00pp)   WORSE
language fr   errors        1.00% of 2,000   6.00% of 1,000   +5.00pp (+3.00pp .. +7.00pp)   worse
language it   latency.p95   1.00% of 2,000   6.00% of 1,000   -                              worse
";
    let drawn = rollout_table(&body);
    assert!(drawn.contains(expected), "{drawn}");
    let status = rollout_status(&body);
    assert!(
        status.contains("\n  worse where language is de: errors +5.00pp (+3.00pp .. +7.00pp)\n"),
        "{status}"
    );
    let sides = "latency.p95 6.00% of 1,000 on the candidate, 1.00% of 2,000 on the baseline";
    assert!(status.contains(&format!("\n  worse where language is it: {sides}")), "{status}");
}

#[test]
fn an_end_says_who_serves() {
    let mut body = body();
    body.summary.phase = PhaseBody::RolledBack;
    body.summary.reason = Some("errors got worse".to_owned());
    body.summary.waits_for = None;
    let drawn = rollout_table(&body);
    assert!(drawn.contains("RolledBack: errors got worse"), "{drawn}");
    assert!(drawn.contains("support-chat-v7 serves everything"), "{drawn}");
}

#[test]
fn what_remains_is_told_as_it_is_known() {
    let check = |soonest, latest, stops_at_step, expected: &str| {
        let body = RemainingBody { soonest_seconds: soonest, latest_seconds: latest, stops_at_step };
        assert_eq!(remaining(&body), expected);
    };
    let equal = "if the candidate is as good as the baseline";
    check(Some(600.0), Some(2_000.0), None, &format!("10m to 33m20s until its promotion, {equal}"));
    check(Some(90.0), Some(90.2), None, &format!("1m30s to 1m31s until its promotion, {equal}"));
    check(
        Some(60.0),
        Some(60.0),
        Some(4),
        &format!("about 1m until step 4, where a person has to resume it, {equal}"),
    );
    check(Some(60.0), None, None, &format!("1m or more until its promotion, {equal}"));
    check(
        None,
        None,
        None,
        "open until its promotion: it does not get there by itself at the present traffic",
    );
}
