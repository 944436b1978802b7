//! Judging pairs of answers to the same requests: what is found, what is never concluded, and how often it is wrong, asked
//! again after every pair.

#![expect(clippy::print_stdout, reason = "the rates are worth reading")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "stats_error_rates/runs.rs"]
mod runs;

use runs::{Dice, check, check_at, check_finds};
use viridian_core::agreement::Agreement;
use viridian_core::analysis::judge::ALPHA_ROLLBACK;
use viridian_core::analysis::judge::pairs::{
    PairGuard, PairJudgement, Unfit, Watched, finds_harm, judge, verdicts,
};
use viridian_core::analysis::pairs::{Pair, PairTally, Preference};
use viridian_core::analysis::verdict::{Verdict, Wait};
use viridian_core::arm::Arm;
use viridian_core::epoch::{Threshold, Thresholds};
use viridian_core::guard::{Margin, OnFail};
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, Exempt, Standing};

const FAIL: Verdict = Verdict::Fail(OnFail::Rollback);
const UNDECIDED: Verdict = Verdict::Wait(Wait::Undecided);
/// The baseline's 95th percentile below, in microseconds, and the same with a fifth granted.
const SLOW: Threshold = Threshold { at_us: 2_000_000, scaled_us: 2_400_000 };

const ERRORS: Watched = Watched::Metric(Metric::Errors);
const REFUSALS: Watched = Watched::Metric(Metric::Refusals);
const SLOWNESS: Watched = Watched::Metric(Metric::LatencyP95);
const COST: Watched = Watched::Metric(Metric::Cost);

fn points(hundredths: u32) -> Margin {
    Margin::Points(hundredths)
}

fn per_cent(hundredths: u32) -> Margin {
    Margin::Relative(hundredths)
}

fn guard(watched: Watched, margin: Margin) -> PairGuard {
    PairGuard::new(watched, margin).unwrap()
}

/// What one answer is.
#[derive(Clone, Copy)]
struct Answer {
    fails: bool,
    refuses: Option<bool>,
    latency_us: u64,
    cost: Option<u64>,
}

const GOOD: Answer = Answer { fails: false, refuses: Some(false), latency_us: 800_000, cost: Some(1_000) };
const BAD: Answer = Answer { refuses: Some(true), latency_us: 3_000_000, cost: Some(2_000), ..GOOD };
const FAILED: Answer = Answer { fails: true, refuses: None, latency_us: 1_000, cost: None };

impl Answer {
    fn outcome(self, arm: Arm) -> Outcome {
        Outcome {
            decision: Decision { arm, standing: Standing::Exempt(Exempt::Pinned), unit: None },
            class: if self.fails { Class::UpstreamError } else { Class::Ok },
            latency_us: self.latency_us,
            first_token: FirstToken::NotStreamed,
            contents: Contents { refused: self.refuses, cost: self.cost, ..Contents::default() },
        }
    }
}

fn record(tally: &mut PairTally, baseline: Answer, candidate: Answer) {
    let [baseline, candidate] = [baseline.outcome(Arm::Baseline), candidate.outcome(Arm::Candidate)];
    let pair = Pair { baseline: &baseline, candidate: &candidate, agreement: None, preference: None };
    tally.record(&pair, &Thresholds::only(Metric::LatencyP95, SLOW));
}

fn pairs(kinds: &[(u32, Answer, Answer)]) -> PairTally {
    let mut tally = PairTally::default();
    for (count, baseline, candidate) in kinds {
        (0..*count).for_each(|_| record(&mut tally, *baseline, *candidate));
    }
    tally
}

fn judged(guard: PairGuard, tally: &PairTally) -> PairJudgement {
    judge(&[guard], tally, ALPHA_ROLLBACK)[0]
}

/// The verdict alone, as after every pair.
fn verdict(guard: PairGuard, tally: &PairTally) -> Verdict {
    verdicts(&[guard], tally, ALPHA_ROLLBACK)[0].verdict
}

