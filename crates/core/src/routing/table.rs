//! The routing table of one application: the immutable answer to "who serves whom". It is computed by
//! [`build`](super::build) and nobody edits it; its generation only rises.

use super::layer::Part;
use super::shares::Shares;
use crate::application::{LocalGuard, Pin, Protocol, Timeouts, Unit};
pub use crate::arm::Arm;
use crate::declared::{Asks, Definition};
use crate::environment::{Endpoint, SecretReference};
use crate::epoch::{Stage, Thresholds};
use crate::id::{
    ApplicationName, ArmName, EnvironmentName, EpochId, ExperimentName, Generation, LayerName, ReleaseName,
    RolloutName, Term,
};
use crate::metric::{Metric, Witness};
use crate::opinion::Opinions;
use crate::release::{Digest, Model, Parameters, Prices};
use crate::score;
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
    /// What is found of outcomes by expressions of the application's own, for the guards that ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Definition>,
    /// What scores answers may be given: those of the application now, then those that a rollout under way began with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<score::Definition>,
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
    /// The experiment that is running, if one is; never beside a rollout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<Running>,
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
    /// Its text and the names of the functions it calls, for expressions.
    #[serde(skip_serializing_if = "is_not")]
    pub text: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature the serializer asks for")]
const fn is_not(asked: &bool) -> bool {
    !*asked
}

impl Reads {
    /// What these metrics ask for, of answers that can be read.
    pub fn of(metrics: &[Metric], protocol: Protocol) -> Self {
        if protocol != Protocol::OpenAi {
            return Self::default();
        }
        let asks = |is: &dyn Fn(Metric) -> bool| metrics.iter().any(|metric| is(*metric));
        Self {
            answers: asks(&|metric| metric.witness() == Witness::Contents),
            output: asks(&|metric| matches!(metric, Metric::InvalidOutput | Metric::CostPerSuccess)),
            tool_calls: asks(&|metric| matches!(metric, Metric::InvalidToolCalls | Metric::CostPerSuccess)),
            text: asks(
                &|metric| matches!(metric, Metric::Declared(declared) if declared.asks() == Asks::Text),
            ),
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
    /// How many answers of the candidate a gateway waits for before it counts either arm's outcomes.
    pub warmup: u32,
    /// What the gateway may decide on its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_guard: Option<LocalGuard>,
}

/// The arms of an experiment beside the baseline, which is its control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Running {
    /// The experiment it belongs to.
    pub experiment: ExperimentName,
    /// The layer whose units it shares with others.
    pub layer: LayerName,
    /// Its part of them.
    pub part: Part,
    /// The secret key of the draws of the layer.
    pub salt: Salt,
    /// Who gets how much, the control first.
    pub shares: Shares,
    /// What the arms are served by.
    pub stage: Stage,
    /// What the control is called.
    pub control: ArmName,
    /// The other arms, in their order.
    pub treatments: Vec<ArmPlacement>,
    /// The experiments that run elsewhere meanwhile and draw the same kind of unit, if any do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<Company>,
}

/// The companions of the experiment that a table conducts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Company {
    /// How each draws, in the places they have during the span.
    pub draws: Vec<DrawnElsewhere>,
    /// What is counted by cell.
    pub metrics: Vec<Metric>,
}

/// How a companion draws.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DrawnElsewhere {
    /// The experiment.
    pub experiment: ExperimentName,
    /// Its layer.
    pub layer: LayerName,
    /// Its part of the layer.
    pub part: Part,
    /// The secret key of the draws of the layer.
    pub salt: Salt,
    /// Who gets how much, the control first.
    pub shares: Shares,
    /// Units that an application that takes part serves by a pin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<String>,
}

/// An arm of an experiment and what serves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArmPlacement {
    /// What the arm is called.
    pub name: ArmName,
    /// What serves it once the lead-in is over.
    pub placement: Placement,
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
    /// The placement of an arm; the baseline when there is no such arm, and for every arm of an experiment that leads in.
    pub fn placement(&self, arm: Arm) -> &Placement {
        match (arm, &self.comparison, &self.experiment) {
            (Arm::Candidate, Some(comparison), _) => &comparison.candidate,
            (Arm::Treatment(treatment), _, Some(running)) if running.stage == Stage::Running => running
                .treatments
                .get(treatment.number() - 1)
                .map_or(&self.baseline, |treatment| &treatment.placement),
            _ => &self.baseline,
        }
    }

    /// Whether a table in place of this one sends requests where this one sends none, or more of them. What does not is
    /// on the way to the baseline, or leaves everything where it is.
    pub fn moves_traffic(&self, next: &Self) -> bool {
        if self.baseline != next.baseline {
            return true;
        }
        if next.experiment.as_ref().is_some_and(|running| running.moves_traffic(self.experiment.as_ref())) {
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

    /// The share of all units that is served by what is on trial: a candidate, or arms of an experiment beside its control.
    pub fn trial_weight(&self) -> Weight {
        self.experiment.as_ref().map_or_else(|| self.candidate_weight(), Running::weight)
    }

    /// The candidate's share, zero without a rollout.
    pub fn candidate_weight(&self) -> Weight {
        self.comparison.as_ref().map_or(Weight::ZERO, |comparison| comparison.split.candidate())
    }
}

impl Running {
    /// The share of all units that releases other than the control's serve, rounded up.
    fn weight(&self) -> Weight {
        if self.stage == Stage::LeadIn {
            return Weight::ZERO;
        }
        let arms: u32 = self.shares.of_arms().skip(1).map(|share| u32::from(share.basis_points())).sum();
        let of_all = (arms * u32::from(self.part.width.basis_points()))
            .div_ceil(u32::from(Weight::FULL.basis_points()));
        u16::try_from(of_all)
            .ok()
            .and_then(|share| Weight::from_basis_points(share).ok())
            .unwrap_or(Weight::FULL)
    }

    /// Whether it sends arms requests where the one before sends them none, or more of them.
    fn moves_traffic(&self, before: Option<&Self>) -> bool {
        let is_same = |before: &&Self| {
            (&before.experiment, before.salt, before.part) == (&self.experiment, self.salt, self.part)
                && before.treatments == self.treatments
        };
        let Some(before) = before.filter(is_same) else { return true };
        let raises = |(now, before): (Weight, Weight)| now > before;
        // The first is the control's, which serves anyway.
        before.stage != self.stage || self.shares.of_arms().zip(before.shares.of_arms()).skip(1).any(raises)
    }
}
