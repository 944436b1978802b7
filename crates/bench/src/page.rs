//! The results as a page for people.

use crate::bars::{Bar, Side};
use crate::config::{Config, Kind};
use crate::row::Row;
use crate::tuned::{Best, Measure};
use std::fmt::Write;
use std::time::Duration;

/// How the results came about.
pub(crate) struct About {
    pub(crate) seed: u64,
    pub(crate) took: Duration,
    pub(crate) threads: usize,
    pub(crate) commit: Option<String>,
}

/// The others as well as they can be tuned.
pub(crate) struct Tuned {
    pub(crate) best: Vec<Best>,
    /// The table of what they could be had for.
    pub(crate) sweep: String,
}

/// What a scenario came to, while others run.
pub(crate) fn line(rows: &[Row], took: Duration) -> String {
    let Some(first) = rows.first() else { return String::new() };
    let told: Vec<String> =
        rows.iter().map(|row| format!("{} {}{}", row.rule, cell(row), promotion(row))).collect();
    format!("{} ({} runs, {:.1} s): {}", first.scenario, first.runs, took.as_secs_f64(), told.join("; "))
}

/// The page.
pub(crate) fn page(about: &About, config: &Config, rows: &[Row], tuned: &Tuned, bars: &[Bar]) -> String {
    let mut page = String::from("# Decisions: every rule over the same traffic\n\n");
    let commit = about.commit.as_deref().unwrap_or("not recorded");
    let _ = writeln!(
        page,
        "Seed {}, {}; {:.0} s on {} threads. Rates have 95 % bounds (Wilson). Times and requests are medians over \
         all runs, where one that was not rolled back counts as later than all that were; bad answers are those that would \
         not have been given without the candidate, the mean over all runs.\n",
        about.seed,
        commit,
        about.took.as_secs_f64(),
        about.threads,
    );
    ours(&mut page, config, rows);
    rivals(&mut page, rows);
    if !tuned.best.is_empty() {
        self::tuned(&mut page, &tuned.best);
        other_reading(&mut page, &tuned.best);
        page.push_str(&tuned.sweep);
    }
    let _ = writeln!(page, "## Bars\n\n| bar | found | limit | |\n|---|---|---|---|");
    for bar in bars {
        let side = if bar.side == Side::AtMost { "at most" } else { "at least" };
        let met = if bar.is_met() { "met" } else { "**missed**" };
        let _ =
            writeln!(page, "| {} | {} | {side} {} | {met} |", bar.what, number(bar.found), number(bar.limit));
    }
    page
}

fn ours(page: &mut String, config: &Config, rows: &[Row]) {
    let _ = writeln!(
        page,
        "## Ours\n\n| scenario | what happens | rule | rolled back | median s | p90 s | candidate requests | bad \
         answers | promotion | split broken |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    for row in rows.iter().filter(|row| row.rule.starts_with("viridian")) {
        let about = config.scenarios.iter().find(|scenario| scenario.name == row.scenario);
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.scenario,
            about.map_or("", |scenario| &scenario.about),
            row.rule,
            rate(row.p_rollback, row.p_rollback_bounds),
            option(row.median_seconds),
            option(row.p90_seconds),
            option(row.median_candidate_requests),
            bad_answers(row),
            promotion(row).trim_start_matches(", "),
            row.p_split_broken.filter(|share| *share > 0.0).map(percent).unwrap_or_default(),
        );
    }
    page.push('\n');
}

fn rivals(page: &mut String, rows: &[Row]) {
    let mut names: Vec<&str> = Vec::new();
    let mut scenarios: Vec<(&str, Kind)> = Vec::new();
    for row in rows.iter().filter(|row| !matches!(row.kind, Kind::Equal | Kind::Broken)) {
        if !names.contains(&row.rule.as_str()) && !row.rule.starts_with("viridian-") {
            names.push(&row.rule);
        }
        if !scenarios.contains(&(row.scenario.as_str(), row.kind)) {
            scenarios.push((&row.scenario, row.kind));
        }
    }
    let table = |page: &mut String, title: &str, kinds: &[Kind], cell: fn(&Row) -> String| {
        let _ = writeln!(
            page,
            "## {title}\n\n| scenario | {} |\n|---|{}",
            names.join(" | "),
            "---|".repeat(names.len())
        );
        for (scenario, _) in scenarios.iter().filter(|(_, kind)| kinds.contains(kind)) {
            let cells: Vec<String> = names
                .iter()
                .map(|rule| rows.iter().find(|row| row.rule == *rule && row.scenario == *scenario))
                .map(|row| row.map(cell).unwrap_or_default())
                .collect();
            let _ = writeln!(page, "| {scenario} | {} |", cells.join(" | "));
        }
        page.push('\n');
    };
    table(page, "Clean candidates that are rolled back", &[Kind::Null], |row| {
        rate(row.p_rollback, row.p_rollback_bounds)
    });
    table(
        page,
        "Regressions: rolled back, median seconds, candidate requests",
        &[Kind::Worse, Kind::Margin],
        cell,
    );
    table(page, "Bad answers", &[Kind::Worse], bad_answers);
}