#[test]
fn each_kind_of_guard_finds_what_it_is_for() {
    let check = |watched, margin, kinds: &[(u32, Answer, Answer)], expected| {
        let (guard, tally) = (guard(watched, margin), pairs(kinds));
        let found = judged(guard, &tally);
        assert_eq!(found.verdict, expected, "{found:?}");
        assert_eq!(finds_harm(&[guard], &tally, ALPHA_ROLLBACK), expected == FAIL, "{found:?}");
    };
    let clean = [(900, GOOD, GOOD), (40, BAD, BAD), (30, BAD, GOOD), (30, GOOD, BAD)];
    let worse = [(800, GOOD, GOOD), (40, BAD, BAD), (10, BAD, GOOD), (150, GOOD, BAD)];
    for (watched, margin) in [(REFUSALS, points(500)), (REFUSALS, per_cent(10_000)), (COST, per_cent(1_000))]
    {
        check(watched, margin, &clean, Verdict::Pass);
        check(watched, margin, &worse, FAIL);
        check(watched, margin, &clean[2..], UNDECIDED);
        check(watched, margin, &[], Verdict::Wait(Wait::NoData));
    }
    let slower = |latency_us| Answer { latency_us, ..GOOD };
    check(
        SLOWNESS,
        per_cent(2_000),
        &[(940, GOOD, GOOD), (60, slower(2_100_000), slower(2_150_000))],
        Verdict::Pass,
    );
    check(SLOWNESS, per_cent(2_000), &[(900, GOOD, GOOD), (50, BAD, BAD), (50, GOOD, BAD)], FAIL);
    check(ERRORS, points(100), &[(900, GOOD, GOOD)], Verdict::Pass);
    check(ERRORS, points(100), &[(900, GOOD, GOOD), (20, GOOD, FAILED)], FAIL);
}

#[test]
fn the_estimate_lies_within_its_bounds() {
    let tally = pairs(&[(300, GOOD, GOOD), (40, BAD, BAD), (30, BAD, GOOD), (50, GOOD, BAD)]);
    for (watched, margin) in [(REFUSALS, points(500)), (COST, per_cent(2_000))] {
        let effect = judged(guard(watched, margin), &tally).effect;
        let (estimate, lower, upper) =
            (effect.estimate.unwrap(), effect.lower.unwrap(), effect.upper.unwrap());
        assert!(lower < estimate && estimate < upper, "{effect:?}");
    }
}

/// A tolerable difference is no reason to go back, however sure it is.
#[test]
fn what_is_within_the_margin_does_not_fail() {
    let tally = pairs(&[(9_600, GOOD, GOOD), (300, GOOD, BAD), (100, BAD, GOOD)]);
    let found = judged(guard(REFUSALS, points(300)), &tally);
    assert!(found.log_harm > 20.0 && !found.verdict.is_fail(), "{found:?}");
}

/// A candidate that fails where it would have refused has told nothing, and nothing is not safe. Nor is it blamed for what is
/// not known: for its failures there is a guard on errors.
#[test]
fn answers_that_do_not_tell_never_pass_and_never_blame() {
    let silent = pairs(&[(900, GOOD, GOOD), (100, GOOD, FAILED)]);
    for (watched, margin) in [(REFUSALS, points(500)), (SLOWNESS, per_cent(2_000)), (COST, per_cent(1_000))] {
        let found = judged(guard(watched, margin), &silent);
        assert_eq!(found.verdict, UNDECIDED, "{found:?}");
    }
    let neither_tells = pairs(&[(900, FAILED, FAILED)]);
    for watched in [REFUSALS, COST] {
        let found = judged(guard(watched, per_cent(1_000)), &neither_tells);
        assert_eq!(found.verdict, Verdict::Wait(Wait::NoData), "{found:?}");
    }
}

