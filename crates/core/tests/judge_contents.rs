//! How often `judge` is wrong about what answers say, by simulation: amounts with long tails, and shares that are read in
//! answers. Requests are drawn, counted and judged as in production, with caps and centres from earlier epochs, and the
//! judge is asked again and again. Of clean candidates at most one in a hundred may be rolled back; of candidates exactly at
//! a margin at most one in twenty may pass its guard. `VIRIDIAN_SIMULATION_RUNS` sets how many runs there are.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "rates are for those who run it by hand")]

#[path = "judge_contents/run.rs"]
mod run;
#[path = "judge_contents/remembered.rs"]
mod remembered;

use run::{CLEAN, Case, Ended, Ending};
use viridian_core::analysis::judge::{ALPHA_PROMOTE, ALPHA_ROLLBACK, Units};
use viridian_core::analysis::verdict::{Verdict, Wait};
use viridian_core::guard::{Guard, Margin};
use viridian_core::metric::Metric;

/// How many runs without `VIRIDIAN_SIMULATION_RUNS`. What so many can see is told in docs/error-rates.md.
const RUNS: u64 = 100;
const fn guard(metric: Metric, margin: Margin) -> Guard {
    Guard::new(metric, margin)
}

const GUARDS: [Guard; 3] = [
    guard(Metric::Cost, Margin::Relative(2_000)),
    guard(Metric::OutputTokens, Margin::Relative(2_000)),
    guard(Metric::Refusals, Margin::Points(200)),
];

/// The same, called worse only beyond their margins; and what a good answer costs.
const STRICT_GUARDS: [Guard; 4] = [
    Guard { strict: true, ..GUARDS[0] },
    Guard { strict: true, ..GUARDS[1] },
    Guard { strict: true, ..GUARDS[2] },
    Guard { strict: true, ..guard(Metric::CostPerSuccess, Margin::Relative(2_300)) },
];

fn runs() -> u64 {
    std::env::var("VIRIDIAN_SIMULATION_RUNS").map_or(RUNS, |runs| runs.parse().unwrap())
}

/// How many runs may be wrong when the rate is `bound`: three deviations above the mean.
fn at_most(bound: f64) -> usize {
    let mean = runs() as f64 * bound;
    (mean + 3.0 * (mean * (1.0 - bound)).sqrt()).ceil() as usize
}

fn all(name: &str, case: &Case) -> Vec<Ended> {
    let all: Vec<Ended> = (1..=runs()).map(|seed| case.run(seed)).collect();
    let passed = |guard: usize| all.iter().filter(|ended| ended.passed[guard]).count();
    let found = all.iter().filter(|ended| ended.found.is_some()).count();
    println!(
        "{name}: {found} of {} found worse, {:?} passed",
        all.len(),
        (0..case.guards.len()).map(passed).collect::<Vec<_>>()
    );
    all
}

fn check_clean(name: &str, case: &Case) {
    let wrong = all(name, case).iter().filter(|ended| ended.found.is_some()).count();
    assert!(wrong <= at_most(ALPHA_ROLLBACK), "{name}: {wrong} clean candidates were found worse");
}

fn check_at_the_margin(name: &str, case: &Case) {
    let all = all(name, &Case { ending: Ending::AtTheEnd, ..*case });
    for (place, guard) in case.guards.iter().enumerate() {
        let passed = all.iter().filter(|ended| ended.passed[place]).count();
        assert!(
            passed <= at_most(ALPHA_PROMOTE),
            "{name}: {} passed {passed} times at its margin",
            guard.metric
        );
    }
}

fn check_finds(name: &str, case: &Case, metrics: &[Metric], median: u64) {
    let all = all(name, case);
    let mut found: Vec<u64> = all
        .iter()
        .filter_map(|ended| ended.found.filter(|(_, metric)| metrics.contains(metric)))
        .map(|(requests, _)| requests)
        .collect();
    found.sort_unstable();
    assert!(found.len() * 10 >= all.len() * 9, "{name}: only {} of {} found", found.len(), all.len());
    let middle = found[found.len() / 2];
    println!("{name}: {middle} candidate requests in the median");
    assert!(middle <= median, "{name}: found after {middle} candidate requests");
}

const AMOUNTS: [Metric; 2] = [Metric::Cost, Metric::OutputTokens];

