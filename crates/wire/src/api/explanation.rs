//! Why a rollout stands where it stands, and what would change it. Every sentence about the evidence is the report's
//! own; what is added here only says what a person can do about it.

mod remedy;

use super::moment::Moment;
use super::phase::PhaseBody;
use super::report::ReportBody;
use super::rollout::{Facts, RolloutSummary};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use viridian_core::rollout::report::Report;

/// Why a rollout stands where it stands.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The rollout.
    pub rollout: String,
    /// What it does.
    pub phase: PhaseBody,
    /// Why it is held, was rolled back or stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When that was decided last; absent before the first decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// The latest decision, in one sentence.
    pub sentence: String,
    /// What it waits for, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// What each guard found.
    pub guards: Vec<GuardSentence>,
    /// What guards found that may only observe or tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<String>,
    /// What sources outside say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gauges: Vec<String>,
    /// What people are warned of: conditions that are not what they were when the rollout began. Nothing follows from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What would change it.
    pub would_change: Vec<String>,
}

/// What one guard found.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GuardSentence {
    /// What it watches.
    pub metric: String,
    /// The numbers, the interval and the rule.
    pub sentence: String,
    /// What would change the verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_change: Option<String>,
}

impl Explanation {
    /// Explains a rollout.
    pub fn new(facts: &Facts<'_>) -> Self {
        let summary = RolloutSummary::new(facts);
        let report = facts.report.map(ReportBody::from);
        let sentence = || "It has not been looked at yet.".to_owned();
        Self {
            phase: summary.phase,
            at: report.as_ref().map(|report| report.at),
            sentence: report.as_ref().map_or_else(sentence, |report| report.sentence.clone()),
            guards: facts.report.into_iter().flat_map(sentences).collect(),
            observed: report.as_ref().map(|report| report.observed.clone()).unwrap_or_default(),
            gauges: report.as_ref().map(|report| report.gauges.clone()).unwrap_or_default(),
            warnings: report.as_ref().map(|report| report.warnings.clone()).unwrap_or_default(),
            would_change: remedy::of(facts),
            reason: summary.reason,
            waits_for: summary.waits_for,
            rollout: summary.name,
        }
    }
}

fn sentences(report: &Report) -> impl Iterator<Item = GuardSentence> + '_ {
    report.analysis.guards.iter().map(|judged| GuardSentence {
        metric: judged.guard.metric.to_string(),
        sentence: judged.sentence(),
        would_change: Some(remedy::of_verdict(judged)),
    })
}
