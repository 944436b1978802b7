//! How long a rollout will take at the present traffic, and what it will be able to see.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use viridian_core::rollout::forecast::Remaining;

/// What a rollout would come to; nothing is started.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForecastBody {
    /// The application that would change.
    pub application: String,
    /// The release that would serve.
    pub candidate: String,
    /// The traffic it is computed for.
    pub traffic: TrafficBody,
    /// The steps, in order.
    pub steps: Vec<StepForecastBody>,
    /// How long all of it takes; absent when it never ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_seconds: Option<f64>,
    /// How long it takes the quickest of six; absent when it never ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soonest_seconds: Option<f64>,
    /// The guard that takes longest to show the candidate safe, and how long that is, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bottleneck: Option<String>,
    /// What guards cannot do at this traffic, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What to know about the numbers.
    pub notes: Vec<String>,
}

/// How long a rollout will still take at the present traffic if the candidate is as good as the baseline.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemainingBody {
    /// By when one of six is there; absent when it never ends by itself at this traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soonest_seconds: Option<f64>,
    /// By when five of six are there; absent when they never are at this traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_seconds: Option<f64>,
    /// The step, counted from one, at which it stops for a person; its promotion when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stops_at_step: Option<usize>,
}

impl From<Remaining> for RemainingBody {
    fn from(remaining: Remaining) -> Self {
        Self {
            soonest_seconds: remaining.soonest.map(|soonest| soonest.as_secs_f64().round()),
            latest_seconds: remaining.latest.map(|latest| latest.as_secs_f64().round()),
            stops_at_step: remaining.stops_at.map(|index| index + 1),
        }
    }
}

/// The traffic of an application.
#[derive(Debug, Clone, Copy, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrafficBody {
    /// Requests in a second that would count as evidence.
    pub per_second: f64,
    /// How long that was measured; absent when it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_seconds: Option<f64>,
    /// The share of errors on the baseline.
    pub errors: f64,
    /// The share of requests that get feedback.
    pub feedback_coverage: f64,
    /// The share of bad feedback on the baseline.
    pub bad_feedback: f64,
}

/// What one step would come to.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepForecastBody {
    /// Its place, counted from one.
    pub number: usize,
    /// What it does, in a few words.
    pub title: String,
    /// The candidate's share during the step, in per cent.
    pub weight: f64,
    /// How long it takes; absent when a person or more traffic is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Requests the candidate gets until the end of the step, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate_requests: Option<f64>,
    /// The smallest regressions that would be seen by the end of the step, one sentence per guard.
    pub sees: Vec<String>,
}
