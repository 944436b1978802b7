//! What the rule has to reach, and whether it did.

mod split;

use crate::config::{Config, Kind};
use crate::rivals::Setting;
use crate::row::Row;
use crate::tuned::{self, Measure, Tried};

/// Wrong about this part of clean candidates at most, with an upper bound below the second. Of few runs a lower bound has to be: three of
/// two hundred are wrong one time in three where one of a hundred is.
const FALSE_ROLLBACKS: (f64, f64) = (0.01, 0.015);
/// Where single slices may end a rollout besides, they have an error of their own.
const FALSE_ROLLBACKS_WITH_SLICES: f64 = 2.0 * FALSE_ROLLBACKS.0;
/// With so many runs an upper bound says something.
const ENOUGH_RUNS: u64 = 1_000;
const WRONG_PROMOTIONS: f64 = 0.05;
const IN_TIME: f64 = 0.85;

/// One bar.
pub(crate) struct Bar {
    pub(crate) what: String,
    pub(crate) found: f64,
    pub(crate) limit: f64,
    pub(crate) side: Side,
}

/// On which side of its limit a figure is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    AtMost,
    AtLeast,
}

impl Bar {
    /// Whether it is reached. A figure that could not be measured reaches nothing.
    pub(crate) fn is_met(&self) -> bool {
        match self.side {
            Side::AtMost => self.found <= self.limit,
            Side::AtLeast => self.found >= self.limit,
        }
    }
}

/// A figure that is not there: reaches no bar.
const MISSING: f64 = f64::NAN;

/// All bars that concern what was run.
pub(crate) fn all(rows: &[Row], (tried, swept): (&[Tried], &[Setting]), config: &Config) -> Vec<Bar> {
    let mut bars = Vec::new();
    let mut add =
        |what: String, found: f64, side: Side, limit: f64| bars.push(Bar { what, found, limit, side });
    for row in rows.iter().filter(|row| row.rule == "viridian" || row.kind == Kind::Equal) {
        let name = format!("{}{}", row.scenario, by(&row.rule));
        if matches!(row.kind, Kind::Null | Kind::Equal) {
            let (lower, upper) = row.p_rollback_bounds;
            if row.runs >= ENOUGH_RUNS {
                add(format!("{name}: rolled back"), row.p_rollback, Side::AtMost, FALSE_ROLLBACKS.0);
                add(format!("{name}: rolled back, upper bound"), upper, Side::AtMost, FALSE_ROLLBACKS.1);
            } else {
                add(format!("{name}: rolled back, lower bound"), lower, Side::AtMost, FALSE_ROLLBACKS.0);
            }
        }
        if row.kind == Kind::Equal {
            let in_time = row.p_in_time.unwrap_or(MISSING);
            add(format!("{name}: promoted in time"), in_time, Side::AtLeast, IN_TIME);
        }
        if matches!(row.kind, Kind::Margin | Kind::Broken) {
            let promoted = row.p_promote.unwrap_or(MISSING);
            add(format!("{name}: promoted"), promoted, Side::AtMost, WRONG_PROMOTIONS);
        }
        if row.kind == Kind::Broken {
            add(format!("{name}: blamed on the candidate"), row.p_rollback, Side::AtMost, FALSE_ROLLBACKS.0);
        }
    }
    for row in rows.iter().filter(|row| row.null && row.rule == "viridian-slices") {
        let what = format!("{}{}: rolled back", row.scenario, by(&row.rule));
        add(what, row.p_rollback, Side::AtMost, FALSE_ROLLBACKS_WITH_SLICES);
    }
    for row in rows.iter().filter(|row| row.rule == "viridian-kept") {
        let most = row.p_safe.iter().copied().max_by(f64::total_cmp).unwrap_or(MISSING);
        add(
            format!("{}: called safe by the most lenient guard at its margin", row.scenario),
            most,
            Side::AtMost,
            WRONG_PROMOTIONS,
        );
    }
    let row =
        |rule: &str, scenario: &str| rows.iter().find(|row| row.rule == rule && row.scenario == scenario);
    let ours = |scenario: &str| row("viridian", scenario);
    for figure in figures(config.usual.judged) {
        if let Some(row) = row(figure.rule, figure.scenario) {
            let found = (figure.of)(row).unwrap_or(MISSING);
            let what = format!("{}{}: {}", figure.scenario, by(figure.rule), figure.what);
            add(what, found, figure.side, figure.limit);
        }
    }
    for (rule, times) in [("flagger", 4.0), ("kayenta", 20.0)] {
        if let (Some(theirs), Some(ours)) = (row(rule, "errors-1-to-5"), ours("errors-1-to-5")) {
            let ratio = theirs.bad_answers.unwrap_or(MISSING) / ours.bad_answers.unwrap_or(MISSING);
            add(format!("errors-1-to-5: bad answers of {rule} by ours"), ratio, Side::AtLeast, times);
        }
    }
    for best in tuned::best(tried, swept).iter().filter(|best| best.measure == Measure::All) {
        if let Some(found) = &best.found {
            let what = format!("{}: cost of ours by that of the best {}", best.scenario, best.family);
            add(what, best.ours / found.cost, Side::AtMost, 1.0);
        }
    }
    bars.extend(split::bars(rows));
    bars
}

/// Names a rule where it is not ours with all guards.
fn by(rule: &str) -> String {
    if rule == "viridian" { String::new() } else { format!(" by {rule}") }
}

/// What of a row is the figure.
type Told = Box<dyn Fn(&Row) -> Option<f64>>;

/// A figure of one scenario and its bar.
struct Figure {
    rule: &'static str,
    scenario: &'static str,
    what: &'static str,
    of: Told,
    side: Side,
    limit: f64,
}

/// The figures of our rule; `judged` is the part of requests whose answer is judged.
fn figures(judged: f64) -> Vec<Figure> {
    let seconds = |scenario, limit| Figure {
        rule: "viridian",
        scenario,
        what: "median seconds",
        of: Box::new(|row| row.median_seconds),
        side: Side::AtMost,
        limit,
    };
    let counted = |scenario, what, part: f64, limit| Figure {
        rule: "viridian",
        scenario,
        what,
        of: Box::new(move |row| row.median_candidate_requests.map(|requests| requests * part)),
        side: Side::AtMost,
        limit,
    };
    let requests = |scenario, limit| counted(scenario, "candidate requests", 1.0, limit);
    vec![
        seconds("errors-1-to-5", 130.0),
        requests("errors-1-to-5", 260.0),
        seconds("errors-1-to-2", 1_300.0),
        Figure {
            rule: "viridian",
            scenario: "errors-1-to-2",
            what: "rolled back",
            of: Box::new(|row| Some(row.p_rollback)),
            side: Side::AtLeast,
            limit: 0.99,
        },
        Figure {
            rule: "viridian-slices",
            scenario: "one-tenant-of-16",
            what: "rolled back",
            of: Box::new(|row| Some(row.p_rollback)),
            side: Side::AtLeast,
            limit: 0.95,
        },
        seconds("errors-1-to-50", 10.0),
        requests("errors-1-to-50", 20.0),
        Figure { rule: "viridian-percentile", ..requests("latency-20", 500.0) },
        requests("cost-25", 350.0),
        counted("judged-90-to-86", "judged", judged, 1_200.0),
        counted("pairs-90-to-86", "pairs", 1.0, 650.0),
        requests("tiny-errors-1-to-5", 230.0),
    ]
}

#[cfg(test)]
mod tests;
