//! Experiments for people: in a list, or one with what it says so far.

mod days;

use super::columns::{columns, pairs};
use super::numbers::{ago, share};
use days::days_table;
use viridian_wire::api::{
    BanditBody, ExperimentArmBody, ExperimentBody, GainBody, GainScaleBody, ShownOnlyBody,
};

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
        ("bandit", experiment.bandit.map(bandit).unwrap_or_default()),
        ("phase", format!("{:?}", experiment.phase)),
        ("winner", experiment.winner.clone().unwrap_or_default()),
        ("verdict", experiment.verdict.clone().unwrap_or_default()),
        ("because", experiment.because.join("; ")),
        ("started", experiment.started_at.to_string()),
        ("ended", experiment.ended_at.map(|at| at.to_string()).unwrap_or_default()),
    ]);
    let arms = columns(
        ["arm", "releases", "share", "requests", "gain", "beats the control (shown only)"],
        experiment.arms.iter().map(arm).collect(),
    );
    let notes: String = experiment.notes.iter().map(|note| format!("- {note}\n")).collect();
    let days = days_table(experiment);
    let parts = [head, arms, days, notes];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn bandit(bandit: BanditBody) -> String {
    format!("traffic follows the arm that does best; every arm keeps {}% of what they share", bandit.floor)
}

fn arm(arm: &ExperimentArmBody) -> [String; 6] {
    let releases: Vec<&str> = arm.releases.values().map(String::as_str).collect();
    let part = match arm.current_share {
        _ if arm.stopped => "stopped".to_owned(),
        #[expect(clippy::float_cmp, reason = "both are whole basis points")]
        Some(now) if now != arm.share => format!("{now}%, defined as {}%", arm.share),
        _ => format!("{}%", arm.share),
    };
    let requests = match arm.counts {
        Some(counts) if counts.mean.is_some() => share(counts),
        Some(counts) => counts.requests.to_string(),
        None => "-".to_owned(),
    };
    let (told, believed) = (arm.gain.map(gain), arm.gain.zip(arm.shown_only).map(believed));
    let or_nothing = |told: Option<String>| told.unwrap_or_else(|| "-".to_owned());
    [arm.name.clone(), releases.join(", "), part, requests, or_nothing(told), or_nothing(believed)]
}

/// The chance, and the loss in the unit of the gain. A chance is never certain.
fn believed((gain, shown): (GainBody, ShownOnlyBody)) -> String {
    let chance = (shown.chance_to_beat_control * 100.0).clamp(0.1, 99.9);
    let loss = match gain.scale {
        GainScaleBody::Score => format!("{:.3} points", shown.expected_loss),
        GainScaleBody::Points | GainScaleBody::Relative => {
            format!("{:.2} hundredths", 100.0 * shown.expected_loss)
        }
    };
    format!("{chance:.1}%, expected loss {loss}")
}

/// In points of the scale of a score, else in hundredths, whether they are points of a share or a part of the control's value.
fn gain(gain: GainBody) -> String {
    let (unit, told): (_, fn(f64) -> String) = match gain.scale {
        GainScaleBody::Score => ("points", |value| format!("{value:+.2}")),
        GainScaleBody::Points | GainScaleBody::Relative => {
            ("hundredths", |value| format!("{:+.1}", 100.0 * value))
        }
    };
    let end = |end: Option<f64>| end.map_or_else(|| "?".to_owned(), told);
    format!("{} ({} to {}) {unit}", told(gain.estimate), end(gain.lower), end(gain.upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_are_told_in_their_unit() {
        let check = |scale, text: &str| {
            assert_eq!(gain(GainBody { scale, estimate: 0.314, lower: Some(-0.02), upper: None }), text);
        };
        check(GainScaleBody::Points, "+31.4 (-2.0 to ?) hundredths");
        check(GainScaleBody::Relative, "+31.4 (-2.0 to ?) hundredths");
        check(GainScaleBody::Score, "+0.31 (-0.02 to ?) points");
    }

    #[test]
    fn a_bandit_says_so_and_its_floor() {
        let check = |bandit: Option<&str>, told: &[&str]| {
            let mut experiment: serde_json::Value = serde_json::from_str(TONE).unwrap();
            if let Some(bandit) = bandit {
                experiment["bandit"] = serde_json::from_str(bandit).unwrap();
            }
            let table = experiment_table(&serde_json::from_value(experiment).unwrap());
            let lines: Vec<&str> = table.lines().filter(|line| line.starts_with("bandit")).collect();
            assert_eq!(lines, told);
        };
        check(None, &[]);
        let told =
            "bandit         traffic follows the arm that does best; every arm keeps 7.5% of what they share";
        check(Some(r#"{"floor": 7.5}"#), &[told]);
    }

    /// As the API told of an experiment before it told of bandits.
    const TONE: &str = r#"{"name": "tone", "applications": ["chat"], "layer": "answers", "traffic": 100.0, "unit": "request",
        "aim": "feedback of chat by 5pp", "phase": "Running", "arms": [], "startedAt": "2026-01-01T00:00:00.000Z"}"#;

    #[test]
    fn beliefs_are_told_in_the_unit_of_the_gain() {
        let check = |scale, chance, text: &str| {
            let gain = GainBody { scale, estimate: 0.0, lower: None, upper: None };
            let shown = ShownOnlyBody { chance_to_beat_control: chance, expected_loss: 0.0123 };
            assert_eq!(believed((gain, shown)), text);
        };
        check(GainScaleBody::Points, 0.9734, "97.3%, expected loss 1.23 hundredths");
        check(GainScaleBody::Relative, 1.0, "99.9%, expected loss 1.23 hundredths");
        check(GainScaleBody::Score, 0.0, "0.1%, expected loss 0.012 points");
    }
}
