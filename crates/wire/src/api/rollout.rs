//! A rollout: where it stands, the plan it follows and the numbers it is judged by.

use super::forecast::RemainingBody;
use super::guard::GuardBody;
use super::moment::Moment;
use super::percentile::PercentileBody;
use super::phase::PhaseBody;
use super::report::ReportBody;
use super::step::{Reached, StepBody, share};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use viridian_core::rollout::plan::{Plan, Proposal};
use viridian_core::rollout::report::{Finding, Report};
use viridian_core::rollout::state::{Phase, State, Waiting};

/// A rollout in a list.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutSummary {
    /// Its name.
    pub name: String,
    /// The application that is to change.
    pub application: String,
    /// The release that is to serve.
    pub candidate: String,
    /// The release that served when it began, and serves again if it fails.
    pub baseline: String,
    /// What it does.
    pub phase: PhaseBody,
    /// Transitions so far; an order can be made conditional on it by `If-Match`.
    pub sequence: u64,
    /// The step it is at or stopped at, counted from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// How many steps there are.
    pub steps: usize,
    /// The candidate's share of the traffic now, in per cent.
    pub weight: f64,
    /// Why it is held, was rolled back or stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it waits for, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// What keeps the control plane from moving it forward, whatever the rollout itself waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The latest decision in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// When it was asked for.
    pub started_at: Moment,
    /// When it came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Moment>,
}

/// A rollout with its plan and its numbers.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutBody {
    /// Where it stands.
    #[serde(flatten)]
    pub summary: RolloutSummary,
    /// What it follows, step by step.
    pub plan: Vec<StepBody>,
    /// The guards that are armed throughout.
    pub guards: Vec<GuardBody>,
    /// The latest decision with its numbers; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportBody>,
    /// How long it will still take, while it goes on by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<RemainingBody>,
    /// The percentiles of the times that answers took so far, while it goes on; none for sticky units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub percentiles: Vec<PercentileBody>,
    /// Orders that it has not answered yet, in words, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending_orders: Vec<String>,
    /// What whoever starts it should know, a sentence each; only in the answer to the start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What is known of a rollout, as values of the core.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What was asked for.
    pub proposal: &'a Proposal,
    /// What it follows.
    pub plan: &'a Plan,
    /// Where it stands.
    pub state: &'a State,
    /// The latest decision.
    pub report: Option<&'a Report>,
    /// The release that served when it began.
    pub baseline: &'a str,
    /// The last step it was at, counted from zero; absent when it never began.
    pub last_step: Option<usize>,
    /// The rollout that has to end before this one begins.
    pub waits_for: Option<&'a str>,
    /// Why nothing can be written down now.
    pub trouble: Option<&'a str>,
    /// When it was asked for.
    pub started_at: Moment,
    /// When it came to its end.
    pub ended_at: Option<Moment>,
}

impl RolloutSummary {
    /// Where a rollout stands.
    pub fn new(facts: &Facts<'_>) -> Self {
        let state = facts.state;
        Self {
            name: facts.proposal.name.to_string(),
            application: facts.proposal.application.to_string(),
            candidate: facts.proposal.candidate.to_string(),
            baseline: facts.baseline.to_owned(),
            phase: PhaseBody::from(&state.phase),
            sequence: state.sequence,
            step: facts.step().map(|index| index + 1),
            steps: facts.plan.steps.len(),
            weight: share(state),
            reason: reason(&state.phase),
            waits_for: facts.waits_for_text(),
            trouble: facts.trouble.filter(|_| !state.is_end()).map(str::to_owned),
            sentence: facts.report.map(|report| report.sentence.clone()),
            started_at: facts.started_at,
            ended_at: facts.ended_at,
        }
    }
}

impl RolloutBody {
    /// A rollout with its plan and its numbers; what remains, and the percentiles, are not known here. `pending_orders` are words for orders it
    /// has not answered.
    pub fn new(facts: &Facts<'_>, pending_orders: Vec<String>) -> Self {
        Self {
            summary: RolloutSummary::new(facts),
            plan: StepBody::list(facts.plan, facts.reached()),
            guards: facts.plan.guards.iter().map(GuardBody::from).collect(),
            report: facts.report.map(ReportBody::from),
            remaining: None,
            percentiles: Vec::new(),
            pending_orders,
            warnings: Vec::new(),
        }
    }
}

impl Facts<'_> {
    fn step(&self) -> Option<usize> {
        self.state.position().map(|at| at.step).or(self.last_step)
    }

    fn reached(&self) -> Reached {
        match (&self.state.phase, self.step()) {
            (Phase::Promoted, _) => Reached::Everything,
            (_, None) => Reached::Nothing,
            (Phase::Progressing(_) | Phase::Baking(_) | Phase::Held { .. }, Some(step)) => Reached::At(step),
            (_, Some(step)) => Reached::Until(step),
        }
    }

    fn waits_for_text(&self) -> Option<String> {
        if let Some(other) = self.waits_for {
            return Some(format!("rollout {other} has to end first"));
        }
        match (&self.report?.finding, self.state.is_end()) {
            (Finding::Waiting { waiting: Waiting::Time { until } }, false) => {
                Some(format!("time has to pass, until {}", Moment(*until)))
            }
            (Finding::Waiting { waiting }, false) => Some(waiting.to_string()),
            (Finding::StillHeld { reason }, false) => Some(reason.to_string()),
            _ => None,
        }
    }
}

fn reason(phase: &Phase) -> Option<String> {
    match phase {
        Phase::Held { reason, .. } => Some(reason.to_string()),
        Phase::RollingBack { cause, .. } | Phase::RolledBack { cause } | Phase::Aborted { cause } => {
            Some(cause.to_string())
        }
        Phase::Superseded { by } => Some(format!("superseded by {by}")),
        Phase::Pending | Phase::Progressing(_) | Phase::Baking(_) | Phase::Promoted => None,
    }
}