/// Two of every ten minutes everything is twice as dear.
fn bursts(second: u64) -> f64 {
    if second % 600 < 120 { 2.0 } else { 1.0 }
}

/// It becomes twice as dear while the rollout runs.
fn drift(second: u64) -> f64 {
    1.0 + second as f64 / 450.0
}

#[test]
fn clean_candidates_are_kept() {
    check_clean("calm", &CLEAN);
    check_clean("bursts", &Case { level: bursts, ..CLEAN });
    check_clean("drift", &Case { level: drift, weight: 5_000, ..CLEAN });
    check_clean("long tails", &Case { spread: 1.6, ..CLEAN });
}

#[test]
fn clean_candidates_of_users_are_kept() {
    check_clean("users", &Case { units: Units::Sticky, weight: 5_000, ..CLEAN });
    check_clean("users, bursts", &Case { units: Units::Sticky, level: bursts, ..CLEAN });
}

#[test]
fn candidates_at_the_margin_are_kept_by_strict_guards() {
    let worse = Case { weight: 5_000, guards: &STRICT_GUARDS, worse: (1.2, 0.02), ..CLEAN };
    check_clean("strict", &Case { spread: 0.5, ..worse });
    check_clean("strict, drift", &Case { level: drift, ..worse });
    check_clean("strict, users", &Case { units: Units::Sticky, ..worse });
    let dearer = Case { worse: (1.6, 0.02), ..worse };
    let found = all("strict, far beyond", &dearer).iter().filter(|ended| ended.found.is_some()).count();
    assert!(found as u64 * 10 >= runs() * 9, "{found}");
}

#[test]
fn candidates_at_the_margin_rarely_pass() {
    let worse = Case { worse: (1.2, 0.02), weight: 5_000, ..CLEAN };
    check_at_the_margin("at the margin", &Case { spread: 0.5, ..worse });
    check_at_the_margin("at the margin, drift", &Case { level: drift, ..worse });
    check_at_the_margin("at the margin, users", &Case { units: Units::Sticky, ..worse });
}

#[test]
fn what_is_worse_is_found() {
    let dearer = Case { worse: (1.25, 0.0), ..CLEAN };
    check_finds("a quarter dearer", &dearer, &AMOUNTS, 350);
    check_finds("a quarter dearer, bursts", &Case { level: bursts, ..dearer }, &AMOUNTS, 500);
    check_finds(
        "twice as dear by user",
        &Case { worse: (2.0, 0.0), units: Units::Sticky, ..CLEAN },
        &AMOUNTS,
        350,
    );
    check_finds("six points more refusals", &Case { worse: (1.0, 0.06), ..CLEAN }, &[Metric::Refusals], 250);
}

#[test]
fn an_equal_candidate_is_shown_safe() {
    let all = all("equal", &Case { weight: 5_000, spread: 0.5, ..CLEAN });
    let passed = all.iter().filter(|ended| ended.passed == [true; 3]).count();
    assert!(passed * 100 >= all.len() * 85, "only {passed} of {} passed", all.len());
}

/// What a tenth of its answers leave out could be all that makes the candidate dearer.
#[test]
fn a_candidate_that_tells_less_is_neither_safe_nor_worse() {
    let ended = Case { weight: 5_000, spread: 0.5, silent: 0.1, ..CLEAN }.run(7);
    assert!(ended.found.is_none());
    assert!(!ended.passed[0] && !ended.passed[1] && ended.passed[2]);
    assert_eq!(ended.last, Some(Verdict::Wait(Wait::Unread)));
}

/// A mean of times, and what all answers cost for each good one.
const MEANS: [Guard; 2] = [
    guard(Metric::CostPerSuccess, Margin::Relative(2_000)),
    guard(Metric::LatencyMean, Margin::Relative(2_000)),
];
const EQUAL: Case = Case { guards: &MEANS, ..CLEAN };

#[test]
fn clean_candidates_are_kept_by_ratios_and_mean_times() {
    check_clean("means, bursts", &Case { level: bursts, ..EQUAL });
    check_clean("means, drift", &Case { level: drift, weight: 5_000, ..EQUAL });
    check_clean("means, failing", &Case { failing: (0.05, 0.2), weight: 5_000, ..EQUAL });
    check_clean("means, baseline failing", &Case { failing: (0.2, 0.05), weight: 5_000, ..EQUAL });
    check_clean("means, users", &Case { units: Units::Sticky, weight: 5_000, ..EQUAL });
    // As dear per good answer as the baseline, and cheaper by request by what its refusals are worth.
    let refusing = Case { worse: (0.68 / 0.98, 0.3), weight: 5_000, ..EQUAL };
    check_clean("refusing more, as dear by good answer", &refusing);
    check_clean("refusing more, drift", &Case { level: drift, ..refusing });
}

