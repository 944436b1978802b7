//! What the judge makes of evidence that is put together by hand: one row, one question.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::{EpochCounts, Evidence};
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::{Heavy, Judgement, SplitCheck, Verdict, Wait};
use viridian_core::arm::Arm;
use viridian_core::epoch::{Epoch, Threshold, Thresholds};
use viridian_core::guard::{Guard, Margin, Mode, OnFail};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, Standing};
use viridian_core::stats::evidence::exceedance;
use viridian_core::stats::histogram::edge_at_or_below;
use viridian_core::time::Timestamp;
use viridian_core::unit::{Group, UnitHash};
use viridian_core::weight::Weight;

/// Half of the traffic each, 50 000 requests on either arm, and so much feedback: `(given, negative)`.
fn feedback(baseline: (u64, u64), candidate: (u64, u64)) -> Evidence {
    let epoch = Epoch {
        id: EpochId(2),
        weight: Weight::from_basis_points(5_000).unwrap(),
        thresholds: Thresholds::default(),
        centres: Metric::ALL.map(|metric| if metric == Metric::Errors { 0.01 } else { 0.05 }),
        started_at: Timestamp(0),
        allotment: None,
    };
    let mut counts = EpochCounts::empty(epoch);
    for (arm, (trials, events)) in [(Arm::Baseline, baseline), (Arm::Candidate, candidate)] {
        let arm = counts.arm_mut(arm);
        arm.tally.classes[0] = 50_000;
        arm.tally.metrics[Metric::Feedback.index()] = Counts::of_share(trials, events);
    }
    Evidence { epochs: vec![counts] }
}

fn check(what: &str, margin: Margin, evidence: &Evidence, passes: bool) {
    let guard = Guard::new(Metric::Feedback, margin);
    let verdict = judge(&[guard], evidence, Units::Independent).guards[0].verdict;
    assert_eq!(verdict == Verdict::Pass, passes, "{what}: {verdict:?}");
}

#[test]
fn a_candidate_about_which_fewer_people_speak_is_not_better_for_that() {
    let points = Margin::Points(300);
    let relative = Margin::Relative(5_000);
    let equal = feedback((10_000, 500), (10_000, 500));
    check("equal", points, &equal, true);
    check("equal", relative, &equal, true);
    // Three points worse among those who speak, and a quarter of them do.
    let silent = feedback((10_000, 500), (2_500, 200));
    check("silent and worse", points, &silent, false);
    check("silent and worse", relative, &silent, false);
}

/// Half of the units on either arm, in 64 groups of 300 requests on each with `(baseline, candidate)` errors, but for
/// the first, whose one user is on the baseline, makes as many requests as all others, and has so many errors.
fn beside_a_heavy_user(errors: (u64, u64), of_the_heavy_user: u64) -> Evidence {
    let mut evidence = feedback((0, 0), (0, 0));
    let counts = &mut evidence.epochs[0];
    for (arm, events) in [(Arm::Baseline, errors.0), (Arm::Candidate, errors.1)] {
        let arm = counts.arm_mut(arm);
        (0..200).for_each(|unit: u64| arm.groups.units.insert(UnitHash(unit << 52)));
        for group in 1..64 {
            // Groups differ by as much as chance would make them.
            let events = events + [0, 2, 1, 3][usize::from(group) % 4];
            let counts = Counts::of_share(300, events);
            arm.groups.record_counts(Metric::Errors, Group(group), counts);
        }
    }
    let heavy = Counts::of_share(37_800, of_the_heavy_user);
    counts.baseline.groups.record_counts(Metric::Errors, Group(0), heavy);
    for arm in [Arm::Baseline, Arm::Candidate] {
        let arm = counts.arm_mut(arm);
        let groups = arm.groups.counts(Metric::Errors).to_vec();
        groups.into_iter().for_each(|group| arm.tally.metrics[Metric::Errors.index()].add(group));
    }
    evidence
}

fn judged_on_errors(evidence: &Evidence) -> Judgement {
    let guard = Guard::new(Metric::Errors, Margin::Points(100));
    judge(&[guard], evidence, Units::Sticky).guards.remove(0)
}

