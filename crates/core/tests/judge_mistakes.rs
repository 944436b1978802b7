//! What the judge must not make of evidence: one table of counts, one mistake that would be easy to make. The mistakes
//! themselves are listed in `xtask/mutants.toml`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;
use viridian_core::analysis::judge::{ALPHA_ROLLBACK, Units, judge};
use viridian_core::analysis::measurement::{EpochCounts, Evidence};
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::{Judgement, SplitCheck, Verdict, Wait};
use viridian_core::arm::Arm;
use viridian_core::epoch::{Epoch, Thresholds};
use viridian_core::guard::{Guard, Margin, OnFail};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

/// Five minutes.
const EPOCH: u64 = 300_000;
const FAILS: Verdict = Verdict::Fail(OnFail::Rollback);

/// Requests and bad ones of the baseline and of the candidate.
type Pair = ((u64, u64), (u64, u64));

/// An epoch at a share in basis points, five minutes after the one before.
fn epoch(number: u32, share: u16, metric: Metric, (baseline, candidate): Pair) -> EpochCounts {
    let epoch = Epoch {
        id: EpochId(number + 2),
        weight: Weight::from_basis_points(share).unwrap(),
        thresholds: Thresholds::default(),
        centres: Metric::ALL.map(|metric| match metric {
            Metric::Errors => 0.01,
            Metric::Feedback => 0.1,
            _ => 0.05,
        }),
        started_at: Timestamp(u64::from(number) * EPOCH),
        allotment: None,
    };
    let mut counts = EpochCounts::empty(epoch);
    for (arm, (trials, events)) in [(Arm::Baseline, baseline), (Arm::Candidate, candidate)] {
        let counted = counts.arm_mut(arm);
        counted.tally.classes[0] = trials;
        counted.tally.metrics[metric.index()] = Counts::of_share(trials, events);
    }
    counts
}

/// Epochs of errors at a tenth.
fn errors(pairs: &[Pair]) -> Evidence {
    let epochs = (0..).zip(pairs).map(|(number, pair)| epoch(number, 1_000, Metric::Errors, *pair));
    Evidence { epochs: epochs.collect() }
}

fn guard(metric: Metric, points: u32) -> Guard {
    Guard::new(metric, Margin::Points(points))
}

/// The guard on errors, half a point.
fn judged(evidence: &Evidence) -> Judgement {
    judge(&[guard(Metric::Errors, 50)], evidence, Units::Independent).guards.remove(0)
}

fn check(what: &str, evidence: &Evidence, expected: Verdict) {
    let judged = judged(evidence);
    assert_eq!(judged.verdict, expected, "{what}: {}", judged.sentence());
    // What does not fail must not be saved by its size alone: nothing speaks against the candidate either.
    let log_harm = judged.log_harm.unwrap_or(f64::NEG_INFINITY);
    assert!(expected.is_fail() || log_harm < -ALPHA_ROLLBACK.ln(), "{what}: {log_harm}");
}

#[test]
fn errors_of_both_arms_are_not_the_candidates() {
    check(
        "a quarter fails on either",
        &errors(&[((9_000, 2_250), (1_000, 250))]),
        Verdict::Wait(Wait::Undecided),
    );
}

#[test]
fn shares_that_change_are_not_mixed_up() {
    // The arms are equal in each epoch, and errors rise with the candidate's share.
    let calm = epoch(0, 500, Metric::Errors, ((19_000, 190), (1_000, 10)));
    let later = epoch(1, 5_000, Metric::Errors, ((10_000, 500), (10_000, 500)));
    check("a ramp under drift", &Evidence { epochs: vec![calm, later] }, Verdict::Wait(Wait::Undecided));
}

#[test]
fn a_regression_within_the_margin_does_not_act() {
    let evidence = errors(&[((900_000, 9_000), (100_000, 1_300))]);
    let judged = judged(&evidence);
    assert!(!judged.verdict.is_fail(), "{}", judged.sentence());
    assert!(judged.log_harm.unwrap() > 10.0, "it is surely worse: {:?}", judged.log_harm);
}

#[test]
fn evidence_of_earlier_epochs_stays() {
    let each = ((1_800, 18), (200, 6));
    check("one epoch", &errors(&[each]), Verdict::Wait(Wait::Undecided));
    check("six epochs", &errors(&[each; 6]), FAILS);
}

#[test]
fn a_late_change_is_found_and_told() {
    let calm = ((5_400, 54), (600, 6));
    let mut pairs = vec![calm; 9];
    pairs.push(((5_400, 54), (600, 24)));
    let judged = judged(&errors(&pairs));
    assert_eq!(judged.verdict, FAILS, "{}", judged.sentence());
    assert_eq!(judged.since, Some(Duration::from_secs(45 * 60)));
    assert_eq!((judged.candidate.trials, judged.candidate.events), (600, 24));
    assert!(judged.sentence().contains(", from 45m after the beginning on: worse"), "{}", judged.sentence());
}

#[test]
fn nothing_measured_is_no_pass() {
    check("no outcome on the candidate", &errors(&[((90_000, 0), (0, 0))]), Verdict::Wait(Wait::NoData));
}

#[test]
fn five_guards_have_one_error_together() {
    // Evidence that a guard alone would act on at 1 %, and at a fifth of it would not.
    let pair = ((1_800, 180), (200, 40));
    let evidence = Evidence { epochs: vec![epoch(0, 1_000, Metric::Feedback, pair)] };
    let feedback = guard(Metric::Feedback, 300);
    let verdict = |guards: &[Guard]| judge(guards, &evidence, Units::Independent).guards[0].verdict;
    let others = [guard(Metric::Errors, 50), guard(Metric::Errors, 60), guard(Metric::Errors, 70)];
    assert_eq!(verdict(&[feedback]), FAILS);
    let five = [feedback, guard(Metric::Errors, 40), others[0], others[1], others[2]];
    assert!(!verdict(&five).is_fail());
}

#[test]
fn a_lost_candidate_request_is_no_success() {
    // A tenth was drawn, and half of it is missing.
    let evidence = errors(&[((18_000, 180), (1_000, 10))]);
    let analysis = judge(&[guard(Metric::Errors, 50)], &evidence, Units::Independent);
    assert!(matches!(analysis.split, SplitCheck::Broken { .. }), "{:?}", analysis.split);
}

#[test]
fn what_is_added_counts_once() {
    let one = epoch(0, 1_000, Metric::Errors, ((90, 3), (10, 1)));
    let mut sum = one.baseline.clone();
    sum.add(&one.baseline);
    assert_eq!(sum.counts(Metric::Errors), Counts::of_share(180, 6));
    assert_eq!(sum.tally.outcomes(), 180);
}
