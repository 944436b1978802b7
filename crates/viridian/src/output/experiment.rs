//! Experiments for people: in a list, or one with what it says so far.

use super::columns::{columns, pairs};
use super::numbers::ago;
use viridian_wire::api::{ExperimentArmBody, ExperimentBody, GainBody};

/// Experiments in a list.
pub fn experiments_table(experiments: &[ExperimentBody]) -> String {
    if experiments.is_empty() {
        return "There are no experiments.".to_owned();
    }
    let rows = experiments.iter().map(|experiment| {
        [
            experiment.name.clone(),
            experiment.applications.join(", "),
            format!("{:?}", experiment.phase),
            experiment.winner.clone().unwrap_or_else(|| "-".to_owned()),
            ago(experiment.started_at),
        ]
    });
    columns(["name", "applications", "phase", "winner", "age"], rows.collect())
}

/// Everything that is known of an experiment.
pub fn experiment_table(experiment: &ExperimentBody) -> String {
    let head = pairs([
        ("experiment", experiment.name.clone()),
        ("applications", experiment.applications.join(", ")),
        ("aim", experiment.aim.clone()),
        ("unit", experiment.unit.clone()),
        ("layer", format!("{}, {}% of it", experiment.layer, experiment.traffic)),
        ("phase", format!("{:?}", experiment.phase)),
        ("winner", experiment.winner.clone().unwrap_or_default()),
        ("verdict", experiment.verdict.clone().unwrap_or_default()),
        ("because", experiment.because.join("; ")),
        ("started", experiment.started_at.to_string()),
        ("ended", experiment.ended_at.map(|at| at.to_string()).unwrap_or_default()),
    ]);
    let arms =
        columns(["arm", "releases", "share", "requests", "gain"], experiment.arms.iter().map(arm).collect());
    let notes: String = experiment.notes.iter().map(|note| format!("- {note}\n")).collect();
    format!("{head}\n{arms}\n{notes}")
}

fn arm(arm: &ExperimentArmBody) -> [String; 5] {
    let releases: Vec<&str> = arm.releases.values().map(String::as_str).collect();
    let share = if arm.stopped { "stopped".to_owned() } else { format!("{}%", arm.share) };
    let requests = arm.counts.map_or_else(|| "-".to_owned(), |counts| counts.requests.to_string());
    [arm.name.clone(), releases.join(", "), share, requests, arm.gain.map_or_else(|| "-".to_owned(), gain)]
}

/// In hundredths, whether they are points of a share or a part of the control's value.
fn gain(gain: GainBody) -> String {
    let end = |end: Option<f64>| end.map_or_else(|| "?".to_owned(), |end| format!("{:+.1}", 100.0 * end));
    format!("{:+.1} ({} to {}) hundredths", 100.0 * gain.estimate, end(gain.lower), end(gain.upper))
}
