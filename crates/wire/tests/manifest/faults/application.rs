//! Faults of applications: their fields, environments and guards.

use super::{application, check, environment};
use viridian_core::metric::Metric;

#[test]
fn applications() {
    check(&application("protocl: http"), &["8:3: spec.protocl: unknown field; did you mean 'protocol'?"]);
    check(
        &application("").replace("user", "team"),
        &[
            "6:9: spec.unit: found 'team', expected 'request', 'user', 'conversation', 'tenant' or 'header:<name>': it is none of these",
        ],
    );
    check(&application("unit: user"), &["8:3: the key 'unit' was given on line 6 already"]);
    check(
        &application("allowPaths: [/v1/*]"),
        &[
            "8:3: spec.allowPaths: only the protocol http takes paths; the others pass the paths their callers know",
        ],
    );
    check(
        &application("pins: [{unit: alice, arm: baseline}, {unit: alice, arm: candidat}]"),
        &[
            "8:47: spec.pins[1].unit: 'alice' is pinned already",
            "8:59: spec.pins[1].arm: found 'candidat', expected 'baseline' or 'candidate'; did you mean 'candidate'?",
        ],
    );
    check(
        &application("localGuard: {errors: 0%, minRequests: 0}"),
        &[
            "8:24: spec.localGuard.errors: found '0%', expected a percentage such as '5%': it has to be above zero",
            "8:41: spec.localGuard.minRequests: found 0, expected a whole number from 1 to 10000",
        ],
    );
    check(
        &application("localGuard: {}"),
        &["8:3: spec.localGuard.errors: missing; expected a percentage such as '5%'"],
    );
    check(
        &application("timeouts: {conect: 2s, idle: 0s, firstByte: 5}"),
        &[
            "8:14: spec.timeouts.conect: unknown field; did you mean 'connect'?",
            "8:32: spec.timeouts.idle: found '0s', expected a duration such as '30s' or '1h30m': it has to be above zero",
            "8:47: spec.timeouts.firstByte: found 5, expected a duration such as '30s' or '1h30m'",
        ],
    );
    check(
        &application("baseline: Chat V1"),
        &[
            "8:13: spec.baseline: found 'Chat V1', expected a name such as 'support-chat': use lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
        ],
    );
    let http = application("").replace("openai", "http").replace("user", "header:X Tenant");
    check(
        &http,
        &[
            "4:1: spec.allowPaths: missing; the protocol http passes no path that is not listed, so list at least one",
            "6:9: spec.unit: found 'header:X Tenant', expected 'request', 'user', 'conversation', 'tenant' or 'header:<name>': it names no header",
        ],
    );
    let paths =
        application("allowPaths: [predict, /a*b, \"/a?b\", \"/a b\", \"/a#b\"]").replace("openai", "http");
    check(
        &paths,
        &[
            "8:16: spec.allowPaths[0]: found 'predict', expected a path such as '/predict' or '/v1/*': it has to start with '/'",
            "8:25: spec.allowPaths[1]: found '/a*b', expected a path such as '/predict' or '/v1/*': a '*' may stand at the end only",
            "8:31: spec.allowPaths[2]: found '/a?b', expected a path such as '/predict' or '/v1/*': queries are always passed; leave out what follows the '?'",
            "8:39: spec.allowPaths[3]: found '/a b', expected a path such as '/predict' or '/v1/*': a character in it has to be percent-encoded",
            "8:47: spec.allowPaths[4]: found '/a#b', expected a path such as '/predict' or '/v1/*': a fragment is never sent",
        ],
    );
    check(
        &application("").replace("openai", "anthropic"),
        &[
            "5:13: spec.protocol: 'anthropic' is not supported by this version; supported are 'openai', 'openInference', 'http'",
        ],
    );
}

