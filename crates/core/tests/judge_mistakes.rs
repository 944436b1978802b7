//! What the judge must not make of evidence: one table of counts, one mistake that would be easy to make. The mistakes
//! themselves are listed in `xtask/mutants.toml`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use std::time::Duration;
use viridian_core::analysis::judge::{ALPHA_ROLLBACK, MIN_LOAD, Units, judge};
use viridian_core::analysis::measurement::{EpochCounts, Evidence};
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::{Judgement, SplitCheck, Verdict, Wait};
use viridian_core::arm::Arm;
use viridian_core::epoch::{Epoch, Threshold, Thresholds};
use viridian_core::guard::{Guard, Margin, OnFail};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, Standing};
use viridian_core::time::Timestamp;
use viridian_core::unit::{Group, UnitHash};
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
    let pair = ((1_800, 180), (200, 38));
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

#[test]
fn what_depends_on_load_is_shown_safe_under_load_alone() {
    let verdict = |metric, margin, share, pair| {
        let mut counts = epoch(0, share, metric, pair);
        // With the margin granted, half of the candidate's slow answers are none.
        counts.candidate.tally.metrics[metric.index()].scaled /= 2;
        let evidence = Evidence { epochs: vec![counts] };
        judge(&[Guard::new(metric, margin)], &evidence, Units::Independent).guards[0].verdict
    };
    for (metric, margin) in
        [(Metric::LatencyP95, Margin::Relative(2_000)), (Metric::Timeouts, Margin::Points(100))]
    {
        let few = verdict(metric, margin, 1_000, ((180_000, 9_000), (20_000, 1_000)));
        assert_eq!(few, Verdict::Wait(Wait::LoadTooSmall { need: MIN_LOAD }), "{metric} at a tenth");
        let many = verdict(metric, margin, 2_500, ((60_000, 3_000), (20_000, 1_000)));
        assert_eq!(many, Verdict::Pass, "{metric} at a quarter");
    }
}

/// Errors and feedback at a tenth, each with evidence that half an error would act on and a quarter would not.
fn errors_and_feedback() -> Evidence {
    let mut counts = epoch(0, 1_000, Metric::Errors, ((1_800, 40), (200, 15)));
    let said = epoch(0, 1_000, Metric::Feedback, ((1_800, 42), (200, 15)));
    for arm in [Arm::Baseline, Arm::Candidate] {
        let of_feedback = said.arm(arm).counts(Metric::Feedback);
        counts.arm_mut(arm).tally.metrics[Metric::Feedback.index()] = of_feedback;
    }
    Evidence { epochs: vec![counts] }
}

/// What comes late comes in an order of its own: its evidence at a moment that the others chose is none.
#[test]
fn what_comes_late_is_not_averaged_with_the_others() {
    let guards = [guard(Metric::Errors, 50), guard(Metric::Feedback, 100)];
    let judged = judge(&guards, &errors_and_feedback(), Units::Independent).guards;
    for judged in &judged {
        let log_harm = judged.log_harm.unwrap();
        let (alone, together) = ((2.0 / ALPHA_ROLLBACK).ln(), (1.0 / ALPHA_ROLLBACK).ln());
        assert!((together..alone).contains(&log_harm), "{}: {log_harm}", judged.guard.metric);
        assert!(!judged.verdict.is_fail(), "{}", judged.sentence());
    }
}

/// Half of the traffic in an epoch whose threshold is a second, while nobody takes longer than half of that and the candidate
/// takes longer than the baseline.
#[test]
fn what_is_slow_was_said_before_and_not_by_the_epoch_itself() {
    let threshold = Threshold { at_us: 1_000_000, scaled_us: 1_200_000 };
    let mut counts = epoch(0, 5_000, Metric::Errors, ((0, 0), (0, 0)));
    counts.epoch.thresholds = Thresholds::only(Metric::LatencyP95, threshold);
    for (arm, longest_us) in [(Arm::Baseline, 100_000), (Arm::Candidate, 500_000)] {
        for request in 1..=1_000 {
            let outcome = Outcome {
                decision: Decision { arm, standing: Standing::Drawn(counts.epoch.weight), unit: None },
                class: Class::Ok,
                latency_us: longest_us * request / 1_000,
                first_token: FirstToken::NotStreamed,
                contents: Contents::default(),
            };
            let thresholds = counts.epoch.thresholds;
            counts.arm_mut(arm).tally.record(&outcome, &thresholds);
        }
    }
    let latency = Guard::new(Metric::LatencyP95, Margin::Relative(2_000));
    let judged = judge(&[latency], &Evidence { epochs: vec![counts] }, Units::Independent).guards.remove(0);
    assert_eq!(judged.verdict, Verdict::Wait(Wait::Undecided), "{}", judged.sentence());
    assert_eq!((judged.baseline.events, judged.candidate.events), (0, 0));
}

