//! From an experiment back to its document: [`write()`]. Reading what was written gives the same experiment.

use crate::manifest::application::write_guard;
use crate::manifest::document;
use crate::manifest::text::quantity;
use serde_json::{Value, json};
use viridian_core::experiment::definition::{Allocation, Arm, Experiment};

/// Writes an experiment.
pub(crate) fn write(experiment: &Experiment) -> Value {
    let guards: Vec<Value> = experiment.guards.iter().map(write_guard).collect();
    let aim = &experiment.aim;
    let mut spec = json!({
        "unit": experiment.unit.to_string(),
        "layer": experiment.layer,
        "traffic": experiment.traffic.to_string(),
        "arms": experiment.arms.all().iter().map(arm).collect::<Vec<_>>(),
        "control": experiment.arms.control().name,
        "holdout": experiment.holdout.to_string(),
        "aim": {
            "application": aim.application,
            "metric": aim.metric.as_str(),
            "better": aim.better,
            "minimumEffect": aim.minimum_effect.to_string(),
        },
        "guards": guards,
        "stop": {
            "winner": experiment.stop.winner,
            "maxDuration": quantity::duration_text(experiment.stop.max_duration),
        },
    });
    if !aim.maturity.is_zero() {
        spec["aim"]["maturity"] = json!(quantity::duration_text(aim.maturity));
    }
    if !experiment.lead_in.is_zero() {
        spec["leadIn"] = json!(quantity::duration_text(experiment.lead_in));
    }
    if let Allocation::Bandit { floor } = experiment.allocation {
        spec["bandit"] = json!({"floor": floor.to_string()});
    }
    document::write("Experiment", experiment.name.as_str(), spec)
}

fn arm(arm: &Arm) -> Value {
    json!({"name": arm.name, "share": arm.share.to_string(), "releases": arm.releases})
}