#[test]
fn environments() {
    check(
        &environment("{endpoints: [], platform: kubernetes}"),
        &[
            "8:23: spec.environments.blue.endpoints: found an empty list, expected at least one item",
            "8:37: spec.environments.blue.platform: 'kubernetes' is not supported by this version; supported is 'static'",
        ],
    );
    check(
        &environment("{endpoints: [\"10.0.0.5:8000\", \"http://h?x\"]}"),
        &[
            "8:24: spec.environments.blue.endpoints[0]: found '10.0.0.5:8000', expected a base URL such as 'http://10.0.0.5:8000': it has to start with http:// or https://",
            "8:41: spec.environments.blue.endpoints[1]: found 'http://h?x', expected a base URL such as 'http://10.0.0.5:8000': a base URL has no query",
        ],
    );
    check(
        &environment("{}\n    Green: {endpoints: [\"http://a\"]}"),
        &[
            "8:5: spec.environments.blue.endpoints: missing; expected a list",
            "9:5: spec.environments.Green: found the key 'Green', expected a name such as 'support-chat': use lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
        ],
    );
    let none = environment("x").replace("\n    blue: x", " {}");
    check(&none, &["7:3: spec.environments: found an empty object, expected at least one field"]);
}

#[test]
fn sources_and_gauges() {
    let with = |gauge: &str| {
        application(&format!(
            "sources: {{prom: {{prometheus: {{url: \"http://p:9090\"}}}}}}\n  gauges: [{{name: gpu, source: prom, {gauge}}}]"
        ))
    };
    check(
        &with("query: up"),
        &["9:12: spec.gauges[0]: nothing is out of bounds without a bound; give atMost, atLeast or both"],
    );
    check(
        &with("query: up, atLeast: 5, atMost: 1.5"),
        &["9:58: spec.gauges[0].atLeast: no number is at least 5 and at most 1.5"],
    );
    check(
        &with("query: 'up{job=\"{{relase}}\"}', atMost: 1"),
        &[
            "9:45: spec.gauges[0].query: 'relase' stands for nothing; known are 'release', 'environment', 'application' or 'rollout'",
        ],
    );
    check(
        &with("query: up, atMost: high, every: 100ms, times: 0"),
        &[
            "9:57: spec.gauges[0].atMost: found 'high', expected a number",
            "9:70: spec.gauges[0].every: a source is not asked more often than once in a second",
            "9:84: spec.gauges[0].times: found 0, expected a whole number from 1 to 100",
        ],
    );
    check(
        &with("query: up, atMost: 1, every: 100ms"),
        &["9:67: spec.gauges[0].every: a source is not asked more often than once in a second"],
    );
    check(
        &application("gauges: [{name: gpu, source: prom, query: up, atMost: 1}]"),
        &["8:32: spec.gauges[0].source: there is no source 'prom'; spec.sources names none"],
    );
    check(
        &application("sources: {aws: {cloudWatch: {region: eu}}}"),
        &[
            "8:19: spec.sources.aws.cloudWatch.accessKey: missing; expected a reference such as 'env:PROVIDER_KEY' or 'file:/run/secrets/provider'",
            "8:19: spec.sources.aws.cloudWatch.secretKey: missing; expected a reference such as 'env:PROVIDER_KEY' or 'file:/run/secrets/provider'",
            "8:40: spec.sources.aws.cloudWatch.region: found 'eu', expected a region such as 'eu-central-1': its parts are lower-case letters and digits, with '-' between them",
        ],
    );
    check(
        &application(
            "sources: {aws: {cloudWatch: {region: eu-central-1, accessKey: AKIA, secretKey: 'env:S', period: 90s}}}",
        ),
        &[
            "8:65: spec.sources.aws.cloudWatch.accessKey: found something that may be a secret, expected a reference such as 'env:PROVIDER_KEY' or 'file:/run/secrets/provider': the secret itself never stands in a manifest; name an environment variable or a file",
            "8:99: spec.sources.aws.cloudWatch.period: found '90s', expected a period such as '1m': CloudWatch has numbers of 1, 5, 10, 20 or 30 seconds, or of whole minutes up to a day",
        ],
    );
    check(
        &application("sources: {db: {sql: {connection: 'postgres://u:p@h/d'}}}"),
        &[
            "8:36: spec.sources.db.sql.connection: found something that may be a secret, expected a reference such as 'env:PROVIDER_KEY' or 'file:/run/secrets/provider': the secret itself never stands in a manifest; name an environment variable or a file",
        ],
    );
    let sql = |query: &str| {
        application(&format!(
            "sources: {{db: {{sql: {{connection: 'env:DB'}}}}}}\n  gauges: [{{name: n, source: db, atMost: 1, query: \"{query}\"}}]"
        ))
    };
    check(&sql("select count(*) from orders where release = {{release}}"), &[]);
    check(&sql("select 'it''s' from orders where release = {{release}}"), &[]);
    check(
        &sql("select 1 from orders where release = '{{release}}'"),
        &[
            "9:52: spec.gauges[0].query: 'release' stands within quotes; it is sent as a parameter and needs none",
        ],
    );
    check(
        &sql("select 1 from orders where release = $1"),
        &[
            "9:52: spec.gauges[0].query: parameters are numbered where they are sent; write a placeholder such as '{{release}}'",
        ],
    );
    check(
        &sql("select 1 from orders where release = {{relaese}}"),
        &[
            "9:52: spec.gauges[0].query: 'relaese' stands for nothing; known are 'release', 'environment', 'application' or 'rollout'",
        ],
    );
    check(
        &application("sources: {dd: {datadog: {apiKey: abc}}}"),
        &[
            "8:18: spec.sources.dd.datadog.applicationKey: missing; expected a reference such as 'env:PROVIDER_KEY' or 'file:/run/secrets/provider'",
            "8:36: spec.sources.dd.datadog.apiKey: found something that may be a secret, expected a reference such as 'env:PROVIDER_KEY' or 'file:/run/secrets/provider': the secret itself never stands in a manifest; name an environment variable or a file",
        ],
    );
    check(
        &application("sources: {j: {json: {url: \"http://j\", value: data.x}}}"),
        &[
            "8:48: spec.sources.j.json.value: found 'data.x', expected a JSON pointer such as '/data/0/value': it has to start with '/'",
        ],
    );
}

