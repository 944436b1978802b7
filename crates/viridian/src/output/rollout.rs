//! Rollouts for people: in a list, as a table with everything that is known, as one line per change, as a history.

use super::columns::{columns, pairs};
use super::forecast::long;
use super::numbers::{ago, count, effect, percent, share};
use viridian_wire::api::{
    Entry, EntryKind, JudgementBody, PhaseBody, RemainingBody, ReportBody, RolloutBody, RolloutSummary,
    SliceBody, StepBody, StepStatus, ValidityBody, VerdictBody,
};

/// Rollouts in a list.
pub fn rollouts_table(rollouts: &[RolloutSummary]) -> String {
    if rollouts.is_empty() {
        return "There are no rollouts.".to_owned();
    }
    let rows = rollouts.iter().map(|rollout| {
        [
            rollout.name.clone(),
            rollout.application.clone(),
            rollout.phase.to_string(),
            step(rollout),
            percent(rollout.weight),
            ago(rollout.started_at),
            rollout.trouble.clone().or_else(|| why(rollout)).unwrap_or_default(),
        ]
    });
    columns(["name", "application", "phase", "step", "weight", "age", "why"], rows.collect())
}

/// Everything that is known of a rollout: its steps, the requests of each arm, what each guard found with its
/// interval, and what the rollout waits for.
pub fn rollout_table(rollout: &RolloutBody) -> String {
    let summary = &rollout.summary;
    let mut text = pairs([
        ("rollout", summary.name.clone()),
        ("application", summary.application.clone()),
        ("change", format!("{} -> {}", summary.baseline, summary.candidate)),
        ("phase", phase(summary)),
        ("traffic", traffic(summary)),
        ("trouble", summary.trouble.clone().unwrap_or_default()),
    ]);
    text.push('\n');
    for step in &rollout.plan {
        text.push_str(&step_line(step));
    }
    if let Some(report) = &rollout.report {
        text.push('\n');
        text.push_str(&evidence(report));
    }
    text.push('\n');
    text.push_str(&closing(rollout));
    text
}

/// Where a rollout stands, in one line.
pub fn rollout_line(rollout: &RolloutSummary) -> String {
    let step = rollout.step.map_or_else(String::new, |step| format!("  step {step}/{}", rollout.steps));
    let trouble = rollout.trouble.as_ref().map(|trouble| format!("trouble: {trouble}"));
    let waits = rollout.waits_for.as_ref().map(|waits| format!("waits for: {waits}"));
    let why = trouble
        .or(waits)
        .or_else(|| rollout.reason.clone())
        .or_else(|| rollout.sentence.clone())
        .unwrap_or_default();
    format!("{}  {}{step}  candidate {}  {why}", rollout.name, rollout.phase, percent(rollout.weight))
        .trim_end()
        .to_owned()
}

/// The same, and one line for each part of the traffic that fares worse and for each warning.
pub fn rollout_status(rollout: &RolloutBody) -> String {
    let mut text = rollout_line(&rollout.summary);
    for slice in rollout.report.iter().flat_map(|report| &report.analysis.slices) {
        text.push_str(&format!("\n  worse where {}", place(slice).replacen(' ', " is ", 1)));
        text.push_str(&format!(": {} {}", slice.metric, how_far_apart(slice)));
    }
    for warning in rollout.report.iter().flat_map(|report| &report.warnings) {
        text.push_str(&format!("\n  warning: {warning}"));
    }
    text
}

/// What happened to a rollout.
pub fn history_table(entries: &[Entry]) -> String {
    let rows = entries.iter().map(|entry| {
        let what = match (entry.kind, entry.phase) {
            (EntryKind::Moved, Some(phase)) => phase.to_string(),
            (EntryKind::Ordered, _) => "(order)".to_owned(),
            _ => "(start)".to_owned(),
        };
        let weight = entry.weight.map(percent).unwrap_or_default();
        [entry.at.to_string(), what, weight, entry.sentence.clone()]
    });
    columns(["at", "phase", "weight", "what happened"], rows.collect())
}

fn why(rollout: &RolloutSummary) -> Option<String> {
    rollout.reason.clone().or_else(|| rollout.waits_for.clone())
}

fn step(rollout: &RolloutSummary) -> String {
    rollout.step.map_or_else(|| "-".to_owned(), |step| format!("{step}/{}", rollout.steps))
}

fn phase(summary: &RolloutSummary) -> String {
    match &summary.reason {
        Some(reason) => format!("{}: {reason}", summary.phase),
        None => summary.phase.to_string(),
    }
}

fn traffic(summary: &RolloutSummary) -> String {
    match summary.phase {
        PhaseBody::Promoted => format!("{} serves everything", summary.candidate),
        phase if phase.is_end() => format!("{} serves everything", summary.baseline),
        _ => format!("{} on the candidate, {} on the baseline", percent(summary.weight), {
            percent(100.0 - summary.weight)
        }),
    }
}