/// Of what a candidate costs that answers at all, one that fails half of the time is not the cheaper.
#[test]
fn a_candidate_that_fails_is_not_cheaper_for_it() {
    let found = judged(guard(COST, per_cent(1_000)), &pairs(&[(500, GOOD, GOOD), (500, GOOD, FAILED)]));
    assert_ne!(found.verdict, Verdict::Pass, "{found:?}");
}

#[test]
fn tallies_add_in_any_order() {
    let one = pairs(&[(10, GOOD, BAD), (3, FAILED, GOOD)]);
    let other = pairs(&[(7, GOOD, GOOD), (2, BAD, FAILED)]);
    let (mut there, mut back) = (one.clone(), other.clone());
    there.add(&other);
    back.add(&one);
    assert_eq!(there, back);
    assert_eq!(there, pairs(&[(7, GOOD, GOOD), (2, BAD, FAILED), (10, GOOD, BAD), (3, FAILED, GOOD)]));
    assert_eq!(there.pairs(), 22);
}

#[test]
fn a_margin_has_to_fit_what_it_is_for() {
    let check = |watched, margin, expected: Result<(), Unfit>| {
        assert_eq!(PairGuard::new(watched, margin).map(|_| ()), expected, "{watched:?} {margin}");
    };
    check(ERRORS, points(100), Ok(()));
    check(ERRORS, per_cent(25_000), Ok(()));
    check(ERRORS, points(0), Err(Unfit::OutOfRange));
    check(ERRORS, points(10_000), Err(Unfit::OutOfRange));
    check(COST, per_cent(17_000), Ok(()));
    check(COST, per_cent(17_200), Err(Unfit::OutOfRange));
    check(COST, points(100), Err(Unfit::NeedsPerCent));
    check(SLOWNESS, points(100), Err(Unfit::NeedsPerCent));
    check(Watched::Disagreement, per_cent(100), Err(Unfit::NeedsPoints));
    check(Watched::Preference, per_cent(100), Err(Unfit::NeedsPoints));
    check(Watched::Metric(Metric::Feedback), points(100), Err(Unfit::NotOfPairs));
    check(Watched::Metric(Metric::CostPerSuccess), per_cent(100), Err(Unfit::NotOfPairs));
}

const PAIRS: u32 = 500;

/// Answers to one request: requests differ in how hard they are, by the hour, and what is hard for one arm is hard for the other.
fn hard(dice: &mut Dice, pair: u32, worse_by: f64) -> (Answer, Answer) {
    let hour = 0.5 + 0.5 * f64::from(pair % 400) / 400.0;
    let hardness = 0.3 * hour * dice.uniform();
    let mut answer = |bad: f64| {
        let cost = (1_000.0 * (0.6 * dice.normal()).exp()) as u64;
        let latency_us = (1_000_000.0 * (0.5 * dice.normal()).exp()) as u64;
        Answer { refuses: Some(dice.hits(bad)), latency_us, cost: Some(cost), ..GOOD }
    };
    (answer(hardness), answer(hardness + worse_by))
}

#[test]
fn equal_candidates_are_seldom_called_worse_over_all_guards() {
    let guards = [
        guard(ERRORS, points(100)),
        guard(REFUSALS, points(300)),
        guard(SLOWNESS, per_cent(2_000)),
        guard(COST, per_cent(2_000)),
        guard(Watched::Preference, points(500)),
    ];
    check_at(ALPHA_ROLLBACK, "pairs, five guards, equal arms", |dice| {
        let mut tally = PairTally::default();
        (0..PAIRS).any(|pair| {
            let (baseline, candidate) = hard(dice, pair, 0.0);
            let [before, now] = [baseline.outcome(Arm::Baseline), candidate.outcome(Arm::Candidate)];
            let preference = match dice.uniform() {
                drawn if drawn < 0.3 => Preference::Baseline,
                drawn if drawn < 0.6 => Preference::Candidate,
                _ => Preference::Neither,
            };
            let pair =
                Pair { baseline: &before, candidate: &now, agreement: None, preference: Some(preference) };
            tally.record(&pair, &Thresholds::only(Metric::LatencyP95, SLOW));
            let fails = verdicts(&guards, &tally, ALPHA_ROLLBACK).iter().any(|found| found.verdict.is_fail());
            assert_eq!(finds_harm(&guards, &tally, ALPHA_ROLLBACK), fails, "{tally:?}");
            fails
        })
    });
}

