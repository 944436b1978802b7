//! What an experiment elsewhere changes of what the arms of another do.

use super::gain::GainBody;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use viridian_core::experiment::definition::Experiment;
use viridian_core::experiment::interactions::{Draws, Interaction, Pair};

/// What an experiment elsewhere changes of what the arms do.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InteractionBody {
    /// The experiment elsewhere.
    pub experiment: String,
    /// Whether the two draws were independent, as far as the counts tell; nothing is said of pairs where they were not.
    pub independent: bool,
    /// Each arm beside the control, with each arm there beside the control.
    pub pairs: Vec<PairBody>,
}

/// An arm of an experiment and one of an experiment elsewhere.
#[derive(Debug, Clone, PartialEq, ToSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PairBody {
    /// The arm.
    pub arm: String,
    /// The arm elsewhere.
    pub beside: String,
    /// How much better the arm does where the one elsewhere is served than where the control there is; absent while it cannot be
    /// told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<GainBody>,
    /// Whether the change is told: its interval is on one side of zero.
    pub told: bool,
}

impl InteractionBody {
    /// What is known of an experiment elsewhere.
    pub fn new(experiment: &Experiment, interaction: &Interaction) -> Self {
        let pair = |Pair { arm, beside, change }: &Pair| PairBody {
            arm: experiment.arms.all().get(*arm).map_or_else(String::new, |arm| arm.name.to_string()),
            beside: beside.to_string(),
            change: change.map(|change| GainBody {
                scale: experiment.aim.minimum_effect.into(),
                estimate: change.estimate,
                lower: Some(change.lower),
                upper: Some(change.upper),
            }),
            told: change.is_some_and(|change| change.is_told()),
        };
        Self {
            experiment: interaction.experiment.to_string(),
            independent: interaction.draws == Draws::Independent,
            pairs: interaction.pairs.iter().map(pair).collect(),
        }
    }
}