fn tuned(page: &mut String, best: &[Best]) {
    let _ = writeln!(
        page,
        "## The others as well as they can be tuned\n\nOf every setting that was tried the one that costs least, among those \
         that roll back at most 1 % of clean candidates: in the clean scenario that is like the regression, and in all clean \
         scenarios of the metric. The cost is bad answers; for latency and cost, candidate requests until the end.\n\n\
         | scenario | family | right where | setting | rolled back | cost | ours |\n|---|---|---|---|---|---|---|"
    );
    for best in best {
        let measure = if best.measure == Measure::All { "everywhere" } else { "like it" };
        let (setting, rolled_back, cost) = best.found.as_ref().map_or_else(
            || ("none".to_owned(), String::new(), String::new()),
            |found| (found.setting.clone(), percent(found.p_rollback), number(found.cost)),
        );
        let _ = writeln!(
            page,
            "| {} | {} | {measure} | {setting} | {rolled_back} | {cost} | {} |",
            best.scenario,
            best.family,
            number(best.ours)
        );
    }
    page.push('\n');
}

/// The last bar as it would be if a setting had to be right in the one clean scenario that is like the regression.
fn other_reading(page: &mut String, best: &[Best]) {
    let like_it: Vec<(&Best, f64)> = best
        .iter()
        .filter(|best| best.measure == Measure::LikeIt)
        .filter_map(|best| best.found.as_ref().map(|found| (best, best.ours / found.cost)))
        .collect();
    let lost = like_it.iter().filter(|(_, ratio)| *ratio > 1.0).count();
    let _ = writeln!(
        page,
        "## The other reading of \"no more than the best-tuned competitor\"\n\nThe bars below ask what ours costs against the best \
         setting that is right in every clean scenario of the metric, as ours has to be. A setting that only has to be right in the \
         clean scenario like the regression may be tuned to a baseline that stands still. Against those ours costs more in {lost} of \
         {} cases:\n\n| scenario | family | setting | its cost | ours | ours by its |\n|---|---|---|---|---|---|",
        like_it.len()
    );
    for (best, ratio) in like_it.iter().filter(|(_, ratio)| *ratio > 1.0) {
        let Some(found) = &best.found else { continue };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} |",
            best.scenario,
            best.family,
            found.setting,
            number(found.cost),
            number(best.ours),
            number(*ratio)
        );
    }
    page.push('\n');
}

/// The part rolled back, after how long and how many requests.
fn cell(row: &Row) -> String {
    match (row.median_seconds, row.median_candidate_requests) {
        (Some(seconds), Some(requests)) => {
            let share = rate(row.p_rollback, row.p_rollback_bounds);
            format!("{share}, {} s / {}", number(seconds), number(requests))
        }
        _ => rate(row.p_rollback, row.p_rollback_bounds),
    }
}

/// What came of promotion where there may be one.
fn promotion(row: &Row) -> String {
    let with_bounds = |share: f64, bounds: Option<(f64, f64)>| rate(share, bounds.unwrap_or((0.0, 1.0)));
    let promoted = row
        .p_promote
        .map(|share| format!(", promoted {}", with_bounds(share, row.p_promote_bounds)))
        .unwrap_or_default();
    let in_time = row
        .p_in_time
        .map(|share| format!(", in time {}", with_bounds(share, row.p_in_time_bounds)))
        .unwrap_or_default();
    let safe: Vec<String> = row.p_safe.iter().map(|share| percent(*share)).collect();
    let safe =
        if safe.is_empty() { String::new() } else { format!(", called safe by guard {}", safe.join(" / ")) };
    let by =
        row.p85_by_forecast.map(|times| format!(" (85 % within {}x)", number(times))).unwrap_or_default();
    format!("{promoted}{in_time}{by}{safe}")
}

fn bad_answers(row: &Row) -> String {
    match (row.bad_answers, row.bad_answers_error) {
        (Some(mean), Some(error)) => format!("{} ± {}", number(mean), number(1.96 * error)),
        _ => String::new(),
    }
}

fn rate(share: f64, (lower, upper): (f64, f64)) -> String {
    format!("{} ({}–{})", percent(share), percent(lower), percent(upper))
}

pub(crate) fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

pub(crate) fn option(value: Option<f64>) -> String {
    value.map(number).unwrap_or_default()
}

/// Three digits or all of the whole number.
pub(crate) fn number(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 || size == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
