//! A decision in one sentence. Whatever the product did, this is what it says about it.

use super::Moment;
use crate::analysis::verdict::{Judgement, Verdict};
use crate::guard::OnFail;
use crate::metric::Metric;
use crate::rollout::command::Command;
use crate::rollout::plan::Step;
use crate::rollout::report::Finding;
use crate::rollout::state::{Cause, Hold, Phase, Waiting};
use crate::time::readable;
use crate::weight::Weight;

pub(super) fn of(moment: &Moment<'_>, finding: &Finding, phase: &Phase) -> String {
    match finding {
        Finding::Nothing => format!("nothing to do: the rollout is {}", phase.word()),
        Finding::Began => format!("the rollout begins; its plan has {} steps", moment.plan.steps.len()),
        Finding::Waiting { waiting } => format!("waiting: {}", missing(moment, waiting)),
        Finding::Shifted { from, to } => format!("the candidate's share goes from {from} to {to}"),
        Finding::ClockStarted => format!("{}; the last watch begins", serves(moment)),
        Finding::Passed { step } => passed(moment, *step),
        Finding::Held => match phase {
            Phase::Held { reason, .. } => format!("held: {}", held(moment, reason)),
            _ => "held".to_owned(),
        },
        Finding::StillHeld { reason } => format!("still held: {}", held(moment, reason)),
        Finding::Resumed => "the rollout goes on".to_owned(),
        Finding::RollingBack { cause } => rolling_back(moment, cause),
        Finding::Restored => restored(moment),
        Finding::Promoted => format!("the candidate is the baseline now{}", evidence_of_safety(moment)),
        Finding::Refused { why } => format!("the order was not followed: {why}"),
    }
}

/// What is waited for, with what is known at the moment.
fn missing(moment: &Moment<'_>, waiting: &Waiting) -> String {
    match waiting {
        Waiting::Gateways { .. } if matches!(moment.state.phase, Phase::RollingBack { .. }) => {
            exposed(moment)
        }
        Waiting::Gateways { known: 0, .. } => "no gateway is connected".to_owned(),
        Waiting::Time { until } => {
            format!("the {} has {} to go", watch(moment), readable(until.since(moment.now)))
        }
        Waiting::Guard { .. } => unproven(moment),
        Waiting::Baseline => dead_baseline(moment),
        _ => waiting.to_string(),
    }
}

/// Nobody is sent back to a dead baseline, whoever asks for it.
fn dead_baseline(moment: &Moment<'_>) -> String {
    let waits = "and the baseline does not answer: nobody is sent back before it does";
    if moment.input.commands.iter().any(Command::is_towards_baseline) {
        return format!("a rollback is ordered, {waits}");
    }
    let failed = moment.failures(OnFail::Rollback).next();
    match (failed, &moment.input.gateways.tripped) {
        (_, Some(node)) => format!("the local guard acted on gateway {node}, {waits}"),
        (Some(failed), None) => format!("{} asks for a rollback, {waits}", failed.brief()),
        (None, None) => Waiting::Baseline.to_string(),
    }
}

/// The guards that have to show the candidate safe and have not yet.
fn unproven(moment: &Moment<'_>) -> String {
    let pardons = |metric| moment.state.position().is_some_and(|at| at.pardons(metric));
    let open: Vec<String> = moment
        .input
        .analysis
        .guards
        .iter()
        .filter(|judged| judged.guard.gates_promotion() && judged.verdict != Verdict::Pass)
        .filter(|judged| !pardons(judged.guard.metric))
        .map(Judgement::brief)
        .collect();
    format!("not promoted before it is shown safe by {}", open.join(" and by "))
}

