//! Requests that fail before they could be slow have no latency, and those that got no answer are no case of it: what they do to
//! the judgement of latency, in either direction, for requests drawn one by one and for sticky units.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use viridian_core::analysis::judge::{ALPHA_ROLLBACK, Units, judge};
use viridian_core::analysis::measurement::{EpochCounts, Evidence};
use viridian_core::analysis::verdict::{Judgement, Verdict};
use viridian_core::arm::Arm;
use viridian_core::epoch::{Centres, Epoch, Threshold, Thresholds};
use viridian_core::guard::{Guard, Margin};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, Standing};
use viridian_core::stats::evidence::exceedance::scaled_threshold;
use viridian_core::stats::histogram::edge_at_or_below;
use viridian_core::time::Timestamp;
use viridian_core::unit::UnitHash;
use viridian_core::weight::Weight;

/// Requests of each arm.
const REQUESTS: u64 = 20_000;
/// A request refused at once.
const AT_ONCE_US: u64 = 2_000;
/// The time after which a request is given up.
const DEADLINE_US: u64 = 30_000_000;

/// How an arm answers: the factor on its latency, and in a hundred requests so many that fail as they do.
#[derive(Clone, Copy)]
struct Answers {
    slower: f64,
    refused: u64,
    timed_out: u64,
    /// When those that time out are given up.
    deadline_us: u64,
    /// How those that are refused at once end.
    as_what: Class,
}

const USUAL: Answers = Answers {
    slower: 1.0,
    refused: 0,
    timed_out: 0,
    deadline_us: DEADLINE_US,
    as_what: Class::UpstreamError,
};
/// Those that no answer was meant for.
const TURNED_AWAY: [Class; 2] = [Class::RateLimited, Class::CallerError];

/// Latencies spread as evenly as can be from 0.1 s to 1.1 s, so that a twentieth takes more than 1.05 s.
fn outcome(number: u64, answers: Answers, arm: Arm, weight: Weight) -> Outcome {
    let (unit, turn) = (number % 500, number / 500);
    // A step that shares no factor with the hundred, so that failures are spread over units and latencies.
    let fate = (turn * 37 + unit * 3) % 100;
    let place = (number * 7_919 % REQUESTS) as f64 / REQUESTS as f64;
    let answered_us = ((0.1 + place) * 1e6 * answers.slower) as u64;
    let (class, latency_us) = if fate < answers.refused {
        (answers.as_what, AT_ONCE_US)
    } else if fate < answers.refused + answers.timed_out {
        (Class::Timeout, answers.deadline_us)
    } else {
        (Class::Ok, answered_us)
    };
    let unit = Some(UnitHash(unit << 52 | unit | u64::from(arm == Arm::Candidate) << 51));
    Outcome {
        decision: Decision { arm, standing: Standing::Drawn(weight), unit },
        class,
        latency_us,
        first_token: if class == Class::Ok { FirstToken::After(latency_us) } else { FirstToken::Never },
        contents: Contents::default(),
    }
}

fn thresholds_of(metric: Metric, threshold: Threshold) -> Thresholds {
    if metric.percentile().is_some() {
        return Thresholds::only(metric, threshold);
    }
    let mut thresholds = Thresholds::default();
    thresholds.set_cap(metric, 1 << 22);
    thresholds
}

fn judged(metric: Metric, margin: u32, arms: (Answers, Answers), units: Units) -> Judgement {
    let at_us = edge_at_or_below(1_050_000);
    let scaled_us = scaled_threshold(at_us, f64::from(margin) / 100.0);
    judged_by(thresholds_of(metric, Threshold { at_us, scaled_us }), (metric, margin), arms, units)
}