#[test]
fn one_heavy_user_makes_neither_a_bad_nor_a_good_candidate() {
    // The arms differ by this user's errors alone, in either direction.
    for errors in [0, 3_780] {
        let judged = judged_on_errors(&beside_a_heavy_user((3, 3), errors));
        let heavy = Heavy { groups: 1, share: Weight::from_basis_points(5_000).unwrap() };
        assert_eq!(judged.verdict, Verdict::Wait(Wait::Lopsided(heavy)), "{}", judged.sentence());
    }
    let judged = judged_on_errors(&beside_a_heavy_user((3, 3), 3_780));
    assert!(
        judged.sentence().ends_with(
            "neither worse nor shown safe yet, lopsided by 1 of 64 groups of units with 50% of the requests \
             (margin 1pp)"
        ),
        "{}",
        judged.sentence()
    );
}

/// 64 groups of 300 requests on the candidate and nine times as many on the baseline without a failure, but for the first
/// few, with 60 on the candidate.
fn failing_in(groups: u8) -> Evidence {
    let mut evidence = feedback((0, 0), (0, 0));
    let counts = &mut evidence.epochs[0];
    counts.epoch.weight = Weight::from_basis_points(1_000).unwrap();
    for (arm, requests, events) in [(Arm::Baseline, 2_700, 0), (Arm::Candidate, 300, 60)] {
        let arm = counts.arm_mut(arm);
        (0..200).for_each(|unit: u64| arm.groups.units.insert(UnitHash(unit << 52)));
        for group in 0..64 {
            let counts = Counts::of_share(requests, if group < groups { events } else { 0 });
            arm.groups.record_counts(Metric::Errors, Group(group), counts);
            arm.tally.metrics[Metric::Errors.index()].add(counts);
        }
    }
    evidence
}

#[test]
fn a_few_users_who_fail_are_no_candidate_that_fails() {
    let check = |groups, expected: Verdict| {
        let judged = judged_on_errors(&failing_in(groups));
        assert_eq!(judged.verdict, expected, "{groups}: {}", judged.sentence());
    };
    check(4, Verdict::Wait(Wait::Undecided));
    check(16, Verdict::Fail(OnFail::Rollback));
}

#[test]
fn a_regression_is_found_beside_a_heavy_user_who_hides_it() {
    let judged = judged_on_errors(&beside_a_heavy_user((3, 18), 3_780));
    assert_eq!(judged.verdict, Verdict::Fail(OnFail::Rollback), "{}", judged.sentence());
    let estimate = judged.effect.estimate.unwrap();
    assert!((estimate - 0.05).abs() < 1e-9, "of the others only: {estimate}");
    assert!(
        judged.sentence().contains(", without 1 of 64 groups of units with 50% of the requests: worse, by"),
        "{}",
        judged.sentence()
    );
}

#[test]
fn a_few_requests_of_few_units_do_not_call_the_split_broken() {
    // A hundredth of the units, and none of the first thirty fell on the candidate.
    let mut evidence = feedback((0, 0), (0, 0));
    evidence.epochs[0].epoch.weight = Weight::from_basis_points(100).unwrap();
    for group in 0..30 {
        let counts = Counts::of_share(1, 0);
        evidence.epochs[0].baseline.groups.record_counts(Metric::Errors, Group(group), counts);
    }
    assert_eq!(judge(&[], &evidence, Units::Sticky).split, SplitCheck::Sound);
}

/// An undecided guard names a margin: with it the same evidence passes, and with one a fifth narrower it does not.
fn check_widened(what: &str, guard: Guard, evidence: &Evidence, units: Units) {
    let judged = |margin| judge(&[Guard { margin, ..guard }], evidence, units).guards.remove(0);
    let undecided = judged(guard.margin);
    assert_eq!(undecided.verdict, Verdict::Wait(Wait::Undecided), "{what}");
    let wider = undecided.passes_with.unwrap();
    assert!(wider.fraction() > guard.margin.fraction(), "{what}: {wider}");
    assert_eq!(judged(wider).verdict, Verdict::Pass, "{what} at {wider}");
    assert_eq!(judged(wider).passes_with, None, "{what}: what passes asks for nothing wider");
    let narrower = |hundredths: u32| hundredths - hundredths / 5;
    let narrower = match wider {
        Margin::Points(points) => Margin::Points(narrower(points)),
        Margin::Relative(parts) => Margin::Relative(narrower(parts)),
        Margin::Score(points) => Margin::Score(narrower(points)),
    };
    assert_ne!(judged(narrower).verdict, Verdict::Pass, "{what} at {narrower}");
}

