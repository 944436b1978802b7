//! Every setting that was tried of the others: how often it is wrong about clean candidates, how often it finds each
//! regression, and what that costs. [`json()`] has all of it, [`table`] the best that can be had at each rate of mistakes.

use crate::config::Kind;
use crate::page::{number, percent};
use crate::rivals::Setting;
use crate::tuned::{FAMILIES, Measure, Tried, cheapest, regressions, told};
use anyhow::Result;
use serde_json::json;
use std::fmt::Write;

/// The parts of clean candidates that a setting may roll back, of which the table has a column each.
const MAY_BE_WRONG: [f64; 5] = [0.001, 0.01, 0.05, 0.2, 1.0];
/// Figures are told to this part.
const PARTS: f64 = 1e4;

/// All settings, one to a line; what each came to is in the order of the scenarios.
pub(crate) fn json(tried: &[Tried], settings: &[Setting]) -> Result<String> {
    let tried: Vec<&Tried> = tried.iter().filter(|tried| !tried.settings.is_empty()).collect();
    let scenarios: Vec<_> =
        tried.iter().map(|tried| json!({"scenario": tried.scenario, "kind": tried.kind})).collect();
    let mut text = format!("{{\"scenarios\": {},\n\"settings\": [\n", serde_json::to_string(&scenarios)?);
    for (index, setting) in settings.iter().enumerate() {
        let came_to = |tried: &&Tried| tried.settings.get(index).copied().unwrap_or_default();
        let rolled_back: Vec<f64> = tried.iter().map(|tried| rounded(came_to(tried).0)).collect();
        let cost: Vec<Option<f64>> = tried
            .iter()
            .map(|tried| (tried.kind == Kind::Worse).then(|| rounded(came_to(tried).1)))
            .collect();
        let line = json!({
            "family": setting.rule(),
            "setting": told(setting),
            "p_rollback": rolled_back,
            "cost": cost,
        });
        let comma = if index + 1 == settings.len() { "" } else { "," };
        let _ = writeln!(text, "{line}{comma}");
    }
    text.push_str("]}\n");
    Ok(text)
}

/// For each regression and family the least cost at each rate of mistakes, and how often it is found then.
pub(crate) fn table(tried: &[Tried], settings: &[Setting]) -> String {
    let heads: Vec<String> = MAY_BE_WRONG.iter().map(|part| percent(*part)).collect();
    let mut table = format!(
        "## What the others could be had for\n\nOf all settings in `sweep.json`, the least cost among those that roll back at most \
         so many clean candidates, and how often they find the regression: in the clean scenario that is like it, and in every \
         clean scenario of the metric. Ours is at most 1 % everywhere.\n\n| scenario | family | right where | {} | ours \
         |\n|---|---|---|{}---|\n",
        heads.join(" | "),
        "---|".repeat(heads.len())
    );
    for regression in regressions(tried) {
        for family in FAMILIES {
            for (measure, name) in [(Measure::LikeIt, "like it"), (Measure::All, "everywhere")] {
                let cell = |may_be_wrong: &f64| {
                    let wrong = (measure, *may_be_wrong);
                    let found = cheapest(tried, (settings, family), regression, wrong);
                    found.map_or_else(
                        || "none".to_owned(),
                        |found| format!("{} ({})", number(found.cost), percent(found.p_rollback)),
                    )
                };
                let cells: Vec<String> = MAY_BE_WRONG.iter().map(cell).collect();
                let (scenario, ours) = (&regression.scenario, number(regression.ours));
                let _ =
                    writeln!(table, "| {scenario} | {family} | {name} | {} | {ours} |", cells.join(" | "));
            }
        }
    }
    table.push('\n');
    table
}

fn rounded(value: f64) -> f64 {
    (value * PARTS).round() / PARTS
}
