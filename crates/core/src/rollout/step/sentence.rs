//! A decision in one sentence. Whatever the product did, this is what it says about it.

use super::Moment;
use crate::metric::Metric;
use crate::rollout::plan::Step;
use crate::rollout::report::Finding;
use crate::rollout::state::{Cause, Phase};

pub(super) fn of(moment: &Moment<'_>, finding: &Finding, phase: &Phase) -> String {
    match finding {
        Finding::Nothing => format!("nothing to do: the rollout is {}", phase.word()),
        Finding::Began => format!("the rollout begins, {} steps to go", moment.plan.steps.len()),
        Finding::Waiting { waiting } => format!("waiting: {waiting}"),
        Finding::Shifted { from, to } => format!("the candidate's share goes from {from} to {to}"),
        Finding::ClockStarted => {
            let gateways = moment.input.gateways.known;
            format!("every gateway ({gateways}) serves by the new share, evidence counts from now on")
        }
        Finding::Passed { step } => passed(moment, *step),
        Finding::Held => match phase {
            Phase::Held { reason, .. } => format!("held: {reason}"),
            _ => "held".to_owned(),
        },
        Finding::StillHeld { reason } => format!("still held: {reason}"),
        Finding::Resumed => "the rollout goes on".to_owned(),
        Finding::RollingBack { cause } => rolling_back(moment, cause),
        Finding::Restored => "every gateway serves the baseline again".to_owned(),
        Finding::Promoted => format!("the candidate is the baseline now{}", evidence_of_safety(moment)),
        Finding::Refused { why } => format!("the order was not followed: {why}"),
    }
}

fn passed(moment: &Moment<'_>, step: usize) -> String {
    let what = match moment.plan.step(step - 1) {
        Some(Step::Smoke(smoke)) => {
            format!("{} smoke requests were answered as expected", smoke.requests.len())
        }
        Some(Step::Weight(weight)) => format!("the candidate serves {}", moment.plan.effective(*weight)),
        Some(Step::Analysis { min_samples }) => {
            let seen = moment.input.analysis.seen;
            format!(
                "nothing speaks against the candidate after {} outcomes against {} (at least {min_samples} fresh ones each)",
                seen.candidate, seen.baseline
            )
        }
        Some(Step::Pause { .. }) => "the pause is over".to_owned(),
        Some(Step::Bake(_)) | None => "the last watch is over".to_owned(),
    };
    format!("step {step} of {} is over: {what}", moment.plan.steps.len())
}

fn rolling_back(moment: &Moment<'_>, cause: &Cause) -> String {
    let numbers = match cause {
        Cause::Regression { metric } => numbers(moment, *metric),
        _ => None,
    };
    numbers.map_or_else(
        || format!("the baseline is being restored: {cause}"),
        |numbers| format!("the baseline is being restored: {numbers}"),
    )
}

fn numbers(moment: &Moment<'_>, metric: Metric) -> Option<String> {
    let mut failed = moment.input.analysis.guards.iter().filter(|judged| judged.verdict.is_fail());
    let judged = failed.find(|judged| judged.guard.metric == metric)?;
    Some(judged.sentence())
}

fn evidence_of_safety(moment: &Moment<'_>) -> String {
    let judged = &moment.input.analysis.guards;
    if judged.is_empty() {
        return ": no guard was armed".to_owned();
    }
    if moment.plan.bake().holdback == crate::weight::Weight::ZERO {
        return ": not compared during the last watch, because nothing was held back".to_owned();
    }
    let seen = moment.input.analysis.seen;
    format!(": {} outcomes against {} of the baseline", seen.candidate, seen.baseline)
}