#[test]
fn candidates_at_the_margin_seldom_pass() {
    let points_worse = guard(REFUSALS, points(500));
    check("pairs, refusals exactly 5 points worse", |dice| {
        let mut tally = PairTally::default();
        (0..PAIRS).any(|pair| {
            let (baseline, candidate) = hard(dice, pair, 0.05);
            record(&mut tally, baseline, candidate);
            verdict(points_worse, &tally) == Verdict::Pass
        })
    });
    let half_as_often = guard(REFUSALS, per_cent(5_000));
    check("pairs, refusals exactly half as often again", |dice| {
        let mut tally = PairTally::default();
        (0..PAIRS).any(|_| {
            let hardness = 0.4 * dice.uniform();
            let [baseline, candidate] =
                [hardness, 1.5 * hardness].map(|bad| Answer { refuses: Some(dice.hits(bad)), ..GOOD });
            record(&mut tally, baseline, candidate);
            verdict(half_as_often, &tally) == Verdict::Pass
        })
    });
    let dearer = guard(COST, per_cent(2_000));
    check("pairs, costs exactly a fifth higher", |dice| {
        let mut tally = PairTally::default();
        (0..PAIRS).any(|_| {
            let before = 10_000.0 * (0.2 * dice.normal()).exp();
            // Either side of the margin by as much, well within the ends.
            let now = before * 1.2 * (0.3 * (2.0 * dice.uniform() - 1.0)).exp();
            let [baseline, candidate] =
                [before, now].map(|cost| Answer { cost: Some(cost.round() as u64), ..GOOD });
            record(&mut tally, baseline, candidate);
            verdict(dearer, &tally) == Verdict::Pass
        })
    });
}

/// One pair in which two answers agree to some part.
fn record_agreement(tally: &mut PairTally, part: f64) {
    let [baseline, candidate] = [GOOD.outcome(Arm::Baseline), GOOD.outcome(Arm::Candidate)];
    let agreement = Some(Agreement::of(part));
    let pair = Pair { baseline: &baseline, candidate: &candidate, agreement, preference: None };
    tally.record(&pair, &Thresholds::default());
}

#[test]
fn disagreement_is_held_against_the_most_there_may_be() {
    let most = guard(Watched::Disagreement, points(1_000));
    let exactly = |dice: &mut Dice, expected: Verdict| {
        let mut tally = PairTally::default();
        (0..PAIRS).any(|_| {
            // Three in twenty do not agree at all, or by a third: a tenth on average.
            let part = if dice.hits(0.15) { [0.0, 0.5, 0.5][(dice.uniform() * 3.0) as usize] } else { 1.0 };
            record_agreement(&mut tally, part);
            verdict(most, &tally) == expected
        })
    };
    check("pairs, disagreement exactly at the most, passed", |dice| exactly(dice, Verdict::Pass));
    check_at(ALPHA_ROLLBACK, "pairs, disagreement exactly at the most, failed", |dice| exactly(dice, FAIL));
    check_finds("pairs, disagreement 25 % instead of at most 10 %", 120, |dice| {
        let mut tally = PairTally::default();
        (1..=u64::from(PAIRS)).find(|_| {
            record_agreement(&mut tally, f64::from(u8::from(!dice.hits(0.25))));
            verdict(most, &tally) == FAIL
        })
    });
    check_finds("pairs, disagreement 3 % where 10 % may be, passed", 150, |dice| {
        let mut tally = PairTally::default();
        (1..=u64::from(PAIRS)).find(|_| {
            record_agreement(&mut tally, f64::from(u8::from(!dice.hits(0.03))));
            verdict(most, &tally) == Verdict::Pass
        })
    });
}
