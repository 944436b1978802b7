//! Pairs of answers to the same request, as shadow traffic gives them: the product's judgement of pairs under scripted
//! preferences, because a gateway in between would add nothing but time.

use crate::config::Kind;
use crate::row::Row;
use crate::threads;
use anyhow::{Result, anyhow};
use viridian_core::analysis::judge::ALPHA_ROLLBACK;
use viridian_core::analysis::judge::pairs::{PairGuard, Watched, finds_harm};
use viridian_core::analysis::pairs::{Pair, PairTally, Preference};
use viridian_core::arm::Arm;
use viridian_core::epoch::Thresholds;
use viridian_core::guard::Margin;
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, Exempt, Standing};
use viridian_core::simulate::Dice;

/// The guard a scenario is about, three points of preference, and four on what both arms do alike and each pair does differently. Each
/// has a fifth of the error.
const GUARDS: [(Watched, Margin); 5] = [
    (Watched::Preference, Margin::Points(300)),
    (Watched::Metric(Metric::Errors), Margin::Points(50)),
    (Watched::Metric(Metric::Refusals), Margin::Points(50)),
    (Watched::Metric(Metric::Cost), Margin::Relative(2_000)),
    (Watched::Metric(Metric::OutputTokens), Margin::Relative(2_000)),
];
/// The most pairs that are looked at.
const MOST: u64 = 5_000;
/// How often an answer of either arm fails, and how often one that comes refuses.
const FAILS: f64 = 0.01;
const REFUSES: f64 = 0.02;
/// How many tokens answers have in the middle, and how far their logarithm deviates: by the request, and by the answer.
const TOKENS: f64 = 300.0;
const BY_REQUEST: f64 = 0.5;
const BY_ANSWER: f64 = 0.3;
/// What a token costs, in billionths.
const PRICE: u64 = 30_000;

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
pub(crate) fn rows(
    only: Option<&str>,
    (seed, threads): (u64, usize),
    runs: impl Fn(Kind) -> u64,
) -> Result<Vec<Row>> {
    let all = guards()?;
    let chosen = SCRIPTED.iter().filter(|scripted| only.is_none_or(|only| scripted.name.contains(only)));
    let row = |scripted: &Scripted, rule: &str, guards: &[PairGuard]| {
        let until = |run| pairs_until_worse(guards, scripted, Dice::seeded(seed.wrapping_add(run)).bits());
        let found = threads::each(threads, runs(scripted.kind), until)?;
        Ok(Row::of_pairs((scripted.name, scripted.kind), rule, &found))
    };
    let rows = chosen.flat_map(|scripted| {
        let alone = (scripted.kind == Kind::Worse).then(|| row(scripted, "viridian-one-guard", &all[..1]));
        std::iter::once(row(scripted, "viridian", &all)).chain(alone)
    });
    rows.collect()
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
        let typical = TOKENS * (BY_REQUEST * dice.normal()).exp();
        let [baseline, candidate] =
            [Arm::Baseline, Arm::Candidate].map(|arm| answer(arm, typical, &mut dice));
        let drawn = dice.uniform();
        let preference = if drawn < scripted.worse {
            Preference::Baseline
        } else if drawn < scripted.worse + scripted.better {
            Preference::Candidate
        } else {
            Preference::Neither
        };
        let pair = Pair {
            baseline: &baseline,
            candidate: &candidate,
            agreement: None,
            preference: Some(preference),
        };
        pairs.record(&pair, &Thresholds::default());
        let speaks_against = preference == Preference::Baseline
            || candidate.class.is_error()
            || candidate.contents.refused > baseline.contents.refused
            || candidate.contents.output_tokens > baseline.contents.output_tokens;
        speaks_against && finds_harm(guards, &pairs, ALPHA_ROLLBACK)
    })
}

/// What an arm makes of a request whose answers have so many tokens in the middle.
fn answer(arm: Arm, typical: f64, dice: &mut Dice) -> Outcome {
    let failed = dice.hits(FAILS);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
    let tokens = (typical * (BY_ANSWER * dice.normal()).exp()) as u64;
    let refused = dice.hits(REFUSES);
    let contents = Contents {
        refused: Some(refused),
        output_tokens: Some(tokens),
        cost: Some(PRICE * tokens),
        ..Contents::default()
    };
    Outcome {
        decision: Decision { arm, standing: Standing::Exempt(Exempt::NotCompared), unit: None },
        class: if failed { Class::UpstreamError } else { Class::Ok },
        latency_us: 800_000,
        first_token: FirstToken::NotStreamed,
        contents: if failed { Contents::default() } else { contents },
    }
}