fn watch(moment: &Moment<'_>) -> &'static str {
    match moment.state.position().and_then(|at| moment.plan.step(at.step)) {
        Some(Step::Pause { .. }) => "pause",
        _ => "last watch",
    }
}

fn exposed(moment: &Moment<'_>) -> String {
    match moment.input.gateways.exposed {
        1 => "1 gateway may still send requests to the candidate, until it is heard of or its lease runs out"
            .to_owned(),
        count => format!(
            "{count} gateways may still send requests to the candidate, until they are heard of or their leases \
             run out"
        ),
    }
}

fn held(moment: &Moment<'_>, reason: &Hold) -> String {
    match reason {
        Hold::Waiting(waiting) => missing(moment, waiting),
        Hold::Regression { metric } => numbers(moment, *metric)
            .map_or_else(|| reason.to_string(), |numbers| format!("{numbers}; its guard pauses")),
        _ => reason.to_string(),
    }
}

fn serves(moment: &Moment<'_>) -> String {
    let weight = moment.state.weight();
    match moment.input.gateways.known {
        1 => format!("the gateway sends {weight} to the candidate"),
        2 => format!("both gateways send {weight} to the candidate"),
        known => format!("all {known} gateways send {weight} to the candidate"),
    }
}

fn passed(moment: &Moment<'_>, step: usize) -> String {
    let what = match moment.plan.step(step - 1) {
        Some(Step::Smoke(smoke)) => match smoke.requests.len() {
            0 => "the candidate accepts connections".to_owned(),
            1 => "the smoke request was answered as expected".to_owned(),
            count => format!("{count} smoke requests were answered as expected"),
        },
        Some(Step::Weight(_)) => serves(moment),
        Some(Step::Analysis { .. }) => unopposed(moment),
        Some(Step::Pause { .. }) => "the pause is over".to_owned(),
        Some(Step::Bake(_)) | None => "the last watch is over".to_owned(),
    };
    format!("step {step} of {} done: {what}", moment.plan.steps.len())
}

fn unopposed(moment: &Moment<'_>) -> String {
    let seen = moment.input.analysis.seen;
    let nothing = match pardoned(moment) {
        Some(accepted) => format!("nothing but {accepted}, which a person accepted, speaks"),
        // Whoever acts would have acted before.
        None if moment.input.analysis.guards.iter().any(|judged| judged.verdict.is_fail()) => {
            "no guard that may act speaks".to_owned()
        }
        None => "nothing speaks".to_owned(),
    };
    format!(
        "{nothing} against the candidate after {} outcomes, {} on the baseline",
        seen.candidate, seen.baseline
    )
}

/// The metrics that a person has accepted as they are.
fn pardoned(moment: &Moment<'_>) -> Option<String> {
    let metrics = &moment.state.position()?.pardoned;
    let names: Vec<&str> = metrics.iter().map(|metric| metric.as_str()).collect();
    (!names.is_empty()).then(|| names.join(" and "))
}

fn rolling_back(moment: &Moment<'_>, cause: &Cause) -> String {
    let numbers = match cause {
        Cause::Regression { metric } => numbers(moment, *metric),
        _ => None,
    };
    let cause = numbers.unwrap_or_else(|| cause.to_string());
    if moment.state.weight() == Weight::ZERO {
        return format!("the candidate is given up before anyone reached it: {cause}");
    }
    format!("back to the baseline: {cause}")
}

fn restored(moment: &Moment<'_>) -> String {
    match moment.input.gateways.known {
        1 => "the gateway serves the baseline alone".to_owned(),
        2 => "both gateways serve the baseline alone".to_owned(),
        known => format!("all {known} gateways serve the baseline alone"),
    }
}

/// What the guard that failed found.
fn numbers(moment: &Moment<'_>, metric: Metric) -> Option<String> {
    let mut failed = moment.input.analysis.guards.iter().filter(|judged| judged.verdict.is_fail());
    let judged = failed.find(|judged| judged.guard.metric == metric)?;
    Some(judged.sentence())
}

fn evidence_of_safety(moment: &Moment<'_>) -> String {
    let armed = moment.input.analysis.guards.iter().filter(|judged| judged.guard.gates_promotion()).count();
    if armed == 0 {
        return "; no guard had to show it safe".to_owned();
    }
    if moment.plan.bake().holdback == Weight::ZERO {
        return "; nothing was held back to compare it with during the last watch".to_owned();
    }
    let shown = moment.input.analysis.guards.iter().filter(|judged| shows_safe(judged)).count();
    let shown = match pardoned(moment) {
        Some(accepted) => format!("{shown} of {armed} guards show it safe, and a person accepted {accepted}"),
        None if shown == armed => "every guard shows it safe".to_owned(),
        None => format!("{shown} of {armed} guards show it safe"),
    };
    let seen = moment.input.analysis.seen;
    format!(": {shown}, {} outcomes against {} on the baseline", seen.candidate, seen.baseline)
}

fn shows_safe(judged: &Judgement) -> bool {
    judged.guard.gates_promotion() && judged.verdict == Verdict::Pass
}
