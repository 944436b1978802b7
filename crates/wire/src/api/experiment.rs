//! An experiment: where it stands and what it says so far; stopping one, and releasing its winner.

use super::day::DayBody;
use super::gain::GainBody;
use super::guard::CountsBody;
use super::interaction::InteractionBody;
use super::moment::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use viridian_core::experiment::definition::{Aim, Allocation, Arm, Decider, Experiment};
use viridian_core::experiment::step::{End, Order, Phase, State};
use viridian_core::experiment::verdict::{Analysis, Standing};
use viridian_core::routing::shares::Shares;
use viridian_core::weight::Weight;

/// An experiment: where it stands and what it says so far.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExperimentBody {
    /// Its name.
    pub name: String,
    /// The applications that take part.
    pub applications: Vec<String>,
    /// Experiments of one layer exclude one another.
    pub layer: String,
    /// The part of the layer's units it takes, in per cent.
    pub traffic: f64,
    /// What keeps a caller on one arm.
    pub unit: String,
    /// What it is about, in words.
    pub aim: String,
    /// That traffic follows the arm that does best; absent where every arm keeps the share it was defined with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandit: Option<BanditBody>,
    /// What it does.
    pub phase: ExperimentPhase,
    /// The arm that is to be released; once it has ended with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<String>,
    /// The arms, the control first.
    pub arms: Vec<ExperimentArmBody>,
    /// What it says so far, in one sentence; absent before it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// What else is worth knowing, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What experiments elsewhere, which draw the same kind of unit, change of what its arms do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interactions: Vec<InteractionBody>,
    /// What the arms did day by day, oldest first; absent before the first day tells something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<DayBody>,
    /// Why it stands where it stands, a sentence each; absent before its first transition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
    /// What whoever starts it should know, a sentence each; only in the answer to the start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// When it was asked for.
    pub started_at: Moment,
    /// When it came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Moment>,
}

/// What an experiment does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
pub enum ExperimentPhase {
    /// Every arm is served by the control.
    LeadIn,
    /// Every arm is served by its own releases, but those that were stopped.
    Running,
    /// It ended with an arm that is to be released.
    Won,
    /// It ended: no arm is better by what matters.
    NoDifference,
    /// It ended: every arm but the control was stopped.
    NoArmLeft,
    /// It ended: its longest duration was over.
    OutOfTime,
    /// It ended: a person stopped it.
    Stopped,
}

/// How traffic follows the arm that does best.
#[derive(Debug, Clone, Copy, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BanditBody {
    /// What every arm that is not stopped keeps of what the arms share, in per cent.
    pub floor: f64,
}

/// One arm of an experiment.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExperimentArmBody {
    /// Its name.
    pub name: String,
    /// What serves it, by application.
    pub releases: BTreeMap<String, String>,
    /// Its part of the experiment's units as it was defined, in per cent.
    pub share: f64,
    /// Its part at this moment, in per cent: another than it was defined with where traffic follows the arm that does best, and none
    /// once it is stopped. Absent before the first units are drawn and once the experiment has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_share: Option<f64>,
    /// Whether it gets no more traffic.
    pub stopped: bool,
    /// About how many units it served; absent when requests are drawn by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u64>,
    /// What it came to by the aim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<CountsBody>,
    /// How much better it does than the control; absent for the control, and while it cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<GainBody>,
    /// What is believed of it and the control; absent for the control, and while its numbers cannot be trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_only: Option<ShownOnlyBody>,
}

/// What is believed of an arm and the control when nothing was known before. For display only: looked at often enough, a chance of
/// 95 % comes by itself, so that no verdict rests on it.
#[derive(Debug, Clone, Copy, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownOnlyBody {
    /// The chance that the arm does better than the control, from 0 to 1.
    pub chance_to_beat_control: f64,
    /// What is lost on average by choosing the arm, nothing where it is better; on the scale of `gain`.
    pub expected_loss: f64,
}

/// What is known of an experiment beside what was asked for.
#[derive(Debug, Clone, Copy)]
pub struct ExperimentFacts<'a> {
    /// Where it stands.
    pub state: &'a State,
    /// What it says so far.
    pub analysis: Option<&'a Analysis>,
    /// The shares that units are drawn by now, where any are.
    pub shares: Option<&'a Shares>,
    /// Why it stands there.
    pub because: &'a [String],
    /// When it came to its end.
    pub ended_at: Option<Moment>,
}

/// An experiment to start.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExperimentRequest {
    /// The text of one manifest of kind `Experiment`, YAML or JSON.
    pub manifest: String,
}

/// How an experiment is stopped: as a whole, one arm of it, or with a winner that a person names.
#[derive(Debug, Clone, PartialEq, Eq, Default, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StopRequest {
    /// Who stops it; `api` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Only this arm gets no more traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<String>,
    /// It ends with this arm as the winner, whatever the verdict is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<String>,
}

/// An order that was taken. The experiment answers it in its next transition.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopReceipt {
    /// The order's number.
    pub id: u64,
    /// The experiment it was given.
    pub experiment: String,
    /// The order in words.
    pub order: String,
}