/// Users who stay together, 300 requests of each group on the candidate and nine times as many on the baseline, but for what
/// is lost of the candidate's.
#[test]
fn a_lost_candidate_request_of_users_is_no_success() {
    let split = |arrived: u64| {
        let mut counts = epoch(0, 1_000, Metric::Errors, ((0, 0), (0, 0)));
        for (arm, requests, apart) in [(Arm::Baseline, 2_700, 90), (Arm::Candidate, arrived, 10)] {
            let counted = counts.arm_mut(arm);
            (0..200).for_each(|unit: u64| counted.groups.units.insert(UnitHash(unit << 52)));
            for group in 0..64 {
                // Groups differ, and not alike on both arms.
                let place = if arm == Arm::Candidate { group + 2 } else { group };
                let requests = requests + apart * u64::from(place % 5);
                counted.groups.record_counts(Metric::Errors, Group(group), Counts::of_share(requests, 3));
                counted.tally.classes[0] += requests;
            }
        }
        judge(&[guard(Metric::Errors, 50)], &Evidence { epochs: vec![counts] }, Units::Sticky).split
    };
    assert_eq!(split(300), SplitCheck::Sound);
    assert!(matches!(split(150), SplitCheck::Broken { .. }), "{:?}", split(150));
}

/// A language that stands out where languages alone are asked does not where three other attributes are, of whose values next to
/// nothing was seen.
#[test]
fn slices_without_traffic_count_among_those_that_were_asked() {
    let named = |others: &[&str]| {
        let mut evidence = errors(&[((4_500, 45), (500, 17))]);
        for arm in [Arm::Baseline, Arm::Candidate] {
            let counted = evidence.epochs[0].arm_mut(arm);
            let of_arm = counted.counts(Metric::Errors);
            let mut slices = json!({"language": {"de": {"errors": of_arm}}});
            for other in others {
                slices[other] = json!({"a": {"errors": Counts::of_share(1, 0)}});
            }
            counted.groups.slices = serde_json::from_value(slices).unwrap();
        }
        let found = judge(&[guard(Metric::Errors, 50)], &evidence, Units::Independent).slices;
        found.into_iter().map(|slice| slice.value).collect::<Vec<_>>()
    };
    assert_eq!(named(&[]), ["de"]);
    assert!(named(&["cohort", "route", "tenant"]).is_empty());
}

/// Errors are surely worse; refusals look worse, and by no more than chance makes them.
#[test]
fn nobody_is_blamed_for_another() {
    let mut counts = epoch(0, 1_000, Metric::Errors, ((9_000, 90), (1_000, 60)));
    let refused = epoch(0, 1_000, Metric::Refusals, ((9_000, 450), (1_000, 62)));
    for arm in [Arm::Baseline, Arm::Candidate] {
        let told = refused.arm(arm).counts(Metric::Refusals);
        counts.arm_mut(arm).tally.metrics[Metric::Refusals.index()] = told;
    }
    let guards = [guard(Metric::Refusals, 50), guard(Metric::Errors, 50)];
    let judged = judge(&guards, &Evidence { epochs: vec![counts] }, Units::Independent).guards;
    assert_eq!(judged[1].verdict, FAILS, "{}", judged[1].sentence());
    assert!(judged[0].effect.estimate.unwrap() > 0.005, "{}", judged[0].sentence());
    assert!(!judged[0].verdict.is_fail(), "{}", judged[0].sentence());
}
