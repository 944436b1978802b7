//! What happens in the whole installation, as it happens.

use super::moment::Moment;
use super::phase::PhaseBody;
use super::report::ReportBody;
use super::step::share;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use viridian_core::rollout::report::Report;
use viridian_core::rollout::state::State;

/// Something that happened, the data of one event of the stream.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventBody {
    /// What kind of thing, which is also the event's type.
    pub kind: EventKind,
    /// When.
    pub at: Moment,
    /// The application it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// The release it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The rollout it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<String>,
    /// The experiment it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// What the rollout does from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<PhaseBody>,
    /// The candidate's share from then on, in per cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// What happened, in one sentence.
    pub sentence: String,
    /// The decision with its numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportBody>,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
pub enum EventKind {
    /// An application was applied, for the first time or with other content.
    #[serde(rename = "application.applied")]
    ApplicationApplied,
    /// An application got another baseline, or its first.
    #[serde(rename = "application.baseline")]
    ApplicationBaseline,
    /// A routing table was published that no transition asked for.
    #[serde(rename = "application.table")]
    ApplicationTable,
    /// A release was registered.
    #[serde(rename = "release.registered")]
    ReleaseRegistered,
    /// A release was rejected.
    #[serde(rename = "release.rejected")]
    ReleaseRejected,
    /// A rollout was asked for.
    #[serde(rename = "rollout.started")]
    RolloutStarted,
    /// A rollout was given an order.
    #[serde(rename = "rollout.ordered")]
    RolloutOrdered,
    /// A rollout came to another state, or answered an order where it stands.
    #[serde(rename = "rollout.moved")]
    RolloutMoved,
    /// An experiment was asked for.
    #[serde(rename = "experiment.started")]
    ExperimentStarted,
    /// An experiment was given an order.
    #[serde(rename = "experiment.ordered")]
    ExperimentOrdered,
    /// An experiment came to another state, or answered an order where it stands.
    #[serde(rename = "experiment.moved")]
    ExperimentMoved,
    /// A rollout was looked at and stays where it is. Not part of the log, so without a number; it is sent when the
    /// numbers change, at most once in a second.
    #[serde(rename = "rollout.report")]
    RolloutReport,
}

impl EventKind {
    /// The event's type, as in the stream.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ApplicationApplied => "application.applied",
            Self::ApplicationBaseline => "application.baseline",
            Self::ApplicationTable => "application.table",
            Self::ReleaseRegistered => "release.registered",
            Self::ReleaseRejected => "release.rejected",
            Self::RolloutStarted => "rollout.started",
            Self::RolloutOrdered => "rollout.ordered",
            Self::RolloutMoved => "rollout.moved",
            Self::ExperimentStarted => "experiment.started",
            Self::ExperimentOrdered => "experiment.ordered",
            Self::ExperimentMoved => "experiment.moved",
            Self::RolloutReport => "rollout.report",
        }
    }
}

impl EventBody {
    /// A rollout moved, with nothing said of which.
    pub fn moved(at: Moment, next: &State, report: &Report) -> Self {
        Self {
            phase: Some(PhaseBody::from(&next.phase)),
            weight: Some(share(next)),
            report: Some(ReportBody::from(report)),
            ..Self::new(EventKind::RolloutMoved, at, report.sentence.clone())
        }
    }

    /// Something that happened, with nothing said of whom.
    pub const fn new(kind: EventKind, at: Moment, sentence: String) -> Self {
        Self {
            kind,
            at,
            application: None,
            release: None,
            rollout: None,
            experiment: None,
            phase: None,
            weight: None,
            sentence,
            report: None,
        }
    }
}