#[test]
fn slices() {
    let drawn = |slices: &str| application(slices).replace("unit: user", "unit: request");
    check(&drawn("slices: [language, route, tenant, 'header:X-Plan']"), &[]);
    check(
        &drawn("slices: [language, region, 'header:', language]"),
        &[
            "8:22: spec.slices[1]: found 'region', expected 'route', 'tenant', 'language' or 'header:<name>': it is none of these",
            "8:30: spec.slices[2]: found 'header:', expected 'route', 'tenant', 'language' or 'header:<name>': it names no header",
            "8:41: spec.slices[3]: traffic is cut by language already",
        ],
    );
    check(
        &drawn("slices: [language, language]"),
        &["8:22: spec.slices[1]: traffic is cut by language already"],
    );
    check(
        &drawn("slices: [language, route, tenant, 'header:a', 'header:b']"),
        &["8:49: spec.slices[4]: traffic is cut by 4 attributes at most"],
    );
    check(&application("slices: [language]"), &[]);
    check(
        &drawn("slices: [route]\n  guards: [{metric: errors, margin: 1pp, onFail: pause, slices: rollback}]"),
        &[
            "9:57: spec.guards[0].slices: only a guard that rolls back by itself, enforced, rolls back for a slice",
        ],
    );
}

#[test]
fn a_rollback_for_a_slice_that_can_never_come_is_refused() {
    let guard = |metric: &str, margin: &str| {
        format!("guards: [{{metric: {metric}, margin: {margin}, onFail: rollback, slices: rollback}}]")
    };
    let sliced =
        |metric: &str, margin: &str| application(&format!("slices: [route]\n  {}", guard(metric, margin)));
    check(&sliced("errors", "1pp"), &[]);
    check(&sliced("cost", "20%"), &[]);
    let drawn = |metric: &str, margin: &str| sliced(metric, margin).replace("unit: user", "unit: request");
    check(&drawn("errors", "1pp"), &[]);
    let of_drawn = |column: usize, why: &str| {
        format!(
            "9:{column}: spec.guards[0].slices: {why}, so that no slice is ever found worse by it; leave this out, and guard what \
             slices are asked about: a share that is known with the answer, such as errors or refusals, or a percentile of times; \
             amounts, such as cost, are where units stay together, as with 'unit: user'"
        )
    };
    let of_amounts = "needs units that stay on their arm, and requests are drawn one by one";
    check(&drawn("cost", "20%"), &[of_drawn(58, &format!("cost {of_amounts}")).as_str()]);
    check(&drawn("latency.p95", "20%"), &[]);
    let advice = "leave this out, and guard what slices are asked about: what is known with the answer, such as errors, refusals, \
                  times or cost";
    let told = |column: usize, why: &str| {
        format!(
            "9:{column}: spec.guards[0].slices: {why}, so that no slice is ever found worse by it; {advice}"
        )
    };
    check(&sliced("latency.p95", "20%"), &[]);
    check(&sliced("feedback", "3pp"), &[told(62, "feedback does not say its slice").as_str()]);
    let of_nothing = "spec.guards[0].slices: traffic is cut by nothing, so that there is no slice to roll back for; write what it is \
                      cut by, such as 'slices: [language]', in spec";
    check(&application(&guard("errors", "1pp")), &[format!("8:60: {of_nothing}").as_str()]);
    let empty = application(&format!("slices: []\n  {}", guard("errors", "1pp")));
    check(&empty, &[format!("9:60: {of_nothing}").as_str()]);
    check(&application("guards: [{metric: errors, margin: 1pp, slices: notify}]"), &[]);
}

