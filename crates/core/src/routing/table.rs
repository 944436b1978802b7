//! The routing table of one application: the immutable answer to "who serves whom". It is computed by
//! [`build`](super::build) and nobody edits it; its generation only rises.

use crate::application::{LocalGuard, Pin, Protocol, Timeouts, Unit};
pub use crate::arm::Arm;
use crate::environment::{Endpoint, SecretReference};
use crate::epoch::Thresholds;
use crate::guard::Guard;
use crate::id::{ApplicationName, EnvironmentName, EpochId, Generation, ReleaseName, RolloutName, Term};
use crate::metric::{Metric, Witness};
use crate::opinion::Opinions;
use crate::release::{Digest, Model, Parameters, Prices};
use crate::slice::Slicing;
use crate::weight::{Split, Weight};
use serde::{Deserialize, Serialize};

/// Everything a gateway needs to serve one application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutingTable {
    /// Whose requests it routes.
    pub application: ApplicationName,
    /// Its number; a gateway refuses a lower one.
    pub generation: Generation,
    /// The controller that published it; a gateway refuses a lower one.
    pub term: Term,
    /// What callers speak.
    pub protocol: Protocol,
    /// What keeps a caller on one arm.
    pub unit: Unit,
    /// Paths the `http` protocol passes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_paths: Vec<String>,
    /// Units that are always served by one arm.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<Pin>,
    /// How long a request may take.
    pub timeouts: Timeouts,
    /// The span its outcomes are counted in.
    pub epoch: EpochId,
    /// The thresholds slow answers are counted against during the span.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// What is read in answers, for the guards that ask.
    #[serde(default, skip_serializing_if = "Reads::is_nothing")]
    pub reads: Reads,
    /// What callers may say of answers.
    #[serde(default, skip_serializing_if = "Opinions::is_usual")]
    pub feedback: Opinions,
    /// What is counted by slice, while two arms are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slicing: Option<Slicing>,
    /// What serves when nothing else is decided.
    pub baseline: Placement,
    /// The rollout that is running, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
}

/// What gateways read in answers. Nothing is read that no guard asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reads {
    /// What an answer says at all, how it ended and what it used.
    pub answers: bool,
    /// Its text, held against the form that its request declared.
    pub output: bool,
    /// Its calls of functions, held against those that its request declared.
    pub tool_calls: bool,
}

impl Reads {
    /// What these guards ask for, of answers that can be read.
    pub fn of(guards: &[Guard], protocol: Protocol) -> Self {
        if protocol != Protocol::OpenAi {
            return Self::default();
        }
        let asks = |is: &dyn Fn(Metric) -> bool| guards.iter().any(|guard| is(guard.metric));
        Self {
            answers: asks(&|metric| metric.witness() == Witness::Contents),
            output: asks(&|metric| matches!(metric, Metric::InvalidOutput | Metric::CostPerSuccess)),
            tool_calls: asks(&|metric| matches!(metric, Metric::InvalidToolCalls | Metric::CostPerSuccess)),
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature the serializer asks for")]
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// A release in an environment, with what the gateway needs to apply it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// The release.
    pub release: ReleaseName,
    /// Its version, shown to callers.
    pub version: String,
    /// Its content digest.
    pub digest: Digest,
    /// Where it runs.
    pub environment: EnvironmentName,
    /// The base URLs of the environment, at least one.
    pub endpoints: Vec<Endpoint>,
    /// The bearer token the upstream asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<SecretReference>,
    /// The model to ask the upstream for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// The parameters to set.
    #[serde(default, skip_serializing_if = "Parameters::is_empty")]
    pub parameters: Parameters,
    /// What its answers cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
}

/// A candidate beside the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The rollout it belongs to.
    pub rollout: RolloutName,
    /// The release on trial.
    pub candidate: Placement,
    /// Who gets how much.
    pub split: Split,
    /// The secret key of the draw, new in each rollout.
    pub salt: Salt,
    /// How many requests a gateway sends the candidate before it counts either arm's outcomes.
    pub warmup: u32,
    /// What the gateway may decide on its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_guard: Option<LocalGuard>,
}

/// The secret key of a draw. It does not print.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Salt(pub [u8; 16]);

impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt(..)")
    }
}

impl RoutingTable {
    /// The placement of an arm; the baseline when there is no candidate.
    pub fn placement(&self, arm: Arm) -> &Placement {
        match (arm, &self.comparison) {
            (Arm::Candidate, Some(comparison)) => &comparison.candidate,
            _ => &self.baseline,
        }
    }

    /// Whether a table in place of this one sends requests where this one sends none, or more of them. What does not is
    /// on the way to the baseline, or leaves everything where it is.
    pub fn moves_traffic(&self, next: &Self) -> bool {
        if self.baseline != next.baseline {
            return true;
        }
        let Some(comparison) = &next.comparison else { return false };
        let pinned = |table: &Self, unit: &str| {
            table.pins.iter().any(|pin| pin.arm == Arm::Candidate && pin.unit == unit)
        };
        let Some(before) = self.comparison.as_ref().filter(|before| before.candidate == comparison.candidate)
        else {
            let is_given_any = next.candidate_weight() > Weight::ZERO;
            return is_given_any || next.pins.iter().any(|pin| pin.arm == Arm::Candidate);
        };
        let draws_others = before.salt != comparison.salt || self.unit != next.unit;
        let raises = next.candidate_weight() > self.candidate_weight()
            || (draws_others && next.candidate_weight() > Weight::ZERO);
        raises || next.pins.iter().any(|pin| pin.arm == Arm::Candidate && !pinned(self, &pin.unit))
    }

    /// The candidate's share, zero without a rollout.
    pub fn candidate_weight(&self) -> Weight {
        self.comparison.as_ref().map_or(Weight::ZERO, |comparison| comparison.split.candidate())
    }
}
