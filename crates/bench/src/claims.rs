//! What the README claims: a few of the published figures, written between two marks and nowhere else.

use crate::page::{option, percent};
use crate::row::{IN_TIME, Row};
use anyhow::{Context, Result};
use std::fmt::Write;

const BEGIN: &str = "<!-- claims: written by `cargo xtask bench decisions --full` -->\n";
const END: &str = "<!-- end of claims -->";

/// The scenario of equal candidates that every guard watches.
const EQUAL: &str = "equal-all";

/// The rules that people know, and what they are called.
const RULES: [(&str, &str); 7] = [
    ("viridian", "Viridian, five guards"),
    ("argo-documented", "Argo Rollouts, as documented"),
    ("flagger", "Flagger's defaults"),
    ("kayenta", "Kayenta, after an hour"),
    ("alarms", "alarms of the new fleet, as SageMaker's"),
    ("t-test-1000", "t-test at 1,000 requests"),
    ("growthbook", "GrowthBook's sequential test"),
];

/// A text with the claims renewed.
pub(crate) fn renewed(text: &str, rows: &[Row]) -> Result<String> {
    let (before, rest) = text.split_once(BEGIN).context("no mark where the claims begin")?;
    let (_, after) = rest.split_once(END).context("no mark where the claims end")?;
    Ok(format!("{before}{BEGIN}{}\n{}{END}{after}", table(rows), ours(rows)))
}

fn table(rows: &[Row]) -> String {
    let mut table = String::from(
        "| | clean candidates rolled back, in the worst scenario | errors 1 to 5 %: found, after seconds, bad answers until \
         then | 1 to 2 % |\n|---|---|---|---|\n",
    );
    for (rule, name) in RULES {
        let found = |scenario: &str| rows.iter().find(|row| row.rule == rule && row.scenario == scenario);
        let clean = rows.iter().filter(|row| row.rule == rule && row.null);
        let worst = clean.max_by(|a, b| a.p_rollback.total_cmp(&b.p_rollback));
        let worst = worst.map(|row| format!("{} ({})", percent(row.p_rollback), row.scenario));
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {} |",
            worst.unwrap_or_default(),
            found("errors-1-to-5").map(cell).unwrap_or_default(),
            found("errors-1-to-2").map(cell).unwrap_or_default()
        );
    }
    table
}

/// How often ours is wrong about clean candidates, and what becomes of equal ones under all of its guards.
fn ours(rows: &[Row]) -> String {
    let clean = rows.iter().filter(|row| row.rule == "viridian" && row.null);
    let worst = clean.map(|row| (row.p_rollback, row.p_rollback_bounds.1));
    let (found, upper) =
        worst.fold((0.0, 0.0), |most: (f64, f64), (found, upper)| (most.0.max(found), most.1.max(upper)));
    let mut text = format!(
        "Ours rolls back at most {} of clean candidates in any of these scenarios (95 % bound: {}).\n",
        percent(found),
        percent(upper)
    );
    if let Some(equal) = rows.iter().find(|row| row.rule == "viridian" && row.scenario == EQUAL) {
        let _ = writeln!(
            text,
            "Of equal candidates that stay at half of the traffic until all five guards pass it rolls back {} ({}), and promotes\n\
             {} within {IN_TIME} times what the plan told, by which five of six are to be.",
            percent(equal.p_rollback),
            percent(equal.p_rollback_bounds.1),
            equal.p_in_time.map(percent).unwrap_or_default()
        );
    }
    text
}

/// How many regressions were found, the median time, and the bad answers.
fn cell(row: &Row) -> String {
    let seconds = row.median_seconds.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.0} s"));
    format!("{}, {seconds}, {}", percent(row.p_rollback), option(row.bad_answers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_readme_claims_what_was_measured() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
        let rows: Vec<Row> = serde_json::from_str(&read("bench/decisions/results.json")).unwrap();
        let readme = read("README.md");
        assert!(rows.iter().any(|row| row.rule == "viridian"), "no row of ours");
        assert!(renewed(&readme, &rows).unwrap() == readme, "the README's table is not that of the results");
    }

    #[test]
    fn a_text_without_marks_is_left_alone() {
        for text in ["", BEGIN, END] {
            assert!(renewed(text, &[]).is_err(), "{text:?}");
        }
    }
}