impl ExperimentPhase {
    /// Whether it has ended.
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::LeadIn | Self::Running)
    }
}

impl From<&Phase> for ExperimentPhase {
    fn from(phase: &Phase) -> Self {
        match phase {
            Phase::LeadIn => Self::LeadIn,
            Phase::Running { .. } => Self::Running,
            Phase::Ended(End::Winner { .. }) => Self::Won,
            Phase::Ended(End::NoDifference) => Self::NoDifference,
            Phase::Ended(End::NoArmLeft) => Self::NoArmLeft,
            Phase::Ended(End::OutOfTime) => Self::OutOfTime,
            Phase::Ended(End::Stopped) => Self::Stopped,
        }
    }
}

impl ExperimentBody {
    /// An experiment as it stands.
    pub fn new(experiment: &Experiment, facts: ExperimentFacts<'_>) -> Self {
        let ExperimentFacts { state, analysis, shares, because, ended_at } = facts;
        let stopped: &[usize] = match &state.phase {
            Phase::Running { stopped } => stopped,
            Phase::LeadIn | Phase::Ended(_) => &[],
        };
        let arms = experiment.arms.all().iter().enumerate().map(|(place, arm)| {
            let standing = analysis.and_then(|analysis| analysis.arms.get(place));
            let is_stopped = stopped.contains(&place) || standing.is_some_and(|standing| standing.is_stopped);
            let current_share = shares.map(|shares| per_cent(shares.of(place)));
            ExperimentArmBody {
                current_share,
                ..ExperimentArmBody::new(arm, &experiment.aim, is_stopped, standing)
            }
        });
        let aim = &experiment.aim;
        Self {
            name: experiment.name.to_string(),
            applications: experiment.arms.applications().map(ToString::to_string).collect(),
            layer: experiment.layer.to_string(),
            traffic: per_cent(experiment.traffic),
            unit: experiment.unit.to_string(),
            aim: format!("{} of {} by {}", aim.metric, aim.application, aim.minimum_effect),
            bandit: BanditBody::of(experiment.allocation),
            phase: (&state.phase).into(),
            winner: match state.phase {
                Phase::Ended(End::Winner { arm, by: Decider::ByRule | Decider::ByPerson }) => {
                    experiment.arms.all().get(arm).map(|arm| arm.name.to_string())
                }
                _ => None,
            },
            arms: arms.collect(),
            verdict: analysis.map(|analysis| analysis.sentence(experiment)),
            notes: analysis.map(|analysis| analysis.notes(experiment)).unwrap_or_default(),
            interactions: analysis
                .into_iter()
                .flat_map(|analysis| &analysis.interactions)
                .map(|interaction| InteractionBody::new(experiment, interaction))
                .collect(),
            days: analysis
                .into_iter()
                .flat_map(|analysis| &analysis.days)
                .map(|day| DayBody::new(experiment, day))
                .collect(),
            because: because.to_vec(),
            warnings: Vec::new(),
            started_at: state.started_at.into(),
            ended_at,
        }
    }
}

impl BanditBody {
    fn of(allocation: Allocation) -> Option<Self> {
        match allocation {
            Allocation::Fixed => None,
            Allocation::Bandit { floor } => Some(Self { floor: per_cent(floor) }),
        }
    }
}

impl ExperimentArmBody {
    fn new(arm: &Arm, aim: &Aim, stopped: bool, standing: Option<&Standing>) -> Self {
        Self {
            name: arm.name.to_string(),
            releases: arm
                .releases
                .iter()
                .map(|(name, release)| (name.to_string(), release.to_string()))
                .collect(),
            share: per_cent(arm.share),
            current_share: None,
            stopped,
            units: standing.map(|standing| standing.units).filter(|units| *units > 0),
            counts: standing.map(|standing| CountsBody::of(aim.metric, standing.counts)),
            gain: standing.and_then(|standing| standing.gain).map(|gain| GainBody {
                scale: aim.minimum_effect.into(),
                estimate: gain.estimate,
                lower: gain.lower,
                upper: gain.upper,
            }),
            shown_only: standing
                .and_then(|standing| standing.card)
                .map(|card| ShownOnlyBody { chance_to_beat_control: card.chance, expected_loss: card.loss }),
        }
    }
}

impl StopReceipt {
    /// An order that was taken.
    pub fn new(id: u64, experiment: &Experiment, (order, by): (Order, &str)) -> Self {
        let name = |arm: usize| experiment.arms.all().get(arm).map_or("?", |arm| arm.name.as_str());
        let order = match order {
            Order::Stop => format!("stop, ordered by {by}"),
            Order::StopArm { arm } => format!("stop '{}', ordered by {by}", name(arm)),
            Order::Name { arm } => format!("end with the winner '{}', ordered by {by}", name(arm)),
        };
        Self { id, experiment: experiment.name.to_string(), order }
    }
}

fn per_cent(share: Weight) -> f64 {
    f64::from(share.basis_points()) / 100.0
}
