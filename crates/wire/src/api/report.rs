//! Why a rollout did or did not move, with the numbers it was decided on.

use super::guard::{CountsBody, EffectBody, JudgementBody};
use super::moment::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use viridian_core::analysis::verdict::{Analysis, SplitCheck, Validity, WorseSlice};
use viridian_core::rollout::report::Report;

/// Why a rollout did or did not move.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportBody {
    /// When it was decided.
    pub at: Moment,
    /// The decision in one sentence.
    pub sentence: String,
    /// What guards found that may only observe or tell, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<String>,
    /// What sources outside say, one sentence for each gauge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gauges: Vec<String>,
    /// What people are warned of while it lasts, one sentence each; of many the first and the number of the others. Nothing
    /// follows from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The numbers.
    pub analysis: AnalysisBody,
}

/// The evidence of a whole rollout at one moment, judged.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnalysisBody {
    /// How far the numbers can be trusted.
    pub validity: ValidityBody,
    /// Outcomes of the baseline that count as evidence.
    pub baseline_outcomes: u64,
    /// Outcomes of the candidate that count as evidence.
    pub candidate_outcomes: u64,
    /// About how many units the candidate served; zero when every request is drawn by itself.
    pub candidate_units: u64,
    /// What keeps every guard from being judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// Whether the traffic was split as it was drawn.
    pub split: SplitBody,
    /// One judgement per guard, in their order.
    pub guards: Vec<JudgementBody>,
    /// The most errors per request that moving a request to the candidate may add; absent while nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harm_bound: Option<f64>,
    /// The slices of the traffic that fare worse on the candidate, the surest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<SliceBody>,
}

/// A slice of the traffic that fares worse on the candidate.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SliceBody {
    /// What the traffic is sliced by, such as `language`.
    pub attribute: String,
    /// The value of the slice, such as `de`.
    pub value: String,
    /// What it is worse by.
    pub metric: String,
    /// What the baseline did in it.
    pub baseline: CountsBody,
    /// What the candidate did in it.
    pub candidate: CountsBody,
    /// How the candidate compares in it.
    pub effect: EffectBody,
    /// How long after the beginning it became worse, when the whole time does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_seconds: Option<f64>,
    /// Whether a rollback may rest on it.
    pub certain: bool,
    /// The numbers, the interval and the rule, in one sentence.
    pub sentence: String,
}

/// How far the numbers can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ValidityBody {
    /// At any number of requests and looks.
    Exact,
    /// With many units: requests of one unit are not independent.
    Asymptotic,
}

/// Whether the traffic was split as it was drawn.
#[derive(Debug, Clone, Copy, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SplitBody {
    /// Whether nothing speaks against it. When it is not sound the arms cannot be compared.
    pub sound: bool,
    /// The candidate's share as drawn, when it is not sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<f64>,
    /// The candidate's share as counted, when it is not sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<f64>,
}

impl From<&Report> for ReportBody {
    fn from(report: &Report) -> Self {
        Self {
            at: report.at.into(),
            sentence: report.sentence.clone(),
            observed: report.observed.clone(),
            gauges: report.gauges.clone(),
            warnings: report.warnings.clone(),
            analysis: AnalysisBody::from(&report.analysis),
        }
    }
}

impl From<&Analysis> for AnalysisBody {
    fn from(analysis: &Analysis) -> Self {
        Self {
            validity: match analysis.validity {
                Validity::Exact => ValidityBody::Exact,
                Validity::Asymptotic => ValidityBody::Asymptotic,
            },
            baseline_outcomes: analysis.seen.baseline,
            candidate_outcomes: analysis.seen.candidate,
            candidate_units: analysis.candidate_units,
            waits_for: analysis.wait.map(|wait| wait.to_string()),
            split: analysis.split.into(),
            guards: analysis.guards.iter().map(JudgementBody::from).collect(),
            harm_bound: analysis.harm_bound,
            slices: analysis.slices.iter().map(SliceBody::from).collect(),
        }
    }
}

impl From<&WorseSlice> for SliceBody {
    fn from(worse: &WorseSlice) -> Self {
        let guard = &worse.guard;
        Self {
            attribute: worse.attribute.clone(),
            value: worse.value.clone(),
            metric: guard.metric.to_string(),
            baseline: CountsBody::of(guard.metric, worse.baseline),
            candidate: CountsBody::of(guard.metric, worse.candidate),
            effect: EffectBody::new(worse.effect, guard.margin),
            since_seconds: worse.since.map(|since| since.as_secs_f64()),
            certain: worse.certain,
            sentence: worse.sentence(),
        }
    }
}

impl From<SplitCheck> for SplitBody {
    fn from(check: SplitCheck) -> Self {
        match check {
            SplitCheck::Sound => Self { sound: true, expected: None, observed: None },
            SplitCheck::Broken { expected, observed } => {
                Self { sound: false, expected: Some(expected), observed: Some(observed) }
            }
        }
    }
}
