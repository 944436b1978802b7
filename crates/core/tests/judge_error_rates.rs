//! How often `judge` is wrong, by simulation: requests are drawn, answered and counted as in production, epochs begin
//! as in production, and the judge is asked again and again, because a controller looks all the time.
//!
//! Three guards are armed: errors 0.5pp, latency.p95 20 %, feedback 3pp; and where five are, cost 20 % and latency.mean 10 %
//! as well. Of clean candidates at most one in a hundred
//! may be rolled back whatever happens to both arms; of candidates exactly at a margin at most one in twenty may pass
//! its guard. Each test allows what chance explains in so many runs and no more. `VIRIDIAN_SIMULATION_RUNS` sets how
//! many; run with `--nocapture` to read the rates.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "judge_error_rates/cases.rs"]
mod cases;
#[path = "judge_error_rates/opinions.rs"]
mod opinions;
#[path = "judge_error_rates/run.rs"]
mod run;
#[path = "judge_error_rates/strict.rs"]
mod strict;
#[path = "judge_error_rates/times.rs"]
mod times;
#[path = "judge_error_rates/told.rs"]
mod told;
#[path = "judge_error_rates/traffic.rs"]
mod traffic;

use run::{Case, Ending, FIVE_GUARDS, Feedback, GUARDS, Rates, check_harm_alone};
use traffic::{Callers, Quality, Worse};
use viridian_core::analysis::judge::{ALPHA_PROMOTE, ALPHA_ROLLBACK, ALPHA_SPLIT};
use viridian_core::metric::Metric;

/// Traffic in which nothing happens.
const CALM: Case = Case {
    callers: Callers::Independent,
    guards: &GUARDS,
    requests: 12_000,
    rate: 20.0,
    shares: &[(0.0, 1_000)],
    both: |_| Quality::USUAL,
    worse: Worse::NOT,
    feedback: Feedback::AT_ONCE,
    ending: Ending::AtRollback,
};

/// Two thousand users, a few of whom make most of the calls, and some of whom fail far more often than others.
const USERS: Callers = Callers::Sticky { users: 2_000, activity: 1.5, proneness: 1.0, heaviest: 0.0 };

/// The same with one user more, who makes as many calls as all others together.
const ONE_HEAVY: Callers = Callers::Sticky { users: 2_000, activity: 1.5, proneness: 1.0, heaviest: 0.5 };

/// Few users, who differ as much.
const FEW: Callers = Callers::Sticky { users: 260, activity: 1.0, proneness: 1.0, heaviest: 0.0 };

/// Many users, of whom a hundredth makes nearly half of the calls.
const HEAVY_TAILED: Callers = Callers::Sticky { users: 4_000, activity: 2.0, proneness: 1.0, heaviest: 0.0 };

/// Exactly at all margins but that of mean latency.
const AT_THE_MARGIN: Worse = Worse { errors: 0.005, latency: 1.2, negative: 0.03, cost: 1.2, ..Worse::NOT };

fn burst(seconds: f64) -> Quality {
    if seconds % 600.0 < 120.0 {
        Quality { errors: 0.15, latency: 1.6, negative: 0.15, cost: 0.02 }
    } else {
        Quality::USUAL
    }
}

fn drift(seconds: f64) -> Quality {
    let way = (seconds / 900.0).min(1.0);
    Quality {
        errors: 0.01 + 0.03 * way,
        latency: 0.8 + 0.4 * way,
        negative: 0.05 + 0.05 * way,
        cost: 0.01 + 0.005 * way,
    }
}

/// As usual while the baseline is watched, then at once five times as bad: every centre and threshold is wrong.
fn jump(seconds: f64) -> Quality {
    if seconds > 0.0 {
        Quality { errors: 0.05, latency: 1.6, negative: 0.25, cost: 0.02 }
    } else {
        Quality::USUAL
    }
}

