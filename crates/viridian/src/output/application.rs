//! Applications for people: in a list, or one with everything that is known of it.

use super::columns::{columns, pairs};
use super::numbers::percent;
use super::rollout::rollout_line;
use std::time::Duration;
use viridian_core::time::readable;
use viridian_wire::api::{
    ApplicationBody, ApplicationSummary, EnvironmentBody, GuardBody, MetricBody, OnInsufficientBody,
    ScoreBody,
};

/// Applications in a list.
pub fn applications_table(applications: &[ApplicationSummary]) -> String {
    if applications.is_empty() {
        return "There are no applications. Apply one: viridian init, then viridian apply -f viridian.yaml"
            .to_owned();
    }
    let rows = applications.iter().map(|application| {
        let rollout = application.rollout.as_ref();
        [
            application.name.clone(),
            application.protocol.clone(),
            application.unit.clone(),
            application.baseline.clone().unwrap_or_else(|| "-".to_owned()),
            rollout.map_or_else(|| "-".to_owned(), |rollout| rollout.name.clone()),
            rollout.map_or_else(String::new, |rollout| percent(rollout.weight)),
        ]
    });
    columns(["name", "protocol", "unit", "baseline", "rollout", "candidate"], rows.collect())
}

/// Everything that is known of an application.
pub fn application_table(application: &ApplicationBody) -> String {
    let summary = &application.summary;
    let labels: Vec<String> =
        application.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let served = application.table.as_ref().map(|table| {
        let candidate = table.candidate.as_ref();
        let candidate = candidate.map(|place| format!(", {} by {place}", percent(table.weight)));
        format!("by {}{} (generation {})", table.baseline, candidate.unwrap_or_default(), table.generation)
    });
    let mut text = pairs([
        ("application", summary.name.clone()),
        ("labels", labels.join(", ")),
        ("protocol", summary.protocol.clone()),
        ("unit", summary.unit.clone()),
        ("baseline", summary.baseline.clone().unwrap_or_else(|| "none yet".to_owned())),
        ("served", served.unwrap_or_else(|| "by nothing yet".to_owned())),
        ("rollout", summary.rollout.as_ref().map(rollout_line).unwrap_or_default()),
        ("lost evidence", lost_evidence(application.lost_evidence)),
    ]);
    text.push('\n');
    text.push_str(&environments(&application.environments));
    if !application.metrics.is_empty() {
        text.push('\n');
        text.push_str(&metrics(&application.metrics));
    }
    if !application.scores.is_empty() {
        text.push('\n');
        text.push_str(&scores(&application.scores));
    }
    if !application.guards.is_empty() {
        text.push('\n');
        text.push_str(&guards(&application.guards));
    }
    text
}

fn lost_evidence(requests: u64) -> String {
    if requests == 0 {
        return String::new();
    }
    format!("{requests} requests, counted in a span that the controller ended before writing down")
}

fn environments(environments: &[EnvironmentBody]) -> String {
    let rows = environments.iter().map(|environment| {
        [
            environment.name.clone(),
            environment.platform.clone(),
            environment.endpoints.join(", "),
            environment.readiness.clone().unwrap_or_else(|| "it connects".to_owned()),
            environment.bearer.clone().unwrap_or_default(),
        ]
    });
    columns(["environment", "platform", "endpoints", "ready when", "token from"], rows.collect())
}

fn metrics(metrics: &[MetricBody]) -> String {
    let counts = |metric: &MetricBody| metric.when.clone().unwrap_or_else(|| "always".to_owned());
    let rows = metrics.iter().map(|metric| [metric.name.clone(), metric.bad.clone(), counts(metric)]);
    columns(["metric", "bad when", "counts when"], rows.collect())
}

fn scores(scores: &[ScoreBody]) -> String {
    let judge = |score: &ScoreBody| score.judge.clone().unwrap_or_else(|| "anyone".to_owned());
    let scale = |score: &ScoreBody| format!("{} to {}", score.from, score.to);
    columns(
        ["score", "scale", "given by"],
        scores.iter().map(|it| [it.name.clone(), scale(it), judge(it)]).collect(),
    )
}

fn guards(guards: &[GuardBody]) -> String {
    let rows = guards.iter().map(|guard| {
        let mode = if guard.observe_only { "observe" } else { "enforce" };
        let on_fail = guard.on_fail.to_string();
        [guard.metric.clone(), guard.margin.clone(), on_fail, unproven(guard), mode.to_owned()]
    });
    columns(["guard", "margin", "on fail", "unproven", "mode"], rows.collect())
}

/// What follows while a guard has not shown the candidate safe.
fn unproven(guard: &GuardBody) -> String {
    let after = guard.max_hold_seconds.map(|seconds| readable(Duration::from_secs_f64(seconds)));
    match (guard.on_insufficient, after) {
        (None, _) => "as the rollout says".to_owned(),
        (Some(OnInsufficientBody::Hold), _) => "hold".to_owned(),
        (Some(OnInsufficientBody::Rollback), None) => "rollback".to_owned(),
        (Some(OnInsufficientBody::Rollback), Some(after)) => format!("rollback after {after}"),
    }
}