#[test]
fn an_undecided_guard_names_the_margin_it_would_pass_with() {
    let guard = |metric, margin| Guard::new(metric, margin);
    let feedback_of = |trials: u64| feedback((trials, trials / 20), (trials, trials / 20));
    let points = guard(Metric::Feedback, Margin::Points(100));
    let relative = guard(Metric::Feedback, Margin::Relative(1_000));
    check_widened("points", points, &feedback_of(2_000), Units::Independent);
    check_widened("per cent", relative, &feedback_of(2_000), Units::Independent);
    let sticky = beside_a_heavy_user((3, 3), 378);
    let errors = guard(Metric::Errors, Margin::Points(10));
    let judged = judge(&[errors], &sticky, Units::Sticky).guards.remove(0);
    assert!(matches!(judged.verdict, Verdict::Wait(_)) && judged.passes_with.is_some(), "{judged:?}");
    // Nothing is proven by next to nothing, whatever the margin.
    let nothing = judge(&[points], &feedback((3, 0), (3, 0)), Units::Independent).guards.remove(0);
    assert_eq!(nothing.passes_with, None);
}

#[test]
fn an_undecided_guard_on_latency_counts_what_a_wider_margin_would_grant() {
    let guard = Guard::new(Metric::LatencyP95, Margin::Relative(200));
    let at_us = edge_at_or_below(950_000);
    let scaled_us = exceedance::scaled_threshold(at_us, guard.margin.fraction());
    let mut evidence = feedback((0, 0), (0, 0));
    let counts = &mut evidence.epochs[0];
    counts.epoch.thresholds = Thresholds::only(Metric::LatencyP95, Threshold { at_us, scaled_us });
    let thresholds = counts.epoch.thresholds;
    for arm in [Arm::Baseline, Arm::Candidate] {
        for request in 0..1_000_u64 {
            let standing = Standing::Drawn(counts.epoch.weight);
            let decision = Decision { arm, standing, unit: None };
            // Evenly up to a second.
            let latency_us = 1 + 1_000 * request;
            let outcome = Outcome {
                decision,
                class: Class::Ok,
                latency_us,
                first_token: FirstToken::NotStreamed,
                contents: Contents::default(),
            };
            counts.arm_mut(arm).tally.record(&outcome, &thresholds);
        }
    }
    let judged = judge(&[guard], &evidence, Units::Independent).guards.remove(0);
    assert_eq!(judged.verdict, Verdict::Wait(Wait::Undecided));
    // Just over twice the margin leaves the candidate a good percent of slow answers against the baseline's five.
    assert_eq!(judged.passes_with, Some(Margin::Relative(409)));
}

/// How many of a thousand requests on the candidate have to fail, beside ten on the baseline, for it to be called worse by a
/// guard on errors among others like these.
fn found_after(others: impl Fn(Guard) -> Guard) -> u64 {
    let more = [Metric::Timeouts, Metric::RateLimited, Metric::Refusals, Metric::EmptyAnswers];
    let guard = |metric| Guard::new(metric, Margin::Points(100));
    let guards: Vec<Guard> =
        std::iter::once(guard(Metric::Errors)).chain(more.map(guard).map(others)).collect();
    let is_found = |failed: &u64| {
        let mut evidence = feedback((0, 0), (0, 0));
        for (arm, failed) in [(Arm::Baseline, 10), (Arm::Candidate, *failed)] {
            let tally = &mut evidence.epochs[0].arm_mut(arm).tally;
            tally.metrics[Metric::Errors.index()] = Counts::of_share(1_000, failed);
        }
        judge(&guards, &evidence, Units::Independent).guards[0].verdict == Verdict::Fail(OnFail::Rollback)
    };
    (10..1_000).find(is_found).unwrap()
}

#[test]
fn guards_that_only_tell_take_nothing_from_the_others() {
    let observing = found_after(|guard| Guard { mode: Mode::Observe, ..guard });
    let notifying = found_after(|guard| Guard { on_fail: OnFail::Notify, ..guard });
    let acting = found_after(|guard| guard);
    assert_eq!(observing, notifying);
    assert!(observing < acting, "{observing} and {acting}");
}
