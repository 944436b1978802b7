//! What can happen: the events of the log, one stream per application, release and rollout. Their stored form is the
//! JSON of these types, so a fact only ever gains fields that may be absent.

use crate::id::CommandId;
use serde::{Deserialize, Serialize};
use std::fmt;
use viridian_core::application::Application;
use viridian_core::experiment;
use viridian_core::experiment::definition::Experiment;
use viridian_core::experiment::step;
use viridian_core::id::{ApplicationName, EpochId, ExperimentName, Generation, ReleaseName, RolloutName};
use viridian_core::release::Release;
use viridian_core::rollout::command::Command;
use viridian_core::rollout::effect::Effect;
use viridian_core::rollout::plan::{Plan, Proposal};
use viridian_core::rollout::report::Report;
use viridian_core::rollout::state::State;
use viridian_core::routing::layer::Part;
use viridian_core::time::Timestamp;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its place in the whole log. It only rises, with gaps.
    pub seq: u64,
    /// What it happened to.
    pub stream: Stream,
    /// Its place in the stream, counted from one without gaps.
    pub stream_seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub fact: Fact,
}

/// What events happen to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Stream {
    /// An application.
    Application(ApplicationName),
    /// A release.
    Release(ReleaseName),
    /// A rollout.
    Rollout(RolloutName),
    /// An experiment.
    Experiment(ExperimentName),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Fact {
    /// An application was applied, for the first time or with other content.
    Applied(Application),
    /// An application got its first baseline.
    BaselineSet {
        /// The release.
        release: ReleaseName,
    },
    /// A promotion gave an application another baseline.
    BaselineMoved {
        /// The release.
        release: ReleaseName,
        /// The rollout that was promoted.
        rollout: RolloutName,
    },
    /// A routing table was published that no transition asked for.
    TablePublished {
        /// Its number.
        generation: Generation,
        /// The span it began or went on with.
        epoch: EpochId,
        /// Why, for people.
        because: String,
    },
    /// A release was registered.
    Registered(Release),
    /// A release was rejected.
    Rejected {
        /// The rollout that found out.
        rollout: RolloutName,
        /// What it found, for people.
        because: String,
    },
    /// A rollout was asked for.
    Started {
        /// What was asked for.
        proposal: Proposal,
        /// What it follows.
        plan: Plan,
        /// The rollout that has to end first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waits_for: Option<RolloutName>,
    },
    /// A rollout was given an order.
    Ordered {
        /// The order's number.
        id: CommandId,
        /// The order.
        command: Command,
    },
    /// A rollout came to another state, or answered an order where it stands.
    Moved(Box<Move>),
    /// An experiment was asked for.
    ExperimentStarted {
        /// What was asked for.
        experiment: Experiment,
        /// Its part of its layer.
        part: Part,
    },
    /// An experiment was given an order.
    ExperimentOrdered {
        /// The order's number.
        id: CommandId,
        /// The order.
        order: step::Order,
        /// Who gave it.
        by: String,
    },
    /// An experiment came to another state, or answered an order where it stands.
    ExperimentMoved(Box<ExperimentMove>),
}

/// A transition of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExperimentMove {
    /// Where it stands now.
    pub next: step::State,
    /// Why.
    pub report: experiment::report::Report,
    /// The order that was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<CommandId>,
    /// The number of the routing table that was published with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
    /// The span that began with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<EpochId>,
}

/// A transition of a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// Where it stands now.
    pub next: State,
    /// Why.
    pub report: Report,
    /// What was asked of the world.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// The orders that were answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answered: Vec<CommandId>,
    /// The number of the routing table that was published with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
    /// The span that began with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<EpochId>,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application(name) => write!(f, "application/{name}"),
            Self::Release(name) => write!(f, "release/{name}"),
            Self::Rollout(name) => write!(f, "rollout/{name}"),
            Self::Experiment(name) => write!(f, "experiment/{name}"),
        }
    }
}

impl Stream {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('/')?;
        match kind {
            "application" => ApplicationName::parse(name).ok().map(Self::Application),
            "release" => ReleaseName::parse(name).ok().map(Self::Release),
            "rollout" => RolloutName::parse(name).ok().map(Self::Rollout),
            "experiment" => ExperimentName::parse(name).ok().map(Self::Experiment),
            _ => None,
        }
    }
}