fn check_false_rollbacks(name: &str, case: &Case) {
    let rates = Rates::of(name, case);
    assert!(
        rates.rolled_back <= rates.at_most(ALPHA_ROLLBACK),
        "{name}: {} of {} clean candidates were rolled back",
        rates.rolled_back,
        rates.runs
    );
    assert!(
        rates.split_broken <= rates.at_most(ALPHA_SPLIT),
        "{name}: {} of {} sound splits were called broken",
        rates.split_broken,
        rates.runs
    );
}

fn check_passes_at_the_margin(name: &str, case: &Case) {
    let rates = Rates::of(name, case);
    for (guard, passed) in case.guards.iter().zip(rates.passed) {
        let metric = guard.metric;
        assert!(
            passed <= rates.at_most(ALPHA_PROMOTE),
            "{name}: {metric} passed {passed} of {} candidates exactly at its margin",
            rates.runs
        );
    }
}

/// Finds at least nine of ten, with at most so many requests on the candidate in the median.
fn check_finds(name: &str, case: &Case, metric: Metric, median: u64) {
    let rates = Rates::of(name, case);
    assert!(
        rates.rolled_back * 10 >= rates.runs * 9,
        "{name}: only {} of {} found",
        rates.rolled_back,
        rates.runs
    );
    assert!(rates.median() <= median, "{name}: found after {} requests on the candidate", rates.median());
    let place = case.guards.iter().position(|guard| guard.metric == metric).unwrap();
    let blamed = rates.blamed[place];
    assert!(blamed * 10 >= rates.rolled_back * 9, "{name}: {metric} was blamed only {blamed} times");
}

/// Finds what is worse by one metric, and blames no other for it.
fn check_blames(name: &str, worse: Worse, metric: Metric) {
    let rates = Rates::of(name, &Case { worse, guards: &FIVE_GUARDS, requests: 18_000, ..CALM });
    assert!(rates.rolled_back * 10 >= rates.runs * 9, "{name}: {} found", rates.rolled_back);
    for (other, wrongly) in FIVE_GUARDS.map(|guard| guard.metric).into_iter().zip(rates.blamed) {
        // Both guards on times are told by the same answers.
        if other == metric || (other.is_time() && metric.is_time()) {
            continue;
        }
        assert!(
            wrongly <= rates.at_most(ALPHA_ROLLBACK),
            "{name}: {other} was blamed {wrongly} times for {metric}"
        );
    }
}

#[test]
fn a_clean_candidate_is_kept() {
    check_false_rollbacks("clean", &CALM);
}

#[test]
fn five_guards_together_keep_a_clean_candidate() {
    let shares = &[(0.0, 500), (0.3, 2_500), (0.6, 5_000)];
    check_false_rollbacks("five guards", &Case { guards: &FIVE_GUARDS, both: drift, shares, ..CALM });
}

#[test]
fn five_guards_together_keep_a_clean_candidate_of_unequal_users() {
    let shares = &[(0.0, 1_000), (0.4, 2_500)];
    check_false_rollbacks(
        "sticky, five guards",
        &Case { guards: &FIVE_GUARDS, callers: USERS, shares, ..CALM },
    );
}

#[test]
fn harm_alone_is_the_harm_of_all_verdicts() {
    let worse = Worse { errors: 0.04, cost: 1.4, ..Worse::NOT };
    let five = Case { guards: &FIVE_GUARDS, requests: 8_000, ..CALM };
    check_harm_alone("clean", &five);
    check_harm_alone("worse", &Case { worse, ..five });
    check_harm_alone("clean, sticky", &Case { callers: USERS, ..five });
    check_harm_alone("worse, sticky", &Case { callers: USERS, worse, ..five });
}

#[test]
fn bursts_in_both_arms_are_not_held_against_the_candidate() {
    check_false_rollbacks("shared bursts", &Case { both: burst, requests: 24_000, ..CALM });
}