fn judged_by(
    thresholds: Thresholds,
    (metric, margin): (Metric, u32),
    (baseline, candidate): (Answers, Answers),
    units: Units,
) -> Judgement {
    let weight = Weight::from_basis_points(5_000).unwrap();
    let mut counts = EpochCounts::empty(Epoch {
        id: EpochId(1),
        weight,
        thresholds,
        centres: Centres::default(),
        started_at: Timestamp(0),
        allotment: None,
    });
    for (arm, answers) in [(Arm::Baseline, baseline), (Arm::Candidate, candidate)] {
        for number in 0..REQUESTS {
            let outcome = outcome(number, answers, arm, weight);
            counts.arm_mut(arm).tally.record(&outcome, &thresholds);
            counts.arm_mut(arm).groups.record(&outcome, &thresholds);
        }
    }
    let guard = Guard::new(metric, Margin::Relative(margin * 100));
    judge(&[guard], &Evidence { epochs: vec![counts] }, units).guards.remove(0)
}

/// What may come of it, whichever way units are drawn, for whole answers and for streams that begin when they end.
fn check(what: &str, margin: u32, arms: (Answers, Answers), expected: Expected) {
    let units = [Units::Independent, Units::Sticky];
    let metrics = [Metric::LatencyP95, Metric::FirstTokenP95];
    for (units, metric) in units.into_iter().flat_map(|units| metrics.map(|metric| (units, metric))) {
        let verdict = judged(metric, margin, arms, units).verdict;
        let found = match verdict {
            Verdict::Pass => Expected::Pass,
            Verdict::Fail(_) => Expected::Fail,
            Verdict::Wait(_) => Expected::Wait,
        };
        assert_eq!(found, expected, "{what}, {metric}, {units:?}: {verdict:?}");
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Pass,
    Fail,
    Wait,
}

#[test]
fn a_baseline_that_fails_at_once_makes_no_candidate_slow() {
    let failing = Answers { refused: 50, ..USUAL };
    check("the candidate is no slower", 2, (failing, USUAL), Expected::Wait);
    // It is not its size that saves it: nothing speaks against the candidate at all.
    let log_harm = judged(Metric::LatencyP95, 2, (failing, USUAL), Units::Independent).log_harm.unwrap();
    assert!(log_harm < -ALPHA_ROLLBACK.ln(), "{log_harm}");
}

#[test]
fn a_baseline_that_fails_at_once_makes_no_candidate_quick() {
    let failing = Answers { refused: 50, ..USUAL };
    check("half as slow again", 20, (failing, Answers { slower: 1.5, ..USUAL }), Expected::Wait);
}

#[test]
fn a_candidate_that_fails_at_once_is_not_quick_for_that() {
    // Its answers are slower by just more than the margin.
    let failing = Answers { refused: 50, slower: 1.21, ..USUAL };
    check("half of it fails", 20, (USUAL, failing), Expected::Wait);
}

#[test]
fn a_candidate_that_fails_at_once_is_not_slow_for_that() {
    check("errors are told as errors", 20, (USUAL, Answers { refused: 10, ..USUAL }), Expected::Wait);
}

#[test]
fn a_candidate_that_lets_callers_wait_until_the_end_is_slow() {
    check("timeouts are slow", 20, (USUAL, Answers { timed_out: 10, ..USUAL }), Expected::Fail);
}

/// Whoever is given up between the threshold and what the margin grants was slow, and may have been slower than the margin.
#[test]
fn a_deadline_within_the_margin_hides_nobody() {
    let deadline_us = 1_150_000;
    let given_up = Answers { timed_out: 30, deadline_us, ..USUAL };
    check("of the candidate", 20, (USUAL, given_up), Expected::Wait);
    // Were all of them slower than the margin, the baseline would still have more slow answers.
    check("of both alike", 20, (given_up, given_up), Expected::Pass);
    check("beyond the margin", 5, (USUAL, given_up), Expected::Fail);
}

/// A deadline is below the highest threshold, so that nobody knows how slow those are that were given up: no margin is told with
/// which they would have passed.
#[test]
fn those_who_are_given_up_pass_with_no_margin() {
    let threshold = |at_us| {
        let at_us = edge_at_or_below(at_us);
        Threshold { at_us, scaled_us: scaled_threshold(at_us, 0.2) }
    };
    let mut thresholds = Thresholds::only(Metric::LatencyP95, threshold(1_050_000));
    thresholds.set(Metric::LatencyP99, threshold(8_000_000));
    let given_up = Answers { timed_out: 60, deadline_us: 3_000_000, ..USUAL };
    let passes_with = |candidate| {
        judged_by(thresholds, (Metric::LatencyP95, 20), (USUAL, candidate), Units::Independent).passes_with
    };
    assert_eq!(passes_with(given_up), None);
}

#[test]
fn errors_on_both_arms_hide_neither_a_slow_nor_a_quick_candidate() {
    let failing = Answers { refused: 2, ..USUAL };
    check("as quick", 20, (failing, failing), Expected::Pass);
    check("half as slow again", 20, (failing, Answers { slower: 1.5, ..failing }), Expected::Fail);
}

#[test]
fn an_arm_that_turns_callers_away_is_neither_quick_nor_slow_for_that() {
    for as_what in TURNED_AWAY {
        let busy = Answers { refused: 50, as_what, ..USUAL };
        check("a busy baseline, as quick", 20, (busy, USUAL), Expected::Pass);
        check("a busy baseline, a tenth slower", 5, (busy, Answers { slower: 1.1, ..USUAL }), Expected::Fail);
        check(
            "a busy baseline, within the margin",
            20,
            (busy, Answers { slower: 1.1, ..USUAL }),
            Expected::Pass,
        );
        check("a busy candidate, as quick", 20, (USUAL, busy), Expected::Pass);
        check(
            "a busy candidate, beyond the margin",
            20,
            (USUAL, Answers { slower: 1.21, ..busy }),
            Expected::Wait,
        );
        check(
            "a busy candidate, half as slow again",
            20,
            (USUAL, Answers { slower: 1.5, ..busy }),
            Expected::Fail,
        );
    }
}

#[test]
fn a_baseline_that_turns_callers_away_makes_no_candidate_slow() {
    for as_what in TURNED_AWAY {
        let busy = Answers { refused: 50, as_what, ..USUAL };
        for metric in [Metric::LatencyP95, Metric::FirstTokenP95] {
            let log_harm = judged(metric, 2, (busy, USUAL), Units::Independent).log_harm.unwrap();
            assert!(log_harm < -ALPHA_ROLLBACK.ln(), "{metric}: {log_harm}");
        }
    }
}

/// A caller who goes away does not say how long the answer would have taken.
#[test]
fn a_candidate_whose_callers_go_away_is_not_quick_for_that() {
    let left = Answers { refused: 50, slower: 1.21, as_what: Class::Cancelled, ..USUAL };
    check("half of them leave", 20, (USUAL, left), Expected::Wait);
    let left = Answers { refused: 50, as_what: Class::Cancelled, ..USUAL };
    check("half of the baseline's leave", 2, (left, USUAL), Expected::Wait);
}

/// What a mean is told to be is that of the answers that came, and the range leaves open what the others would have taken.
#[test]
fn an_arm_that_fails_at_once_is_told_neither_quicker_nor_slower_on_average() {
    let failing = Answers { refused: 20, ..USUAL };
    let slower = Answers { slower: 1.3, ..USUAL };
    for units in [Units::Independent, Units::Sticky] {
        for (what, arms, more) in [
            ("the baseline fails", (failing, USUAL), 0.0),
            ("the candidate fails", (USUAL, failing), 0.0),
            ("the candidate fails and is slower", (USUAL, Answers { refused: 20, ..slower }), 0.3),
        ] {
            let effect = judged(Metric::LatencyMean, 20, arms, units).effect;
            let told = effect.estimate.unwrap();
            assert!((told - more).abs() < 0.02, "{what}, {units:?}: told {told}");
            let (lower, upper) = (effect.lower.unwrap(), effect.upper.unwrap());
            assert!(lower < more - 0.1 && upper > more + 0.1, "{what}, {units:?}: {lower} to {upper}");
        }
    }
}
