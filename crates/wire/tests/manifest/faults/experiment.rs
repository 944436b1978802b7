//! Faults of experiments: their fields, and the rules that span several.

use super::check;

const ARMS: &str =
    "arms: [{name: a, share: 50%, releases: {chat: v1}}, {name: b, share: 50%, releases: {chat: v2}}]";
const AIM: &str = "aim: {metric: feedback, minimumEffect: 2pp}";
const STOP: &str = "stop: {maxDuration: 24h}";

/// An experiment of users with these lines of `spec`, the first on line 6.
fn experiment(spec: &[&str]) -> String {
    let spec: Vec<String> = spec.iter().map(|line| format!("  {line}\n")).collect();
    format!(
        "apiVersion: viridian.dev/v1\nkind: Experiment\nmetadata: {{name: tone}}\nspec:\n  unit: user\n{}",
        spec.concat()
    )
}

#[test]
fn fields() {
    check(&experiment(&[ARMS, AIM, STOP]), &[]);
    check(
        &experiment(&[ARMS, "aim: {metric: errors, margin: 2pp}", "stop: {}"]),
        &[
            "7:3: spec.aim.minimumEffect: missing; expected a margin such as '0.5pp' or '20%'",
            "7:25: spec.aim.margin: 'margin' is for guards; an aim has a minimumEffect; supported are 'application', 'metric', 'better', 'minimumEffect', 'maturity'",
            "8:3: spec.stop.maxDuration: missing; expected a duration such as '30s' or '1h30m'",
        ],
    );
    check(
        &experiment(&["arms: []", AIM, STOP]),
        &["6:9: spec.arms: found an empty list, expected at least one item"],
    );
    check(
        &experiment(&["arms: [{name: A, share: 0%, releases: {}}]", AIM, STOP]),
        &[
            "6:17: spec.arms[0].name: found 'A', expected a name such as 'support-chat': use lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
            "6:27: spec.arms[0].share: found '0%', expected a percentage such as '5%': it has to be above zero",
            "6:31: spec.arms[0].releases: found an empty object, expected at least one field",
        ],
    );
}

#[test]
fn arms() {
    let one = "arms: [{name: a, share: 50%, releases: {chat: v1}}]";
    check(&experiment(&[one, AIM, STOP]), &["6:9: spec.arms: 1 arms: an experiment has 2 to 8"]);
    let twice =
        "arms: [{name: a, share: 50%, releases: {chat: v1}}, {name: a, share: 50%, releases: {chat: v2}}]";
    check(&experiment(&[twice, AIM, STOP]), &["6:9: spec.arms: two arms are called 'a'"]);
    let same =
        "arms: [{name: a, share: 50%, releases: {chat: v1}}, {name: b, share: 50%, releases: {chat: v1}}]";
    check(
        &experiment(&[same, AIM, STOP]),
        &["6:9: spec.arms: arms 'a' and 'b' are the same releases, so there is nothing to learn"],
    );
    let elsewhere =
        "arms: [{name: a, share: 50%, releases: {chat: v1}}, {name: b, share: 50%, releases: {search: v1}}]";
    check(
        &experiment(&[elsewhere, AIM, STOP]),
        &["6:9: spec.arms: arm 'b' needs a release of every application that takes part, and of no other"],
    );
    check(&experiment(&[ARMS, "control: c", AIM, STOP]), &["7:12: spec.control: the control 'c' is no arm"]);
    check(
        &experiment(&[ARMS, "holdout: 10%", AIM, STOP]),
        &["6:9: spec.arms: the shares of the arms and the holdout are 10% more than the whole"],
    );
}

#[test]
fn aims() {
    check(
        &experiment(&[ARMS, "aim: {metric: latency.p95, minimumEffect: 10%}", STOP]),
        &[
            "7:17: spec.aim.metric: latency.p95 is a percentile: it can be a guard, and an aim is a share, an amount or a score",
        ],
    );
    check(
        &experiment(&[ARMS, "aim: {metric: cost, minimumEffect: 1pp}", STOP]),
        &[
            "7:38: spec.aim.minimumEffect: cost is an amount and no share, so that percentage points of it mean nothing; write a part of the control's, such as '20%'",
        ],
    );
    check(&experiment(&[ARMS, "aim: {metric: feedback, minimumEffect: 2pp, maturity: 1h}", STOP]), &[]);
    check(
        &experiment(&[ARMS, "aim: {metric: errors, minimumEffect: 1pp, maturity: 1h}", STOP]),
        &["7:45: spec.aim.maturity: errors is known with the answer; only feedback and scores mature"],
    );
    check(
        &experiment(&[ARMS, "aim: {application: search, metric: errors, minimumEffect: 1pp}", STOP]),
        &["7:22: spec.aim.application: the aim is measured in 'search', which takes no part"],
    );
    let both = "arms: [{name: a, share: 50%, releases: {chat: v1, search: i1}}, {name: b, share: 50%, releases: {chat: v1, search: i2}}]";
    check(
        &experiment(&[both, AIM, STOP]),
        &[
            "7:3: spec.aim.application: missing; several applications take part, and the aim is measured in one",
        ],
    );
}

#[test]
fn traffic_and_time() {
    check(
        &experiment(&[ARMS, AIM, STOP, "bandit: {floor: 10%}"]),
        &["9:11: spec.bandit: a bandit would move a user from arm to arm: it needs 'unit: request'"],
    );
    check(
        &experiment(&[ARMS, AIM, STOP, "leadIn: 48h"]),
        &["9:11: spec.leadIn: the lead-in takes the whole duration"],
    );
}

#[test]
fn releases_of_arms_are_looked_for() {
    let application = "{apiVersion: viridian.dev/v1, kind: Application, metadata: {name: chat}, spec: {protocol: openai, \
                       unit: user, environments: {blue: {endpoints: [\"http://a\"]}}}}\n---\n\
                       {apiVersion: viridian.dev/v1, kind: Release, metadata: {name: v1}, spec: {application: chat, \
                       version: v1}}\n---\n";
    let known = viridian_wire::manifest::Known::default();
    super::check_against(
        Some(&known),
        &format!("{application}{}", experiment(&[ARMS, AIM, STOP])),
        &["10:9: spec.arms: there is no release 'v2'"],
    );
}