#[test]
fn guards() {
    let metrics = Metric::ALL.map(|metric| format!("'{metric}'")).join(", ");
    check(
        &application("guards: [{metric: errors, margin: 5}]"),
        &["8:37: spec.guards[0].margin: found 5, expected a margin such as '0.5pp' or '20%'"],
    );
    check(
        &application("guards: [{metric: latency.p95, margin: 0.5pp}]"),
        &[
            "8:42: spec.guards[0].margin: latency.p95 is a time and no share, so that percentage points of it mean nothing; write a part of the baseline's, such as '20%'",
        ],
    );
    check(
        &application("guards: [{metric: timeToFirstToken.p50, margin: 20%}]")
            .replace("openai", "openInference"),
        &[
            "8:21: spec.guards[0].metric: timeToFirstToken.p50 is measured where answers are streamed: with the protocol openai",
        ],
    );
    check(
        &application("guards: [{metric: latency.p95, margin: 20%, maturity: 1h}]"),
        &[
            "8:47: spec.guards[0].maturity: latency.p95 is known with the answer; only feedback and scores mature",
        ],
    );
    check(
        &application("guards: [{metric: eval.helpful, margin: 3pp}, {metric: tokens, margin: 20%}]"),
        &[
            &format!(
                "8:21: spec.guards[0].metric: 'eval.helpful' is not supported by this version; supported are {metrics}"
            ),
            &format!(
                "8:58: spec.guards[1].metric: 'tokens' is two metrics, tokens.input and tokens.output; supported are {metrics}"
            ),
        ],
    );
    check(
        &application("guards: [{metric: refusal, margin: 1pp}, {metric: cacheHits, margin: 5pp}]"),
        &[
            &format!(
                "8:21: spec.guards[0].metric: found 'refusal', expected {}; did you mean 'refusals'?",
                metrics.replacen(", 'callerErrors'", " or 'callerErrors'", 1)
            ),
            &format!(
                "8:53: spec.guards[1].metric: 'cacheHits' is guarded by what misses, as cacheMisses; supported are {metrics}"
            ),
        ],
    );
    check(
        &application("guards: [{metric: cost, margin: 2pp}, {metric: tokens.output, margin: -20%}]"),
        &[
            "8:35: spec.guards[0].margin: cost is an amount and no share, so that percentage points of it mean nothing; write a part of the baseline's, such as '20%'",
            "8:73: spec.guards[1].margin: found '-20%', expected a margin such as '0.5pp' or '20%': it does not begin with a number such as 5 or 0.5",
        ],
    );
    check(
        &application("guards: [{metric: cost, margin: 20%}]").replace("openai", "openInference"),
        &["8:21: spec.guards[0].metric: cost is read in chat completions: with the protocol openai"],
    );
    check(
        &application("guards: [{metric: errors, margin: 0pp, onFail: rolback, mode: watch}]"),
        &[
            "8:37: spec.guards[0].margin: found '0pp', expected a margin such as '0.5pp' or '20%': it has to be above zero",
            "8:50: spec.guards[0].onFail: found 'rolback', expected 'rollback', 'pause' or 'notify'; did you mean 'rollback'?",
            "8:65: spec.guards[0].mode: found 'watch', expected 'enforce' or 'observe'",
        ],
    );
    check(
        &application("guards: [{metric: errors, margin: 1pp, onInsufficient: pass, maxHold: soon}]"),
        &[
            "8:58: spec.guards[0].onInsufficient: 'pass' is never right, because missing data says nothing about a candidate; supported are 'hold', 'rollback'",
            "8:73: spec.guards[0].maxHold: found 'soon', expected a duration such as '30s' or '1h30m': write whole numbers, each with a unit: d, h, m, s or ms",
        ],
    );
    check(
        &application("guards: [{metric: errors, margin: 1pp, onInsufficient: hold, maxHold: 2h}]"),
        &[
            "8:64: spec.guards[0].maxHold: with onInsufficient hold the rollout is held until a person decides; leave this out, or write onInsufficient: rollback",
        ],
    );
    check(
        &application(
            "guards: [{metric: errors, margin: 1pp, mode: observe, maxHold: 2h}, {metric: cost, margin: 20%, onFail: notify, onInsufficient: hold}]",
        ),
        &[
            "8:57: spec.guards[0].maxHold: no promotion waits for a guard with mode observe, so nothing is held for it",
            "8:115: spec.guards[1].onInsufficient: no promotion waits for a guard with onFail notify, so nothing is held for it",
        ],
    );
    check(
        &application("guards: [{metric: errors, margin: 1pp}, {metric: errors, margin: 20%}]"),
        &["8:43: spec.guards[1]: errors is guarded already; a metric has one guard"],
    );
}

#[test]
fn what_callers_may_say() {
    check(
        &application("feedback: {rating: {from: 5, to: 1, bad: 2}}"),
        &[
            "8:22: spec.feedback.rating: from 5 to 1 with 2 and less bad is no scale: something has to be bad and something good, as in {from: 1, to: 5, bad: 2}",
        ],
    );
    check(
        &application("feedback: {rating: {from: 1, to: 5}, categories: {wrong: awful}}"),
        &[
            "8:14: spec.feedback.rating.bad: missing; expected a whole number from 0 to 1000",
            "8:60: spec.feedback.categories.wrong: found 'awful', expected 'good' or 'bad'",
        ],
    );
    let many: Vec<String> = (0..65).map(|number| format!("c{number}: bad")).collect();
    check(
        &application(&format!("feedback: {{categories: {{{}}}}}", many.join(", "))),
        &["8:14: spec.feedback.categories: there are 64 categories at most"],
    );
}
