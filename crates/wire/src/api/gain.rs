//! How much better an arm of an experiment does, with its interval.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use viridian_core::guard::Margin;

/// How much better an arm does than the control. Above zero is better. The interval holds at every look.
#[derive(Debug, Clone, Copy, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GainBody {
    /// What the numbers mean; points when absent.
    #[serde(default, skip_serializing_if = "GainScaleBody::is_usual")]
    pub scale: GainScaleBody,
    /// The best guess.
    pub estimate: f64,
    /// The least it can be; absent when unbounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// The most it can be; absent when unbounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
}

/// What the numbers of a gain mean: as the least effect that matters is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GainScaleBody {
    /// A difference of shares: 0.005 is half a percentage point.
    #[default]
    Points,
    /// A part of the control's value: 0.2 is a fifth.
    Relative,
    /// Points of the scale of a score: 0.2 is a fifth of a point.
    Score,
}

impl GainScaleBody {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature the serializer asks for")]
    pub(super) const fn is_usual(&self) -> bool {
        matches!(self, Self::Points)
    }
}

impl From<Margin> for GainScaleBody {
    fn from(margin: Margin) -> Self {
        match margin {
            Margin::Points(_) => Self::Points,
            Margin::Relative(_) => Self::Relative,
            Margin::Score(_) => Self::Score,
        }
    }
}