/// Whatever is judged, the range that is told holds what is true.
#[test]
fn the_ranges_that_are_told_hold_the_truth() {
    const TOLD: [Guard; 4] = [
        guard(Metric::LatencyP95, Margin::Relative(2_000)),
        guard(Metric::Cost, Margin::Relative(2_000)),
        MEANS[0],
        MEANS[1],
    ];
    let case = Case { guards: &TOLD, worse: (1.25, 0.0), slower: 1.25, weight: 2_500, ..CLEAN };
    let check = |name: &str, case: &Case| {
        let told: Vec<_> = (1..=runs() / 2).map(|seed| case.run(seed).told).collect();
        for (place, guard) in TOLD.iter().enumerate() {
            let ranges = told.iter().map(|told| told[place]);
            let ranges: Vec<(f64, f64)> =
                ranges.map(|range| (range.lower.unwrap(), range.upper.unwrap())).collect();
            let misses = ranges.iter().filter(|(lower, upper)| *lower > 0.25 || *upper < 0.25).count();
            let width = ranges.iter().map(|(lower, upper)| upper - lower).sum::<f64>() / ranges.len() as f64;
            println!("{name}: {} misses {misses} times, {:.1} % wide", guard.metric, 100.0 * width);
            assert!(misses <= at_most(ALPHA_PROMOTE) / 2, "{name}: {} misses {misses} times", guard.metric);
            assert!(width < 0.6, "{name}: {} says little", guard.metric);
        }
    };
    check("told", &Case { ending: Ending::AtTheEnd, ..case });
    check("told, drift", &Case { ending: Ending::AtTheEnd, level: drift, ..case });
    check("told, users", &Case { ending: Ending::AtTheEnd, units: Units::Sticky, weight: 5_000, ..case });
}

#[test]
fn ratios_and_mean_times_at_the_margin_rarely_pass() {
    let worse = Case { worse: (1.2, 0.0), slower: 1.2, weight: 5_000, spread: 0.5, ..EQUAL };
    check_at_the_margin("means at the margin", &worse);
    check_at_the_margin("means at the margin, drift", &Case { level: drift, ..worse });
    check_at_the_margin("means at the margin, users", &Case { units: Units::Sticky, ..worse });
    let refusing = Case { worse: (1.2 * 0.68 / 0.98, 0.3), ..worse };
    check_at_the_margin("refusing more, at the margin", &refusing);
    check_at_the_margin("refusing more, at the margin, drift", &Case { level: drift, ..refusing });
    check_at_the_margin("failing more, at the margin", &Case { failing: (0.0, 0.1), ..worse });
    check_at_the_margin("failing less, at the margin", &Case { failing: (0.1, 0.0), ..worse });
}

#[test]
fn worse_ratios_and_mean_times_are_found() {
    let slower = Case { slower: 1.25, ..EQUAL };
    check_finds("a quarter slower", &slower, &[Metric::LatencyMean], 250);
    check_finds("a quarter slower, bursts", &Case { level: bursts, ..slower }, &[Metric::LatencyMean], 400);
    let cheaper = Case { worse: (0.9, 0.4), ..EQUAL };
    let per_success = [Metric::CostPerSuccess];
    check_finds("cheaper by request, dearer by good answer", &cheaper, &per_success, 250);
    check_finds("the same by user", &Case { units: Units::Sticky, ..cheaper }, &per_success, 500);
    check_finds("not one good answer", &Case { worse: (1.0, 1.0), ..EQUAL }, &per_success, 100);
}

#[test]
fn equal_ratios_and_mean_times_are_shown_safe() {
    let all = all("equal means", &Case { weight: 5_000, spread: 0.5, ..EQUAL });
    let passed = all.iter().filter(|ended| ended.passed == [true; 2]).count();
    assert!(passed * 100 >= all.len() * 85, "only {passed} of {} passed", all.len());
}
