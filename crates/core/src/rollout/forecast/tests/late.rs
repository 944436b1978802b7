//! Forecasts of guards on what callers say, which counts once its request is old enough.

use super::*;
use crate::analysis::measurement::Seen;
use crate::analysis::verdict::{Analysis, Effect, Judgement, SplitCheck, Validity, Verdict, Wait};
use crate::rollout::state::{Clock, Phase, Position, State};
use crate::time::Timestamp;

const HOUR: u64 = 3_600;

fn feedback(maturity: u64) -> Guard {
    Guard { maturity: Duration::from_secs(maturity), ..guard(Metric::Feedback, Margin::Points(300)) }
}

/// The baseline of the other tests, of which a fifth was spoken of and a hundredth was found bad.
fn spoken_of() -> Tally {
    let mut tally = baseline(10_000);
    tally.metrics[Metric::Feedback.index()] = crate::analysis::tally::Counts::of_share(2_000, 100);
    tally
}

fn at(per_second: f64, guards: &[Guard]) -> Forecast {
    forecast(&plan(guards.to_vec()), Traffic { per_second, baseline: &spoken_of() })
}

fn total(forecast: &Forecast) -> f64 {
    forecast.steps.iter().map(|step| step.takes.unwrap().as_secs_f64()).sum()
}

#[test]
fn the_last_who_may_speak_are_waited_for() {
    let check = |what: &str, guards: &[Guard], hasty: &[Guard], longer: f64| {
        let (late, hasty) = (at(10.0, guards), at(10.0, hasty));
        let waits = total(&late) - total(&hasty);
        assert!((waits - longer).abs() < 1e-3, "{what}: {waits} s longer");
        let sooner = late.soonest.unwrap().as_secs_f64() - hasty.soonest.unwrap().as_secs_f64();
        assert!((sooner - longer).abs() < 1e-3, "{what}: the quickest take {sooner} s longer");
    };
    let errors = guard(Metric::Errors, Margin::Points(300));
    let observes = |maturity| Guard { mode: Mode::Observe, ..feedback(maturity) };
    check("an hour", &[feedback(HOUR)], &[feedback(0)], 3_600.0);
    check("a minute", &[feedback(60)], &[feedback(0)], 60.0);
    check("beside what counts at once", &[errors, feedback(HOUR)], &[errors, feedback(0)], 3_600.0);
    check("it only observes", &[errors, observes(HOUR)], &[errors, observes(0)], 0.0);
    check("the longest holds for all", &[feedback(0), observes(HOUR)], &[feedback(0)], 3_600.0);
    check("the longest alone", &[feedback(60), observes(HOUR)], &[feedback(HOUR)], 0.0);
}

#[test]
fn what_was_served_before_the_bake_has_ripened_in_part() {
    // So many requests that the first seconds would suffice.
    let told = at(100_000.0, &[feedback(HOUR)]);
    let takes = told.bottleneck.unwrap().takes.unwrap();
    assert_eq!(told.steps[4].takes, Some(takes));
    assert!(total(&told) > 3_600.0 && total(&told) < 3_605.0, "{told:?}");
    // A pause in which they speak leaves nothing to wait for but the watch.
    let mut pauses = plan(vec![feedback(HOUR)]);
    let pause = Step::Pause { duration: Some(Duration::from_secs(2 * HOUR)) };
    pauses.steps.insert(4, pause);
    let told = forecast(&pauses, Traffic { per_second: 100_000.0, baseline: &spoken_of() });
    assert_eq!(told.bottleneck.unwrap().takes, Some(Duration::ZERO));
    assert_eq!(told.steps[5].takes, Some(Duration::from_secs(600)));
}

#[test]
fn nothing_is_seen_of_those_who_may_still_speak() {
    let smallest = |maturity, step: usize| at(10.0, &[feedback(maturity)]).steps[step].sees[0].smallest;
    assert!(smallest(0, 3).is_some());
    assert_eq!(smallest(HOUR, 3), None, "the steps are shorter than an hour");
    assert!(smallest(HOUR, 4).is_some());
    // By the end as much counts as without a maturity, and what came after it does not.
    let [late, hasty] = [HOUR, 0].map(|maturity| at(10.0, &[feedback(maturity)]).guards[0]);
    assert!((late.measured / hasty.measured - 1.0).abs() < 1e-6, "{late:?} {hasty:?}");
    assert_eq!((late.safety, hasty.safety), (Safety::Shown, Safety::Shown));
}

