//! A strategy, compiled to one plan: an ordered list of primitive steps.
//!
//! Every plan ends with a bake, because only a release that served and was compared can be promoted, and whoever
//! sends it all traffic keeps a holdback on the baseline to compare with.

use crate::application::{Application, LocalGuard};
use crate::declared::Definition;
use crate::gauge::Gauge;
use crate::guard::{Guard, Unproven};
use crate::id::{ApplicationName, ReleaseName, RolloutName};
use crate::metric::Metric;
use crate::score;
use crate::weight::Weight;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The share kept on the baseline at full weight unless the rollout says otherwise: 2 %.
pub const DEFAULT_HOLDBACK: Weight = match Weight::from_basis_points(200) {
    Ok(weight) => weight,
    Err(_) => Weight::ZERO,
};
/// How long a release bakes unless the rollout says otherwise.
pub const DEFAULT_BAKE: Duration = Duration::from_secs(10 * 60);
/// How many fresh outcomes each arm needs unless the analysis says otherwise.
pub const DEFAULT_MIN_SAMPLES: u64 = 100;
/// How many answers of the candidate a gateway waits for before it counts unless the rollout says otherwise.
pub const DEFAULT_WARMUP: u32 = 10;
/// The most errors per request a step may risk unless the rollout says otherwise: 5 %.
pub const DEFAULT_RISK_BUDGET: Weight = match Weight::from_basis_points(500) {
    Ok(weight) => weight,
    Err(_) => Weight::ZERO,
};
/// How long a step may wait before the rollout is shown as held unless the rollout says otherwise.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long a rollout may be held for want of data before its policy applies unless the rollout says otherwise.
pub const DEFAULT_MAX_HOLD: Duration = Duration::from_secs(24 * 3_600);

/// What a person asks for: a candidate for an application, and how to get there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// The rollout's name.
    pub name: RolloutName,
    /// The application that is to change.
    pub application: ApplicationName,
    /// The release that is to serve.
    pub candidate: ReleaseName,
    /// How to get there.
    pub strategy: Strategy,
    /// Everything else that can be chosen.
    pub policy: Policy,
}

/// How to get there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Strategy {
    /// Step by step, as listed.
    Canary {
        /// The steps, in order.
        steps: Vec<Step>,
    },
    /// The idle environment is tried, then gets everything at once and keeps it if it holds.
    BlueGreen(BlueGreen),
}

/// A blue-green switch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlueGreen {
    /// Requests the idle environment has to answer before the switch.
    pub smoke: Smoke,
    /// A small share before the switch, judged like a canary's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<Weight>,
    /// How long the switch is watched.
    pub bake: Bake,
}

/// What a rollout may choose besides its steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// What a want of data leads to in the end.
    pub on_insufficient: OnInsufficient,
    /// How long the rollout may be held for want of data before that.
    pub max_hold: Duration,
    /// How long a step may wait before the rollout is shown as held.
    pub patience: Duration,
    /// The most errors per request a step may risk: next weight times the bound of harm stays below it.
    pub risk_budget: Weight,
    /// Answers of the candidate that a gateway waits for before it counts.
    pub warmup: u32,
    /// What happens to the release on a rollback.
    pub rejection: Rejection,
}

impl Policy {
    /// How long the rollout may be held for want of data before the baseline is restored; for ever when absent.
    pub fn longest_hold(&self) -> Option<Duration> {
        (self.on_insufficient == OnInsufficient::Rollback).then_some(self.max_hold)
    }

    /// How long it may be held because a guard has not shown the candidate safe; for ever when absent.
    pub fn longest_hold_for(&self, guard: &Guard) -> Option<Duration> {
        match guard.unproven {
            Unproven::AsRollout => self.longest_hold(),
            Unproven::Hold => None,
            Unproven::Rollback { after } => Some(after.unwrap_or(self.max_hold)),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            on_insufficient: OnInsufficient::Hold,
            max_hold: DEFAULT_MAX_HOLD,
            patience: DEFAULT_PATIENCE,
            risk_budget: DEFAULT_RISK_BUDGET,
            warmup: DEFAULT_WARMUP,
            rejection: Rejection::Reject,
        }
    }
}

/// What a want of data leads to in the end. There is no "pass".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnInsufficient {
    /// The rollout stays held.
    Hold,
    /// The baseline is restored.
    Rollback,
}

/// What happens to a release whose rollout was rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rejection {
    /// It is remembered as rejected; a new rollout of it has to say that it knows.
    Reject,
    /// It may be tried again.
    Keep,
}

