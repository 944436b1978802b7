//! The steps of a plan and how far the rollout has come.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use viridian_core::rollout::plan::{Plan, Step};
use viridian_core::rollout::state::State;
use viridian_core::weight::Weight;

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepBody {
    /// Its place, counted from one.
    pub number: usize,
    /// What it does.
    pub kind: StepKind,
    /// What it does, in a few words.
    pub title: String,
    /// How far it has come.
    pub status: StepStatus,
    /// The candidate's share during the step, in per cent.
    pub weight: f64,
    /// Fresh outcomes each arm needs, for steps that judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_samples: Option<u64>,
    /// How long it lasts, for steps that do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<f64>,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StepKind {
    /// The candidate answers a few requests before anyone else sends it one.
    Smoke,
    /// The candidate gets another share.
    Weight,
    /// Evidence has to be fresh and must not speak against the candidate.
    Analysis,
    /// Time passes, or a person resumes.
    Pause,
    /// The candidate serves everything but the holdback, under watch.
    Bake,
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StepStatus {
    /// It is over.
    Passed,
    /// The rollout is there.
    Current,
    /// The rollout was there when it ended or was rolled back.
    Stopped,
    /// It has not been reached.
    Coming,
}

/// How far a rollout came in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// It has not begun.
    Nothing,
    /// It is at this step, counted from zero.
    At(usize),
    /// It left its plan at this step, counted from zero.
    Until(usize),
    /// It came to the end of its plan.
    Everything,
}

impl StepBody {
    /// The steps of a plan, in order.
    pub fn list(plan: &Plan, reached: Reached) -> Vec<Self> {
        let mut weight = Weight::ZERO;
        let mut steps = Vec::new();
        for (index, step) in plan.steps.iter().enumerate() {
            weight = match step {
                Step::Weight(next) => plan.effective(*next),
                Step::Bake(_) => plan.effective(Weight::FULL),
                Step::Smoke(_) | Step::Analysis { .. } | Step::Pause { .. } => weight,
            };
            steps.push(Self::new(step, index, weight, reached.status(index)));
        }
        steps
    }

    fn new(step: &Step, index: usize, weight: Weight, status: StepStatus) -> Self {
        let (kind, min_samples, duration) = match step {
            Step::Smoke(_) => (StepKind::Smoke, None, None),
            Step::Weight(_) => (StepKind::Weight, None, None),
            Step::Analysis { min_samples } => (StepKind::Analysis, Some(*min_samples), None),
            Step::Pause { duration } => (StepKind::Pause, None, *duration),
            Step::Bake(bake) => (StepKind::Bake, Some(bake.min_samples), Some(bake.duration)),
        };
        Self {
            number: index + 1,
            kind,
            title: title(step, weight),
            status,
            weight: percent(weight),
            min_samples,
            duration_seconds: duration.map(|duration| duration.as_secs_f64()),
        }
    }
}

impl Reached {
    const fn status(self, index: usize) -> StepStatus {
        let (here, status) = match self {
            Self::Nothing => return StepStatus::Coming,
            Self::Everything => return StepStatus::Passed,
            Self::At(here) => (here, StepStatus::Current),
            Self::Until(here) => (here, StepStatus::Stopped),
        };
        if index < here {
            StepStatus::Passed
        } else if index == here {
            status
        } else {
            StepStatus::Coming
        }
    }
}

/// The candidate's share in a state, in per cent: everything once it is promoted.
pub(super) fn share(state: &State) -> f64 {
    if state.is_promoted() { 100.0 } else { percent(state.weight()) }
}

/// A share in per cent.
pub(super) fn percent(weight: Weight) -> f64 {
    f64::from(weight.basis_points()) / 100.0
}

fn title(step: &Step, weight: Weight) -> String {
    match step {
        Step::Smoke(smoke) if smoke.requests.is_empty() => "smoke: the environment answers".to_owned(),
        Step::Smoke(smoke) if smoke.requests.len() == 1 => {
            "smoke: one request is answered as expected".to_owned()
        }
        Step::Smoke(smoke) => format!("smoke: {} requests are answered as expected", smoke.requests.len()),
        Step::Weight(_) => format!("weight {weight}"),
        Step::Analysis { min_samples } => format!("analysis, {min_samples} outcomes per arm"),
        Step::Pause { duration: Some(duration) } => format!("pause for {}", span(*duration)),
        Step::Pause { duration: None } => "pause until resumed".to_owned(),
        Step::Bake(bake) if bake.holdback == Weight::ZERO => {
            format!("bake at {weight} for {}, not compared", span(bake.duration))
        }
        Step::Bake(bake) => {
            format!("bake at {weight} for {}, {} stays on the baseline", span(bake.duration), bake.holdback)
        }
    }
}

/// A span of time in its largest whole units, such as `1h30m`.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 3_600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let text: String =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if text.is_empty() { format!("{}ms", duration.as_millis()) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_in_whole_units() {
        let check = |millis, text: &str| assert_eq!(span(Duration::from_millis(millis)), text);
        check(0, "0ms");
        check(250, "250ms");
        check(5_000, "5s");
        check(90_000, "1m30s");
        check(86_400_000, "24h");
    }

    #[test]
    fn a_rollout_that_stopped_has_passed_what_came_before() {
        use StepStatus::{Coming, Current, Passed, Stopped};
        let check = |reached: Reached, expected: [StepStatus; 3]| {
            assert_eq!([0, 1, 2].map(|index| reached.status(index)), expected);
        };
        check(Reached::Nothing, [Coming; 3]);
        check(Reached::At(1), [Passed, Current, Coming]);
        check(Reached::Until(1), [Passed, Stopped, Coming]);
        check(Reached::Everything, [Passed; 3]);
    }
}