#[test]
fn a_ramp_with_drift_is_not_held_against_the_candidate() {
    let shares = &[(0.0, 500), (0.3, 2_500), (0.6, 5_000)];
    check_false_rollbacks("ramp with drift", &Case { both: drift, shares, requests: 18_000, ..CALM });
}

#[test]
fn what_is_expected_may_be_wrong() {
    let shares = &[(0.0, 1_000), (0.5, 5_000)];
    check_false_rollbacks("wrong centres", &Case { both: jump, shares, ..CALM });
}

#[test]
fn a_candidate_at_the_margin_is_not_called_safe_where_what_is_expected_is_wrong() {
    let case = Case {
        both: jump,
        shares: &[(0.0, 2_500), (0.3, 5_000)],
        worse: AT_THE_MARGIN,
        ending: Ending::AtTheEnd,
        ..CALM
    };
    check_passes_at_the_margin("wrong centres, at the margin", &case);
}

#[test]
fn tiny_traffic_is_enough_to_keep_a_clean_candidate() {
    check_false_rollbacks(
        "tiny traffic",
        &Case { rate: 1.0, requests: 5_000, shares: &[(0.0, 500)], ..CALM },
    );
}

#[test]
fn a_clean_candidate_of_unequal_users_is_kept() {
    let shares = &[(0.0, 1_000), (0.4, 2_500)];
    check_false_rollbacks("sticky users", &Case { callers: USERS, shares, ..CALM });
}

#[test]
fn bursts_and_a_ramp_of_unequal_users_are_not_held_against_the_candidate() {
    let shares = &[(0.0, 1_000), (0.3, 2_500), (0.6, 5_000)];
    check_false_rollbacks(
        "sticky, bursts",
        &Case { callers: USERS, shares, both: burst, requests: 16_000, ..CALM },
    );
}

/// The arm that the heavy user is on is as good as this user, and the user changes arms on the way.
#[test]
fn a_heavy_user_is_not_held_against_the_candidate() {
    let shares = &[(0.0, 500), (0.3, 2_500), (0.6, 5_000)];
    check_false_rollbacks("heavy user", &Case { callers: ONE_HEAVY, shares, requests: 16_000, ..CALM });
}

/// No error bound covers a candidate that is worse by less than the margins: it is worse, and a best guess beyond a
/// margin may be chance. Most are kept all the same.
#[test]
fn a_tolerable_candidate_is_mostly_kept() {
    let worse = Worse { errors: 0.002, latency: 1.08, negative: 0.01, cost: 1.05, ..Worse::NOT };
    let shares = &[(0.0, 1_000), (0.3, 2_500), (0.6, 5_000)];
    let rates = Rates::of("tolerable", &Case { worse, shares, requests: 20_000, ..CALM });
    assert!(rates.rolled_back * 10 <= rates.runs, "{} of {} rolled back", rates.rolled_back, rates.runs);
}

#[test]
fn a_candidate_at_the_margin_is_not_called_safe() {
    let case = Case {
        shares: &[(0.0, 2_500), (0.3, 5_000)],
        worse: AT_THE_MARGIN,
        requests: 16_000,
        ending: Ending::AtTheEnd,
        ..CALM
    };
    check_passes_at_the_margin("at the margin", &case);
}

#[test]
fn a_candidate_of_unequal_users_at_the_margin_is_not_called_safe() {
    let case = Case {
        callers: USERS,
        shares: &[(0.0, 2_500), (0.3, 5_000)],
        worse: AT_THE_MARGIN,
        requests: 16_000,
        ending: Ending::AtTheEnd,
        ..CALM
    };
    check_passes_at_the_margin("sticky, at the margin", &case);
}