/// One primitive step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Step {
    /// Requests the candidate has to answer before anyone else sends it one.
    Smoke(Smoke),
    /// The candidate's share, reached when every live gateway serves by it.
    Weight(Weight),
    /// Evidence has to be fresh and must not speak against the candidate.
    Analysis {
        /// Fresh outcomes each arm needs. The first plans that were stored have it in the other spelling.
        #[serde(alias = "min_samples")]
        min_samples: u64,
    },
    /// Time passes, or a person resumes.
    Pause {
        /// How long; for ever when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duration: Option<Duration>,
    },
    /// Everything but the holdback is served by the candidate, under watch, and the candidate has to be shown safe.
    Bake(Bake),
}

/// The last watch before promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bake {
    /// How long.
    pub duration: Duration,
    /// The share that stays on the baseline to compare with; with none, nothing is compared.
    pub holdback: Weight,
    /// Fresh outcomes each arm needs.
    pub min_samples: u64,
}

impl Default for Bake {
    fn default() -> Self {
        Self { duration: DEFAULT_BAKE, holdback: DEFAULT_HOLDBACK, min_samples: DEFAULT_MIN_SAMPLES }
    }
}

/// Requests that have to be answered as expected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Smoke {
    /// The requests; when there are none, the environment only has to accept connections.
    #[serde(default)]
    pub requests: Vec<SmokeRequest>,
}

/// One request and what its answer has to look like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SmokeRequest {
    /// The method.
    pub method: String,
    /// The path, below the environment's endpoint.
    pub path: String,
    /// The body, JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The status the answer has to have.
    pub status: u16,
    /// A text the answer has to contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
}

/// What a rollout follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The steps, in order; the last is always a bake.
    pub steps: Vec<Step>,
    /// The guards that are armed throughout.
    pub guards: Vec<Guard>,
    /// Everything else that was chosen.
    pub policy: Policy,
    /// The application's local guard, whose limit also holds where nothing is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_guard: Option<LocalGuard>,
    /// What sources outside are asked throughout.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gauges: Vec<Gauge>,
    /// What the application declared of what the guards watch, when the rollout began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Definition>,
    /// The scores that the guards watch, as the application meant them when the rollout began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<score::Definition>,
}

impl Plan {
    /// The plan of a proposal, with the guards and gauges the application has now and the meaning its metrics have.
    pub fn of(proposal: &Proposal, application: &Application) -> Self {
        let plan = Self::compile(&proposal.strategy, &application.guards, proposal.policy)
            .with_local_guard(application.local_guard);
        let watched: Vec<Metric> = plan.guards.iter().map(|guard| guard.metric).collect();
        let metrics = Metric::defined(application.metrics.iter(), &watched).cloned().collect();
        let scores = Metric::scored(application.scores.iter(), &watched).cloned().collect();
        Self { gauges: application.gauges.clone(), metrics, scores, ..plan }
    }

    /// Compiles a strategy.
    pub fn compile(strategy: &Strategy, guards: &[Guard], policy: Policy) -> Self {
        let mut steps = match strategy {
            Strategy::Canary { steps } => steps.clone(),
            Strategy::BlueGreen(blue_green) => blue_green.steps(),
        };
        if !matches!(steps.last(), Some(Step::Bake(_))) {
            steps.push(Step::Bake(Bake::default()));
        }
        Self {
            steps,
            guards: guards.to_vec(),
            policy,
            local_guard: None,
            gauges: Vec::new(),
            metrics: Vec::new(),
            scores: Vec::new(),
        }
    }

    /// The same, with the application's local guard.
    #[must_use]
    pub fn with_local_guard(self, local_guard: Option<LocalGuard>) -> Self {
        Self { local_guard, ..self }
    }

    /// The step at a position; the last one beyond the end.
    pub fn step(&self, index: usize) -> Option<&Step> {
        self.steps.get(index).or_else(|| self.steps.last())
    }

    /// The last watch.
    pub fn bake(&self) -> Bake {
        match self.steps.last() {
            Some(Step::Bake(bake)) => *bake,
            _ => Bake::default(),
        }
    }

    /// The share a weight step really gives the candidate: full weight keeps the holdback on the baseline.
    pub fn effective(&self, weight: Weight) -> Weight {
        weight.min(self.bake().holdback.complement())
    }

    /// The next share the plan gives the candidate after a step.
    pub fn next_weight(&self, after: usize) -> Weight {
        let coming = self.steps.iter().skip(after + 1).find_map(|step| match step {
            Step::Weight(weight) => Some(*weight),
            Step::Bake(_) => Some(Weight::FULL),
            _ => None,
        });
        self.effective(coming.unwrap_or(Weight::FULL))
    }
}

impl BlueGreen {
    fn steps(&self) -> Vec<Step> {
        let mut steps = vec![Step::Smoke(self.smoke.clone())];
        if let Some(trial) = self.trial {
            steps.push(Step::Weight(trial));
            steps.push(Step::Analysis { min_samples: self.bake.min_samples });
        }
        steps.push(Step::Bake(self.bake));
        steps
    }
}
