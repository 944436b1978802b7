//! What the arms of an experiment did day by day, for people: [`days_table`].

use super::gain;
use crate::output::columns::columns;
use viridian_wire::api::{DayBody, ExperimentBody, GainBody};

/// How many days are told; all of them are in JSON.
const LATEST: usize = 7;

/// The latest days, a line each; nothing before there is one.
pub(super) fn days_table(experiment: &ExperimentBody) -> String {
    let days = &experiment.days;
    if days.is_empty() {
        return String::new();
    }
    let earlier = days.len().saturating_sub(LATEST);
    let told = days.iter().enumerate().skip(earlier);
    let rows =
        told.map(|(place, day)| [format!("{}", place + 1), day.from.to_string(), arms(experiment, day)]);
    columns(["day", "from", "gain at one look (shown only)"], rows.collect())
}

/// The gain of each arm of which the day tells, in the order of the arms.
fn arms(experiment: &ExperimentBody, day: &DayBody) -> String {
    let told = experiment.arms.iter().filter_map(|arm| {
        let found = day.gains.get(&arm.name)?;
        let (lower, upper) = (Some(found.lower), Some(found.upper));
        let found = GainBody { scale: found.scale, estimate: found.estimate, lower, upper };
        Some(format!("{} {}", arm.name, gain(found)))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { "-".to_owned() } else { told.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_latest_days_are_told_and_those_that_tell_nothing_say_so() {
        let check = |days: usize, expected: &[&str]| {
            let day = |number: usize| {
                let told = json!({"terse": {"estimate": 0.01, "lower": -0.02, "upper": 0.04}});
                let gains = if number == days { json!({}) } else { told };
                json!({"from": format!("2026-01-{number:02}T00:00:00Z"), "gains": gains})
            };
            let days: Vec<Value> = (1..=days).map(day).collect();
            let arm = |name: &str| json!({"name": name, "releases": {}, "share": 50.0, "stopped": false});
            let body = json!({
                "name": "tone", "applications": ["chat"], "layer": "tone", "traffic": 100.0, "unit": "user",
                "aim": "feedback", "phase": "Running", "arms": [arm("now"), arm("terse")], "days": days,
                "startedAt": "2026-01-01T00:00:00Z",
            });
            let table = days_table(&serde_json::from_value(body).unwrap());
            let told: Vec<String> = table
                .lines()
                .skip(1)
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            assert_eq!(told, expected);
        };
        check(0, &[]);
        let first = "1 2026-01-01T00:00:00.000Z terse +1.0 (-2.0 to +4.0) hundredths";
        check(2, &[first, "2 2026-01-02T00:00:00.000Z -"]);
        let eighth: Vec<String> = (2..=7)
            .map(|day| first.replacen('1', &day.to_string(), 1).replace("-01T", &format!("-{day:02}T")))
            .collect();
        let mut latest: Vec<&str> = eighth.iter().map(String::as_str).collect();
        latest.push("8 2026-01-08T00:00:00.000Z -");
        check(8, &latest);
    }
}
