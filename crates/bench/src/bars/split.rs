//! How often a sound split is called broken: [`bars`], for every scenario in which the candidate is no worse and for all of them
//! together.
//!
//! The product says one of a thousand rollouts at most. So rare a thing is seen a few times by chance in one of many scenarios, so a
//! scenario is allowed what chance explains among them, and all of them together are held to the rate itself.

use super::{Bar, ENOUGH_RUNS, Side};
use crate::config::Kind;
use crate::row::Row;
use crate::run::Rate;
use viridian_core::analysis::judge::ALPHA_SPLIT;

/// Chance misses one of these bars, or the one over all scenarios, as often in a split that is called broken as often as promised.
const CHANCE: f64 = 0.01;
/// With so many times what a scenario needs an upper bound can be below the rate that is promised.
const SCENARIOS: u64 = 10;

/// The bars over rows of ours.
pub(super) fn bars(rows: &[Row]) -> Vec<Bar> {
    let rates: Vec<(String, Rate)> = rows.iter().filter_map(called_broken).collect();
    let tests = rates.len() as f64;
    let at_most = |what: String, found: f64, limit: f64| Bar { what, found, limit, side: Side::AtMost };
    let mut bars: Vec<Bar> = rates
        .iter()
        .map(|(what, rate)| at_most(what.clone(), rate.share(), explained(rate.runs, CHANCE / tests).share()))
        .collect();
    let events = rates.iter().map(|(_, rate)| rate.events).sum();
    let all = Rate { events, runs: rates.iter().map(|(_, rate)| rate.runs).sum() };
    if rates.len() > 1 {
        let what = "all clean and equal candidates: a sound split called broken";
        bars.push(at_most(what.to_owned(), all.share(), explained(all.runs, CHANCE).share()));
        if all.runs >= SCENARIOS * ENOUGH_RUNS {
            bars.push(at_most(format!("{what}, upper bound"), all.bounds().1, ALPHA_SPLIT));
        }
    }
    bars
}

/// How often the split of a scenario was, by ours as it is held to its other bars.
fn called_broken(row: &Row) -> Option<(String, Rate)> {
    let is_ours = row.kind == Kind::Null && row.rule == "viridian" || row.kind == Kind::Equal;
    let share = row.p_split_broken.filter(|_| is_ours)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of the runs")]
    let events = (share * row.runs as f64).round() as u64;
    let what = format!("{}{}: a sound split called broken", row.scenario, super::by(&row.rule));
    Some((what, Rate { events, runs: row.runs }))
}

/// The most of so many runs that are called broken by chance, where more has at most this chance (binomial).
fn explained(runs: u64, chance: f64) -> Rate {
    let odds = ALPHA_SPLIT / (1.0 - ALPHA_SPLIT);
    let mut exactly = (runs as f64 * (-ALPHA_SPLIT).ln_1p()).exp();
    let (mut events, mut more) = (0, 1.0 - exactly);
    while more > chance && events < runs {
        exactly *= odds * (runs - events) as f64 / (events + 1) as f64;
        events += 1;
        more -= exactly;
    }
    Rate { events, runs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_explains_what_the_binomial_does() {
        let check = |runs, chance, events| {
            assert_eq!(explained(runs, chance).events, events, "{runs} runs, {chance}");
        };
        // More than 3 of 200, 6 of 2,000 and 60 of 44,000 at 0.1 % have chances of 0.000_06, 0.004_5 and 0.009.
        check(200, 0.000_4, 3);
        check(2_000, 0.01, 6);
        check(2_000, 0.000_4, 8);
        check(44_000, 0.01, 60);
        check(0, 0.01, 0);
    }
}