#[test]
fn a_candidate_at_the_margin_is_not_called_safe_for_a_heavy_user() {
    let case = Case {
        callers: ONE_HEAVY,
        shares: &[(0.0, 2_500), (0.3, 5_000)],
        worse: AT_THE_MARGIN,
        requests: 16_000,
        ending: Ending::AtTheEnd,
        ..CALM
    };
    check_passes_at_the_margin("heavy user, at the margin", &case);
}

#[test]
fn five_times_the_errors_are_found() {
    let worse = Worse { errors: 0.04, ..Worse::NOT };
    check_finds("errors 1 % to 5 %", &Case { worse, ..CALM }, Metric::Errors, 260);
}

#[test]
fn a_third_more_latency_is_found() {
    let worse = Worse { latency: 1.35, ..Worse::NOT };
    check_finds("latency +35 %", &Case { worse, ..CALM }, Metric::LatencyP95, 260);
}

#[test]
fn three_times_the_dislikes_are_found() {
    let worse = Worse { negative: 0.10, ..Worse::NOT };
    check_finds("negative 5 % to 15 %", &Case { worse, requests: 18_000, ..CALM }, Metric::Feedback, 1_000);
}

#[test]
fn five_times_the_errors_of_users_are_found() {
    let callers = Callers::Sticky { users: 2_000, activity: 1.0, proneness: 0.5, heaviest: 0.0 };
    let worse = Worse { errors: 0.04, ..Worse::NOT };
    check_finds("sticky, errors 1 % to 5 %", &Case { callers, worse, ..CALM }, Metric::Errors, 350);
}

#[test]
fn five_times_the_errors_are_found_beside_a_heavy_user() {
    let callers = Callers::Sticky { users: 2_000, activity: 1.0, proneness: 0.5, heaviest: 0.3 };
    let worse = Worse { errors: 0.04, ..Worse::NOT };
    let shares = &[(0.0, 2_500), (0.5, 5_000)];
    check_finds(
        "heavy user, errors 1 % to 5 %",
        &Case { callers, worse, shares, ..CALM },
        Metric::Errors,
        500,
    );
}

#[test]
fn an_equal_candidate_is_shown_safe() {
    let case =
        Case { shares: &[(0.0, 2_500), (0.3, 5_000)], requests: 30_000, ending: Ending::WhenAllPass, ..CALM };
    let rates = Rates::of("equal", &case);
    assert!(rates.all_passed * 10 >= rates.runs * 8, "only {} of {} passed", rates.all_passed, rates.runs);
}

#[test]
fn a_sound_metric_is_not_blamed_for_another() {
    let not = Worse::NOT;
    check_blames("blame of errors, 1 % to 5 %", Worse { errors: 0.04, ..not }, Metric::Errors);
    check_blames("blame of errors, 1 % to 3 %", Worse { errors: 0.02, ..not }, Metric::Errors);
    check_blames("blame of latency, +35 %", Worse { latency: 1.35, ..not }, Metric::LatencyP95);
    check_blames("blame of feedback, 5 % to 15 %", Worse { negative: 0.10, ..not }, Metric::Feedback);
}

/// Clean candidates of a ramp under drift, and sound splits.
#[test]
fn clean_candidates_of_few_and_of_heavy_tailed_users_are_kept() {
    let shares = &[(0.0, 2_500), (0.4, 5_000)];
    for (name, callers) in [("few users", FEW), ("heavy-tailed users", HEAVY_TAILED)] {
        check_false_rollbacks(name, &Case { callers, shares, both: drift, requests: 8_000, ..CALM });
    }
}

#[test]
fn candidates_of_few_and_of_heavy_tailed_users_at_the_margin_are_not_called_safe() {
    for (name, callers) in [("few users, margin", FEW), ("heavy-tailed, margin", HEAVY_TAILED)] {
        let case = Case {
            callers,
            shares: &[(0.0, 5_000)],
            worse: AT_THE_MARGIN,
            requests: 8_000,
            ending: Ending::AtTheEnd,
            ..CALM
        };
        check_passes_at_the_margin(name, &case);
    }
}
