//! What happened to a rollout, oldest first.

use super::moment::Moment;
use super::order::InWords;
use super::phase::PhaseBody;
use super::report::ReportBody;
use super::step::share;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use viridian_core::rollout::command::Command;
use viridian_core::rollout::plan::Proposal;
use viridian_core::rollout::report::Report;
use viridian_core::rollout::state::State;

/// What happened to a rollout, oldest first.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// The rollout.
    pub rollout: String,
    /// What happened.
    pub entries: Vec<Entry>,
    /// Where it goes on: what to give as `after`. Absent at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One thing that happened to a rollout.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its place in the whole log.
    pub seq: u64,
    /// When.
    pub at: Moment,
    /// What kind of thing.
    pub kind: EntryKind,
    /// What the rollout did from then on, when it moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<PhaseBody>,
    /// The candidate's share from then on in per cent, when it moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// What happened, in one sentence.
    pub sentence: String,
    /// The decision with its numbers, when it moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportBody>,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntryKind {
    /// It was asked for.
    Started,
    /// It was given an order.
    Ordered,
    /// It came to another state, or answered an order where it stands.
    Moved,
}

impl Entry {
    /// The rollout was asked for.
    pub fn started(seq: u64, at: Moment, proposal: &Proposal) -> Self {
        let (application, candidate) = (&proposal.application, &proposal.candidate);
        Self {
            seq,
            at,
            kind: EntryKind::Started,
            phase: None,
            weight: None,
            sentence: format!("asked to move {application} to {candidate}"),
            report: None,
        }
    }

    /// The rollout was given an order.
    pub fn ordered(seq: u64, at: Moment, command: &Command) -> Self {
        Self {
            seq,
            at,
            kind: EntryKind::Ordered,
            phase: None,
            weight: None,
            sentence: InWords(command).to_string(),
            report: None,
        }
    }

    /// The rollout moved.
    pub fn moved(seq: u64, at: Moment, next: &State, report: &Report) -> Self {
        Self {
            seq,
            at,
            kind: EntryKind::Moved,
            phase: Some(PhaseBody::from(&next.phase)),
            weight: Some(share(next)),
            sentence: report.sentence.clone(),
            report: Some(ReportBody::from(report)),
        }
    }
}
