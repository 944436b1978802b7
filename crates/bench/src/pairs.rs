//! Pairs of answers to the same request, as shadow traffic gives them: the product's judgement of pairs under scripted
//! preferences, because a gateway in between would add nothing but time.

use crate::config::Kind;
use crate::row::Row;
use anyhow::{Result, anyhow};
use viridian_core::analysis::judge::ALPHA_ROLLBACK;
use viridian_core::analysis::judge::pairs::{PairGuard, Watched, verdicts};
use viridian_core::analysis::pairs::{Pair, PairTally, Preference};
use viridian_core::arm::Arm;
use viridian_core::epoch::Thresholds;
use viridian_core::guard::Margin;
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, Exempt, Standing};
use viridian_core::simulate::Dice;

/// The guard a scenario is about, three points of preference, and four that see answers that are alike. Each has a fifth of
/// the error.
const GUARDS: [(Watched, Margin); 5] = [
    (Watched::Preference, Margin::Points(300)),
    (Watched::Metric(Metric::Errors), Margin::Points(50)),
    (Watched::Metric(Metric::Refusals), Margin::Points(50)),
    (Watched::Metric(Metric::Cost), Margin::Relative(2_000)),
    (Watched::Metric(Metric::OutputTokens), Margin::Relative(2_000)),
];
/// The most pairs that are looked at.
const MOST: u64 = 5_000;
/// What both answers come to but for how good they are.
const ANSWER: Outcome = Outcome {
    decision: Decision { arm: Arm::Baseline, standing: Standing::Exempt(Exempt::NotCompared), unit: None },
    class: Class::Ok,
    latency_us: 800_000,
    first_token: FirstToken::NotStreamed,
    contents: Contents {
        refused: Some(false),
        empty: None,
        truncated: None,
        invalid_output: None,
        invalid_tool_calls: None,
        missed_cache: None,
        input_tokens: None,
        cached_tokens: None,
        output_tokens: Some(300),
        cost: Some(10_000_000),
    },
};

/// A scenario: how often the baseline's answer is the better one, and how often the candidate's is.
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
pub(crate) fn rows(only: Option<&str>, seed: u64, runs: impl Fn(Kind) -> u64) -> Result<Vec<Row>> {
    let all = guards()?;
    let chosen = SCRIPTED.iter().filter(|scripted| only.is_none_or(|only| scripted.name.contains(only)));
    let row = |scripted: &Scripted, rule: &str, guards: &[PairGuard]| {
        let until = |run| pairs_until_worse(guards, scripted, Dice::seeded(seed.wrapping_add(run)).bits());
        let found: Vec<Option<u64>> = (0..runs(scripted.kind)).map(until).collect();
        Row::of_pairs((scripted.name, scripted.kind), rule, &found)
    };
    let rows = chosen.flat_map(|scripted| {
        let alone = (scripted.kind == Kind::Worse).then(|| row(scripted, "viridian-one-guard", &all[..1]));
        std::iter::once(row(scripted, "viridian", &all)).chain(alone)
    });
    Ok(rows.collect())
}

fn guards() -> Result<Vec<PairGuard>> {
    let guard = |(watched, margin)| {
        PairGuard::new(watched, margin).map_err(|unfit| anyhow!("a guard over pairs is {unfit:?}"))
    };
    GUARDS.into_iter().map(guard).collect()
}

/// How many pairs it takes until the candidate is called worse, with a look after every pair that speaks against it.
fn pairs_until_worse(guards: &[PairGuard], scripted: &Scripted, seed: u64) -> Option<u64> {
    let (mut dice, mut pairs) = (Dice::seeded(seed), PairTally::default());
    (1..=MOST).find(|_| {
        let drawn = dice.uniform();
        let preference = if drawn < scripted.worse {
            Preference::Baseline
        } else if drawn < scripted.worse + scripted.better {
            Preference::Candidate
        } else {
            Preference::Neither
        };
        let pair =
            Pair { baseline: &ANSWER, candidate: &ANSWER, agreement: None, preference: Some(preference) };
        pairs.record(&pair, &Thresholds::default());
        let is_worse =
            || verdicts(guards, &pairs, ALPHA_ROLLBACK).iter().any(|found| found.verdict.is_fail());
        preference == Preference::Baseline && is_worse()
    })
}
