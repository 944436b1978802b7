//! Percentiles of the times that answers took, for display.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use viridian_core::analysis::percentiles::{Percentile, Told};

/// One percentile of the times that answers took, on both arms of a rollout whose requests are drawn one by one. For display only:
/// the guards compare the arms within spans of constant shares, and a range of all times does not.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PercentileBody {
    /// Which, such as `latency.p95`.
    pub metric: String,
    /// The baseline's.
    pub baseline: ToldBody,
    /// The candidate's.
    pub candidate: ToldBody,
}

/// What the times of one arm tell of a percentile.
#[derive(Debug, Clone, Copy, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldBody {
    /// How many times were measured.
    pub measured: u64,
    /// The best guess in milliseconds, to within 2 %; absent without times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_ms: Option<f64>,
    /// The least it is at 95 % over all looks, both ends together; absent while it is unbounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_ms: Option<f64>,
    /// The most it is; absent while it is unbounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper_ms: Option<f64>,
}

impl From<Percentile> for PercentileBody {
    fn from(Percentile { metric, baseline, candidate }: Percentile) -> Self {
        Self { metric: metric.to_string(), baseline: baseline.into(), candidate: candidate.into() }
    }
}

impl From<Told> for ToldBody {
    fn from(Told { measured, estimate, bounds }: Told) -> Self {
        let ms = |us: Option<u64>| us.map(|us| us as f64 / 1_000.0);
        Self { measured, estimate_ms: ms(estimate), lower_ms: ms(bounds.lower), upper_ms: ms(bounds.upper) }
    }
}
