//! What is told around the best guess: it holds at every look, and that of a share does not go below zero where it is said
//! that the candidate is worse.

use crate::run::{Case, FIVE_GUARDS, Scene, at_most, runs};
use crate::traffic::{Callers, Traffic, Worse};
use crate::{CALM, FEW, USERS, drift};
use viridian_core::analysis::judge::{ALPHA_PROMOTE, verdicts};
use viridian_core::guard::{Guard, Margin};
use viridian_core::metric::Metric;

/// Between looks, in requests.
const BETWEEN: u64 = 100;

const IN_PER_CENT: [Guard; 1] = [Guard::new(Metric::Errors, Margin::Relative(5_000))];

/// How much worse the candidate is, on the scale of a guard.
fn truth(guard: &Guard, case: &Case) -> f64 {
    match (guard.metric, guard.margin) {
        (Metric::Errors, Margin::Relative(_)) => case.worse.errors / (case.both)(0.0).errors,
        (Metric::Errors, _) => case.worse.errors,
        (Metric::Feedback, _) => case.worse.negative,
        // Of means under a cap only that of equal arms is known.
        (Metric::Cost, _) => case.worse.cost - 1.0,
        _ => case.worse.latency - 1.0,
    }
}

/// For each guard, runs in which the truth was below what was told at any look, and in which it was above.
fn check(name: &str, case: &Case) {
    let mut missed = [[0_u64; 2]; FIVE_GUARDS.len()];
    for seed in 1..=runs() {
        let mut traffic = Traffic::new(case.callers, seed);
        let mut scene = Scene::calibrated(case, &mut traffic);
        let mut is_missed = [[false; 2]; FIVE_GUARDS.len()];
        for number in 0..case.requests {
            scene.count(case, &mut traffic, number);
            if number % BETWEEN != BETWEEN - 1 {
                continue;
            }
            let analysis = verdicts(case.guards, &scene.evidence, case.units());
            for (judged, [below, above]) in analysis.guards.iter().zip(&mut is_missed) {
                let (effect, truth) = (judged.effect, truth(&judged.guard, case));
                *below |= effect.lower.is_some_and(|lower| truth < lower - 1e-9);
                *above |= effect.upper.is_some_and(|upper| truth > upper + 1e-9);
                // The ends of percentiles lie at edges of the histogram's buckets, farther out.
                let says_worse = judged.verdict.is_fail() && judged.guard.metric.percentile().is_none();
                let is_denied = effect.lower.is_none_or(|lower| lower < 0.0);
                assert!(!says_worse || !is_denied, "{name}, run {seed} after {number}: {judged:?}");
            }
        }
        for (missed, is_missed) in missed.iter_mut().flatten().zip(is_missed.into_iter().flatten()) {
            *missed += u64::from(is_missed);
        }
    }
    print(name, missed);
    let most = at_most(runs(), ALPHA_PROMOTE / 2.0);
    assert!(missed.iter().flatten().all(|missed| *missed <= most), "{name}: {missed:?} of {}", runs());
}

#[expect(clippy::print_stdout, reason = "the rates are what this test is run for")]
fn print(name: &str, missed: [[u64; 2]; FIVE_GUARDS.len()]) {
    println!("{name:<31} {:>5} runs: the truth was below and above what was told in {missed:?}", runs());
}

const FIVE_TIMES: Worse = Worse { errors: 0.04, negative: 0.10, latency: 1.35, ..Worse::NOT };

#[test]
fn what_is_told_of_requests_holds_at_every_look() {
    let case = Case { requests: 6_000, ..CALM };
    check("told, equal", &Case { guards: &FIVE_GUARDS, ..case });
    check("told, equal under drift", &Case { guards: &FIVE_GUARDS, both: drift, ..case });
    check("told, much worse", &Case { worse: FIVE_TIMES, ..case });
    check("told, much worse under drift", &Case { worse: FIVE_TIMES, both: drift, ..case });
    check("told in per cent", &Case { worse: FIVE_TIMES, guards: &IN_PER_CENT, ..case });
}

/// A race counts bad opinions by request, and a candidate that more callers speak of has more of them.
#[test]
fn what_is_told_of_opinions_holds_where_more_callers_have_one() {
    let worse = Worse { spoken_of: 2.0, ..Worse::NOT };
    for (name, callers) in [("requests", Callers::Independent), ("users", USERS)] {
        check(&format!("told, more opinions, {name}"), &Case { callers, worse, requests: 6_000, ..CALM });
    }
}

#[test]
fn what_is_told_of_users_holds_at_every_look() {
    let alike = Callers::Sticky { users: 2_000, activity: 0.5, proneness: 0.3, heaviest: 0.0 };
    for (name, callers) in [("alike", alike), ("unequal", USERS), ("few", FEW)] {
        let case = Case { callers, shares: &[(0.0, 2_500)], requests: 6_000, ..CALM };
        check(&format!("told, equal, users {name}"), &Case { guards: &FIVE_GUARDS, ..case });
        check(&format!("told, much worse, users {name}"), &Case { worse: FIVE_TIMES, ..case });
        let case = Case { worse: FIVE_TIMES, guards: &IN_PER_CENT, ..case };
        check(&format!("told in per cent, users {name}"), &case);
    }
}
