//! Faults of rollouts: their fields and the steps of a canary.

use super::check;

/// A rollout that lacks nothing but its strategy, with `spec` from line 7 on.
fn rollout(spec: &str) -> String {
    format!(
        "apiVersion: viridian.dev/v1\nkind: Rollout\nmetadata: {{name: chat-v2}}\nspec:\n  application: chat\n  \
         candidate: chat-v2\n  {spec}\n"
    )
}

/// A rollout with canary steps, the first on line 10.
fn steps(steps: &[&str]) -> String {
    let steps: Vec<String> = steps.iter().map(|step| format!("      - {step}")).collect();
    rollout(&format!("strategy:\n    canary:\n      steps:\n{}", steps.join("\n")))
}

#[test]
fn rollouts() {
    check(
        &rollout("strategy: auto"),
        &[
            "7:13: spec.strategy: 'auto' is not supported by this version; supported are 'canary', 'blueGreen'",
        ],
    );
    check(
        &rollout("strategy: {}"),
        &["7:13: spec.strategy: found nothing, expected one of 'canary' or 'blueGreen'"],
    );
    check(
        &rollout("strategy: {linear: {}}"),
        &[
            "7:14: spec.strategy.linear: 'linear' is not supported by this version; supported are 'canary', 'blueGreen'",
        ],
    );
    check(
        &rollout("strategy: {blueGreen: {trial: 100%}, canary: {steps: []}}"),
        &[
            "7:33: spec.strategy.blueGreen.trial: all of the traffic is no trial; write a small share, such as '5%'",
            "7:40: spec.strategy.canary: only one field may stand here, and 'blueGreen' does already",
        ],
    );
    check(
        &rollout("strategy: {blueGreen: {bake: {holdback: 60%, for: 1w}, smoke: {suite: x}}}"),
        &[
            "7:43: spec.strategy.blueGreen.bake.holdback: found '60%', expected a percentage such as '5%': with more than 50% the candidate would never get the larger part",
            "7:53: spec.strategy.blueGreen.bake.for: found '1w', expected a duration such as '30s' or '1h30m': write whole numbers, each with a unit: d, h, m, s or ms",
            "7:66: spec.strategy.blueGreen.smoke.suite: 'suite' is not supported by this version; supported is 'requests'",
        ],
    );
    check(
        &rollout("strategy: {blueGreen: {}}\n  onInsufficientData: pass"),
        &[
            "8:23: spec.onInsufficientData: 'pass' is never right, because missing data says nothing about a candidate; supported are 'hold', 'rollback'",
        ],
    );
    check(
        &rollout("strategy: {blueGreen: {}}\n  riskBudget: 0.001%\n  warmup: 1.5\n  maxHold: 1h1d"),
        &[
            "8:15: spec.riskBudget: found '0.001%', expected a percentage such as '5%': it has more than two decimals, and hundredths are as fine as it gets",
            "9:11: spec.warmup: found 1.5, expected a whole number from 0 to 1000000",
            "10:12: spec.maxHold: found '1h1d', expected a duration such as '30s' or '1h30m': larger units come first, each once",
        ],
    );
    check(
        &rollout("strategy: {blueGreen: {}}\n  rollback: {cooldown: 30m, rejectRelease: no}"),
        &[
            "8:14: spec.rollback.cooldown: 'cooldown' is not supported by this version; supported is 'rejectRelease'",
            "8:44: spec.rollback.rejectRelease: found 'no', expected true or false",
        ],
    );
}

#[test]
fn canary_steps() {
    check(
        &steps(&["validate: {}", "approval: {group: leads}", "wieght: 5%"]),
        &[
            "10:9: spec.strategy.canary.steps[0].validate: 'validate' is not supported by this version; supported are 'smoke', 'weight', 'analysis', 'pause', 'bake'",
            "11:9: spec.strategy.canary.steps[1].approval: 'approval' is not supported by this version; supported are 'smoke', 'weight', 'analysis', 'pause', 'bake'",
            "12:9: spec.strategy.canary.steps[2].wieght: unknown field; did you mean 'weight'?",
        ],
    );
    check(
        &steps(&["weight: 5%", "weight: 5%", "weight: 1%"]),
        &[
            "11:17: spec.strategy.canary.steps[1].weight: weights only rise, and the one before is 5% already",
            "12:17: spec.strategy.canary.steps[2].weight: weights only rise, and the one before is 5% already",
        ],
    );
    check(
        &steps(&["analysis: {}", "weight: 0%", "weight: 101%"]),
        &[
            "10:9: spec.strategy.canary.steps[0]: before the first weight there is no traffic to judge",
            "11:17: spec.strategy.canary.steps[1].weight: found '0%', expected a percentage such as '5%': it has to be above zero",
            "12:17: spec.strategy.canary.steps[2].weight: found '101%', expected a percentage such as '5%': it is more than 100%",
        ],
    );
    check(
        &steps(&["pause: {for: 5m}", "smoke: {}"]),
        &[
            "9:7: spec.strategy.canary.steps: found neither a weight nor a bake, so that the candidate never serves",
        ],
    );
    check(
        &steps(&["bake: {for: 1h, keepBaselineWarm: false}", "weight: 5%"]),
        &[
            "10:43: spec.strategy.canary.steps[0].bake.keepBaselineWarm: the baseline always stays warm until the bake ends, so that going back takes no time; leave this out",
            "11:9: spec.strategy.canary.steps[1]: nothing comes after a bake, because it ends with the promotion",
        ],
    );
    check(
        &steps(&["weight: 5%", "pause:", "analysis: {minSamples: 0}"]),
        &[
            "11:9: spec.strategy.canary.steps[1].pause: found nothing, expected an object such as {}",
            "12:32: spec.strategy.canary.steps[2].analysis.minSamples: found 0, expected a whole number from 1 to 100000000",
        ],
    );
    check(
        &steps(&["weight: 5%", "smoke: {requests: [{method: post, path: v1/models, expect: {status: 99}}]}"]),
        &[
            "11:37: spec.strategy.canary.steps[1].smoke.requests[0].method: found 'post', expected 'GET', 'HEAD', 'POST', 'PUT', 'PATCH' or 'DELETE'; did you mean 'POST'?",
            "11:49: spec.strategy.canary.steps[1].smoke.requests[0].path: found 'v1/models', expected a path such as '/v1/models': it has to start with '/'",
            "11:77: spec.strategy.canary.steps[1].smoke.requests[0].expect.status: found 99, expected a whole number from 200 to 599",
        ],
    );
}
