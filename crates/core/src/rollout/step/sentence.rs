//! A decision in one sentence. Whatever the product did, this is what it says about it.

mod order;

use super::{Moment, gate, warn};
use crate::analysis::verdict::{Judgement, SplitCheck, Verdict, Wait};
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
        Finding::Began => began(moment),
        Finding::Waiting { waiting } => format!("waiting: {}", missing(moment, waiting)),
        Finding::Shifted { from, to } => format!("the candidate's share goes from {from} to {to}"),
        Finding::ClockStarted => {
            format!("{}; the last watch begins{}", serves(moment), unless_compared(moment))
        }
        Finding::Passed { step } => passed(moment, *step),
        Finding::PassedOver { by, from, to, reach } => {
            let skipped = order::Skipped { from: *from, to: *to, reach: *reach };
            format!("ordered by {by}: {}{}", skipped.words(moment), order::share_after(moment, phase))
        }
        Finding::Held => match phase {
            Phase::Held { reason, .. } => format!("held: {}", held(moment, reason, phase)),
            _ => "held".to_owned(),
        },
        Finding::StillHeld { reason } => format!("still held: {}", held(moment, reason, phase)),
        Finding::Resumed => "the rollout goes on".to_owned(),
        Finding::RollingBack { cause } => rolling_back(moment, cause),
        Finding::Restored => restored(moment),
        Finding::Promoted => format!(
            "{}the candidate is the baseline now{}{}",
            order::of_promotion(moment),
            evidence_of_safety(moment),
            order::before(moment)
        ),
        Finding::Warned { begun, over } => warn::sentence(moment, begun, over),
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
        Waiting::Gateways { .. } => match &moment.input.gateways.refused {
            Some(refused) => format!("{waiting}; gateway {} refuses it: {}", refused.node, refused.reason),
            None => waiting.to_string(),
        },
        Waiting::Time { until } => {
            format!(
                "the {} has {} to go{}",
                watch(moment),
                readable(until.since(moment.now)),
                unless_compared(moment)
            )
        }
        Waiting::Guard { .. } => unproven(moment),
        Waiting::Evidence(Wait::TooFewSamples { have, need }) if moment.state.weight() == Weight::FULL => {
            format!("too few outcomes in this step: {have} of {need}")
        }
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
    let at = moment.state.position();
    let open: Vec<String> =
        at.into_iter().flat_map(|at| gate::unproven(moment, at)).map(Judgement::brief).collect();
    let compares = moment.state.weight().compares();
    let never = if compares { "" } else { ", and nothing is compared any more: a person has to decide" };
    format!("not promoted before it is shown safe by {}{never}", open.join(" and by "))
}

/// Says so where nothing is compared.
fn unless_compared(moment: &Moment<'_>) -> &'static str {
    if moment.state.weight() == Weight::FULL { ", not compared" } else { "" }
}

fn began(moment: &Moment<'_>) -> String {
    let caveats: String = moment.plan.caveats().iter().map(|caveat| format!("; {caveat}")).collect();
    format!("the rollout begins; its plan has {} steps{caveats}", moment.plan.steps.len())
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

fn held(moment: &Moment<'_>, reason: &Hold, phase: &Phase) -> String {
    match reason {
        Hold::Waiting(waiting) => {
            let follows = moment.what_follows(waiting, phase).map(|follows| format!("; {follows}"));
            format!("{}{}", missing(moment, waiting), follows.unwrap_or_default())
        }
        Hold::Regression { metric } => numbers(moment, *metric)
            .map_or_else(|| reason.to_string(), |numbers| format!("{numbers}; its guard pauses")),
        Hold::OutOfBounds { gauge } => moment
            .input
            .gauges
            .iter()
            .find(|gauged| gauged.gauge.name == *gauge)
            .map_or_else(|| reason.to_string(), |gauged| format!("{}; it pauses", gauged.sentence())),
        Hold::SplitBroken => split(moment).unwrap_or_else(|| reason.to_string()),
        _ => reason.to_string(),
    }
}

/// By how much the traffic was not split as drawn.
fn split(moment: &Moment<'_>) -> Option<String> {
    let SplitCheck::Broken { expected, observed } = moment.input.analysis.split else { return None };
    Some(format!(
        "the traffic was not split as drawn, {:.1}% on the candidate instead of {:.1}%, so nothing can be compared",
        observed * 100.0,
        expected * 100.0
    ))
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
        Cause::Slice { metric, attribute, value } => of_slice(moment, *metric, (attribute, value)),
        Cause::Limit { errors } => {
            Some(format!("{} reached the limit of {errors}, not compared", errors_alone(moment)))
        }
        Cause::Insufficient | Cause::Unproven { .. } => {
            proven_instead(moment).map(|proven| format!("{cause}; {proven}"))
        }
        _ => None,
    };
    let cause = numbers.unwrap_or_else(|| cause.to_string());
    if moment.state.weight() == Weight::ZERO {
        return format!("the candidate is given up before anyone reached it: {cause}");
    }
    format!("back to the baseline: {cause}")
}

/// The margins that have been proven in place of those that were to be.
fn proven_instead(moment: &Moment<'_>) -> Option<String> {
    let open = moment.input.analysis.guards.iter().filter(|judged| judged.guard.gates_promotion());
    let proven: Vec<String> = open.filter_map(Judgement::would_pass).collect();
    (!proven.is_empty()).then(|| proven.join(" and "))
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

/// What was found in a slice.
fn of_slice(moment: &Moment<'_>, metric: Metric, slice: (&str, &str)) -> Option<String> {
    let mut slices = moment.input.analysis.slices.iter();
    let found = slices.find(|worse| {
        worse.guard.metric == metric && (worse.attribute.as_str(), worse.value.as_str()) == slice
    })?;
    Some(found.sentence())
}

fn evidence_of_safety(moment: &Moment<'_>) -> String {
    let armed = moment.input.analysis.guards.iter().filter(|judged| judged.guard.gates_promotion()).count();
    if armed == 0 {
        return "; no guard had to show it safe".to_owned();
    }
    let uncompared = moment.state.position().is_some_and(|at| gate::is_uncompared(moment, at));
    if uncompared {
        let below = moment.plan.local_guard.map(|limit| format!(", below the limit of {}", limit.errors));
        return format!(": not compared; {}{}", errors_alone(moment), below.unwrap_or_default());
    }
    let shown = moment.input.analysis.guards.iter().filter(|judged| shows_safe(judged)).count();
    let shown = match pardoned(moment) {
        Some(accepted) => format!("{shown} of {armed} guards show it safe, and a person accepted {accepted}"),
        None if shown == armed => "every guard shows it safe".to_owned(),
        None => format!("{shown} of {armed} guards show it safe"),
    };
    let seen = moment.input.analysis.seen;
    let late = match moment.state.weight() == Weight::FULL {
        true => "; not compared during the last watch",
        false => "",
    };
    let candidate = seen.candidate - moment.input.uncompared.trials.min(seen.candidate);
    format!(": {shown}, {candidate} outcomes against {} on the baseline{late}", seen.baseline)
}

/// What the candidate did while nothing was compared.
fn errors_alone(moment: &Moment<'_>) -> String {
    let alone = moment.input.uncompared;
    let percent = alone.share().unwrap_or_default() * 100.0;
    format!("{percent:.2}% errors ({} of {})", alone.events, alone.trials)
}

fn shows_safe(judged: &Judgement) -> bool {
    judged.guard.gates_promotion() && judged.verdict == Verdict::Pass
}