#[test]
fn a_guard_that_is_held_for_less_than_its_maturity_is_too_slow() {
    let check = |after: u64, safety: Safety| {
        let unproven = Unproven::Rollback { after: Some(Duration::from_secs(after)) };
        let told = at(1_000.0, &[Guard { unproven, ..feedback(HOUR) }]);
        assert_eq!(told.guards[0].safety, safety, "held for {after} s");
    };
    check(HOUR / 2, Safety::TooSlow);
    check(2 * HOUR, Safety::Shown);
}

mod under_way {
    use super::*;

    const NOW: Timestamp = Timestamp(100_000_000);
    const PER_SECOND: f64 = 10.0;

    /// Half of the traffic until the candidate is shown safe.
    fn halves(guards: &[Guard]) -> Plan {
        let half = Weight::from_basis_points(5_000).unwrap();
        let bake = Bake { duration: Duration::from_secs(60), holdback: half, min_samples: 100 };
        Plan { steps: vec![Step::Weight(half), Step::Bake(bake)], ..plan(guards.to_vec()) }
    }

    /// How long one and five of six still take, so many seconds after the last watch began with this evidence of the guard.
    fn left(guard: Guard, seconds: u64, log_safe: Option<f64>, verdict: Verdict) -> (f64, f64) {
        let plan = halves(&[guard]);
        let started_at = Timestamp(NOW.0 - seconds * 1_000);
        let clock = Some(Clock { started_at, seen: Seen::default() });
        let weight = Weight::from_basis_points(5_000).unwrap();
        let phase = Phase::Baking(Position { weight, clock, ..Position::at(1, started_at) });
        let served = seconds * 5;
        let judged = Judgement {
            guard,
            verdict,
            baseline: crate::analysis::tally::Counts::default(),
            candidate: crate::analysis::tally::Counts::default(),
            effect: Effect::default(),
            log_harm: None,
            log_safe,
            passes_with: None,
            without: None,
            since: None,
        };
        let analysis = Analysis {
            validity: Validity::Exact,
            seen: Seen { baseline: served, candidate: served },
            candidate_units: 0,
            wait: None,
            split: SplitCheck::Sound,
            guards: vec![judged],
            harm_bound: Some(0.0),
            slices: Vec::new(),
        };
        let state = State { sequence: 3, phase, ..State::new() };
        let traffic = Traffic { per_second: PER_SECOND, baseline: &spoken_of() };
        let found = remaining(&plan, &state, &analysis, traffic, NOW).unwrap();
        (found.soonest.unwrap().as_secs_f64(), found.latest.unwrap().as_secs_f64())
    }

    const NO_DATA: Verdict = Verdict::Wait(Wait::NoData);
    const UNDECIDED: Verdict = Verdict::Wait(Wait::Undecided);

    #[test]
    fn while_nothing_counts_the_end_stays_where_it_was() {
        let told =
            forecast(&halves(&[feedback(HOUR)]), Traffic { per_second: PER_SECOND, baseline: &spoken_of() });
        let (soonest, latest) = (told.soonest.unwrap().as_secs_f64(), total(&told));
        assert!(soonest > 3_600.0 && latest > soonest, "{soonest} and {latest}");
        for seconds in [0, 1, 600, 1_800, 3_599] {
            let (soon, late) = left(feedback(HOUR), seconds, None, NO_DATA);
            let passed = seconds as f64;
            assert!((soon + passed - soonest).abs() < 1e-3, "the quickest after {seconds} s: {soon}");
            assert!((late + passed - latest).abs() < 1e-3, "most after {seconds} s: {late}");
        }
    }

    #[test]
    fn requests_that_ripen_are_not_gathered_again() {
        // After five hours. The requests that are missing were served, and count one after the other as they came.
        let check = |log_safe: f64| {
            let late = left(feedback(HOUR), 5 * HOUR, Some(log_safe), UNDECIDED);
            let hasty = left(feedback(0), 5 * HOUR, Some(log_safe), UNDECIDED);
            assert!((late.1 - hasty.1).abs() < 1e-3 && late.1 > 0.0, "{log_safe}: {late:?} and {hasty:?}");
            late.1
        };
        assert!(check(0.0) > check(1.5) && check(1.5) > check(2.5));
        assert_eq!(left(feedback(HOUR), 5 * HOUR, Some(3.5), Verdict::Pass), (0.0, 0.0));
        // What did not count yet is no proof that nothing will be found: the bets are still to be paid for.
        let [early, hasty] =
            [HOUR, 0].map(|maturity| left(feedback(maturity), HOUR + 60, Some(0.1), UNDECIDED).1);
        assert!(early > hasty, "{early} and {hasty}");
    }
}