fn step_line(step: &StepBody) -> String {
    let mark = match step.status {
        StepStatus::Passed => "✓",
        StepStatus::Current => "▸",
        StepStatus::Stopped => "✗",
        StepStatus::Coming => "·",
    };
    format!(" {mark} {:>2}  {}\n", step.number, step.title)
}

fn evidence(report: &ReportBody) -> String {
    let analysis = &report.analysis;
    let mut text = format!(
        "evidence   {} requests on the baseline, {} on the candidate",
        count(analysis.baseline_outcomes),
        count(analysis.candidate_outcomes)
    );
    if analysis.validity == ValidityBody::Asymptotic {
        text.push_str(&format!(" by about {} units", count(analysis.candidate_units)));
    }
    if let (Some(expected), Some(observed)) = (analysis.split.expected, analysis.split.observed) {
        let (expected, observed) = (percent(expected * 100.0), percent(observed * 100.0));
        text.push_str(&format!("\nsplit      broken: {observed} on the candidate, {expected} were drawn"));
    }
    text.push_str("\n\n");
    text.push_str(&guards(&analysis.guards));
    if !analysis.slices.is_empty() {
        text.push('\n');
        text.push_str(&slices(&analysis.slices));
    }
    text
}

/// The parts of the traffic that fare worse, the surest first.
fn slices(slices: &[SliceBody]) -> String {
    let rows = slices.iter().map(|slice| {
        [
            place(slice),
            slice.metric.clone(),
            share(slice.baseline),
            share(slice.candidate),
            effect(&slice.effect),
            if slice.certain { "WORSE" } else { "worse" }.to_owned(),
        ]
    });
    columns(["slice", "guard", "baseline", "candidate", "difference", "verdict"], rows.collect())
}

/// How the arms differ in a slice; the sides alone where how far apart they are is not known.
fn how_far_apart(slice: &SliceBody) -> String {
    if slice.effect.estimate.is_some() {
        return effect(&slice.effect);
    }
    format!("{} on the candidate, {} on the baseline", share(slice.candidate), share(slice.baseline))
}

fn place(slice: &SliceBody) -> String {
    format!("{} {}", slice.attribute, slice.value)
}

fn guards(guards: &[JudgementBody]) -> String {
    let rows = guards.iter().map(|judged| {
        let guard = &judged.guard;
        let on_fail = if guard.observe_only { "observe".to_owned() } else { guard.on_fail.to_string() };
        [
            guard.metric.clone(),
            format!("{} {on_fail}", guard.margin),
            share(judged.baseline),
            share(judged.candidate),
            effect(&judged.effect),
            verdict(judged),
        ]
    });
    if guards.is_empty() {
        return "No guards are armed: nothing is judged.\n".to_owned();
    }
    columns(["guard", "margin", "baseline", "candidate", "difference", "verdict"], rows.collect())
}

fn verdict(judged: &JudgementBody) -> String {
    match judged.verdict {
        VerdictBody::Pass => "safe".to_owned(),
        VerdictBody::Fail => "WORSE".to_owned(),
        // What is still missing is a sentence: `explain` has room for it.
        VerdictBody::Wait => "undecided".to_owned(),
    }
}

/// How long it will still take.
fn remaining(remaining: &RemainingBody) -> String {
    let goal = match remaining.stops_at_step {
        Some(step) => format!("until step {step}, where a person has to resume it"),
        None => "until its promotion".to_owned(),
    };
    let Some(soonest) = remaining.soonest_seconds else {
        return format!("open {goal}: it does not get there by itself at the present traffic");
    };
    let span = match remaining.latest_seconds {
        Some(latest) if long(latest) == long(soonest) => format!("about {}", long(soonest)),
        Some(latest) => format!("{} to {}", long(soonest), long(latest)),
        None => format!("{} or more", long(soonest)),
    };
    format!("{span} {goal}, if the candidate is as good as the baseline")
}

fn closing(rollout: &RolloutBody) -> String {
    let summary = &rollout.summary;
    let latest = || summary.sentence.clone().unwrap_or_default();
    let (waits, latest) = match &summary.waits_for {
        Some(waits) => (waits.clone(), String::new()),
        None => (String::new(), latest()),
    };
    let observed = rollout.report.as_ref().map(|report| report.observed.join("\n           "));
    let gauges = rollout.report.as_ref().map(|report| report.gauges.join("\n           "));
    let warnings = rollout.report.as_ref().map(|report| report.warnings.join("\n           "));
    pairs([
        ("waits for", waits),
        ("remaining", rollout.remaining.as_ref().map(remaining).unwrap_or_default()),
        ("latest", latest),
        ("gauges", gauges.unwrap_or_default()),
        ("observed", observed.unwrap_or_default()),
        ("warnings", warnings.unwrap_or_default()),
        ("ordered", rollout.pending_orders.join("; ")),
    ])
}

#[cfg(test)]
mod tests;
