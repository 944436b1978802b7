//! The figures that have bars, in small: regressions are found about as soon as the published size holds them to.

use super::*;
use crate::experiment::{Task, run};
use crate::ours::LooksAfter;
use std::path::Path;

/// Few enough for seconds.
const RUNS: u64 = 40;
/// What chance may add to a median of so few runs, and take from a share.
const MORE: f64 = 1.3;
const LESS: f64 = 0.1;

#[test]
fn regressions_are_found_about_as_soon_as_their_bars_say() {
    let config = Config::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/decisions")).unwrap();
    let figures = figures(config.usual.judged);
    let mut held = 0;
    for scenario in &config.scenarios {
        let of_scenario = || figures.iter().filter(|figure| figure.scenario == scenario.name);
        if of_scenario().next().is_none() {
            continue;
        }
        let task = Task {
            config: &config,
            scenario,
            seed: config.seed,
            runs: RUNS,
            threads: 2,
            looks_after: LooksAfter::Candidate,
            settings: &[],
        };
        let rows = Row::all(scenario, &run(&task).unwrap(), &[]);
        for figure in of_scenario() {
            let row = rows.iter().find(|row| row.rule == figure.rule).unwrap();
            let found = (figure.of)(row).unwrap_or(MISSING);
            let is_held = match figure.side {
                Side::AtMost => found <= MORE * figure.limit,
                Side::AtLeast => found >= figure.limit - LESS,
            };
            assert!(is_held, "{} of {}: {found}, bar {}", figure.what, figure.scenario, figure.limit);
            held += 1;
        }
    }
    assert_eq!(held, figures.len() - 1, "every figure but that of pairs");
}
