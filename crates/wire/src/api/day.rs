//! What the arms of an experiment did day by day.

use super::gain::GainScaleBody;
use super::moment::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use viridian_core::experiment::days::Day;
use viridian_core::experiment::definition::Experiment;

/// One day of an experiment, counted from when its arms began to serve. For display only: it shows whether an effect lasts.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DayBody {
    /// When it began.
    pub from: Moment,
    /// How much better each arm did than the control, by the arm's name; without those of which the day does not tell.
    pub gains: BTreeMap<String, DayGainBody>,
}

/// How much better an arm did than the control on one day. Above zero is better. The range holds for whoever looks once, at 95 %,
/// and not at every look.
#[derive(Debug, Clone, Copy, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DayGainBody {
    /// What the numbers mean; points when absent.
    #[serde(default, skip_serializing_if = "GainScaleBody::is_usual")]
    pub scale: GainScaleBody,
    /// The best guess.
    pub estimate: f64,
    /// The lower end of the range.
    pub lower: f64,
    /// The upper end of the range.
    pub upper: f64,
}

impl DayBody {
    /// A day of an experiment.
    pub(super) fn new(experiment: &Experiment, day: &Day) -> Self {
        let scale = experiment.aim.minimum_effect.into();
        let arms = experiment.arms.all().iter().skip(1).zip(&day.arms);
        let gains = arms.filter_map(|(arm, gain)| {
            let gain = gain.as_ref()?;
            let (lower, upper) = (gain.estimate - gain.within, gain.estimate + gain.within);
            Some((arm.name.to_string(), DayGainBody { scale, estimate: gain.estimate, lower, upper }))
        });
        Self { from: day.from.into(), gains: gains.collect() }
    }
}
