//! Pairs of answers to the same request, as shadow traffic gives them: the estimator alone, under scripted outcomes,
//! because the product has no shadow yet.

use crate::config::Kind;
use crate::row::Row;
use viridian_core::simulate::Dice;
use viridian_core::stats::evidence::paired::{Pairs, difference, log_e_harm};

/// A fifth of the error of a rollout, as one of five guards.
const ALPHA: f64 = 0.01 / 5.0;
/// How much lower the candidate's share of passes may be.
const MARGIN: f64 = 0.03;
/// The most pairs that are looked at.
const MOST: u64 = 5_000;

/// A scenario: how often the candidate alone fails, and how often the baseline alone does.
struct Scripted {
    name: &'static str,
    kind: Kind,
    worse: f64,
    better: f64,
}

const SCRIPTED: [Scripted; 2] = [
    Scripted { name: "pairs-90-to-86", kind: Kind::Worse, worse: 0.06, better: 0.02 },
    Scripted { name: "null-pairs", kind: Kind::Null, worse: 0.04, better: 0.04 },
];

/// The rows of the scenarios whose name contains `only`; what is counted as requests are pairs.
pub(crate) fn rows(only: Option<&str>, seed: u64, runs: impl Fn(Kind) -> u64) -> Vec<Row> {
    let chosen = SCRIPTED.iter().filter(|scripted| only.is_none_or(|only| scripted.name.contains(only)));
    chosen
        .map(|scripted| {
            let found: Vec<Option<u64>> = (0..runs(scripted.kind))
                .map(|run| pairs_until_worse(scripted, Dice::seeded(seed.wrapping_add(run)).bits()))
                .collect();
            Row::of_pairs(scripted.name, scripted.kind, &found)
        })
        .collect()
}

/// How many pairs it takes until the candidate is called worse.
fn pairs_until_worse(scripted: &Scripted, seed: u64) -> Option<u64> {
    let mut dice = Dice::seeded(seed);
    let mut pairs = Pairs::default();
    (1..=MOST).find(|_| {
        let drawn = dice.uniform();
        if drawn >= scripted.worse {
            let is_better = drawn < scripted.worse + scripted.better;
            *if is_better { &mut pairs.better } else { &mut pairs.tied } += 1;
            return false;
        }
        pairs.worse += 1;
        difference(&pairs).is_some_and(|lower| lower >= MARGIN) && log_e_harm(&pairs) >= -ALPHA.ln()
    })
}
