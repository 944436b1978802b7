//! Metrics of which not every request is a case: the arms may differ in how many are, and are no better or worse for that.

use crate::run::{Case, Ending, FIVE_GUARDS};
use crate::traffic::{Callers, Quality, Worse};
use crate::{AT_THE_MARGIN, CALM, USERS, check_false_rollbacks, check_passes_at_the_margin, drift, jump};
use viridian_core::guard::{Guard, Margin};
use viridian_core::metric::Metric;

/// A share and an amount of some of the answers, and times, which a request that is turned away has none of.
const OF_SOME: [Guard; 4] = [
    Guard::new(Metric::InvalidToolCalls, Margin::Points(300)),
    Guard { strict: true, ..Guard::new(Metric::InvalidToolCalls, Margin::Points(300)) },
    FIVE_GUARDS[1],
    FIVE_GUARDS[3],
];

/// How long answers take, for half of them and on average.
const OF_TIMES: [Guard; 2] = [
    Guard::new(Metric::LatencyP50, Margin::Relative(2_000)),
    Guard::new(Metric::LatencyMean, Margin::Relative(2_000)),
];

/// Callers' opinions, asked beyond the margin.
const STRICT: &[Guard] = &[Guard { strict: true, ..FIVE_GUARDS[2] }];

/// In what the arms differ that makes neither better.
const DIFFERENT: [(&str, Worse); 4] = [
    ("half as many calls", Worse { calls: 0.5, ..Worse::NOT }),
    ("twice as many calls", Worse { calls: 2.0, ..Worse::NOT }),
    ("a busy baseline", Worse { turned_away: [0.3, 0.0], ..Worse::NOT }),
    ("a busy candidate", Worse { turned_away: [0.0, 0.3], ..Worse::NOT }),
];

/// When, and how both arms answer then.
type When = (&'static str, fn(f64) -> Quality);

/// Nothing much happens, or nothing is as it was expected to be, or everything moves.
const WHENS: [When; 3] = [("calm", |_| Quality::USUAL), ("wrong centres", jump), ("drift", drift)];

#[test]
fn a_candidate_of_which_more_or_fewer_requests_are_cases_is_kept() {
    for (what, worse) in DIFFERENT {
        for (when, both) in WHENS {
            let case = Case { guards: &OF_SOME, both, worse, requests: 8_000, ..CALM };
            check_false_rollbacks(&format!("{what}, {when}"), &case);
        }
        let users = Case { guards: &OF_SOME, callers: USERS, worse, requests: 8_000, ..CALM };
        check_false_rollbacks(&format!("{what}, users"), &users);
    }
}

#[test]
fn a_candidate_at_the_margin_of_which_more_or_fewer_requests_are_cases_is_not_called_safe() {
    for (what, worse) in DIFFERENT {
        let worse = Worse { calls: worse.calls, turned_away: worse.turned_away, ..AT_THE_MARGIN };
        for callers in [Callers::Independent, USERS] {
            for (when, both) in [WHENS[0], WHENS[1]] {
                let (shares, requests): (&[_], _) = (&[(0.0, 5_000)], 8_000);
                let ending = Ending::AtTheEnd;
                let case = Case { guards: &OF_SOME, callers, both, worse, shares, requests, ending, ..CALM };
                check_passes_at_the_margin(&format!("{what}, {when}, margin"), &case);
            }
        }
    }
}

/// Epochs in which it was none say nothing of it, however often the baseline was one.
#[test]
fn a_worse_candidate_that_is_seldom_a_case_is_not_called_safe() {
    let worse = Worse { calls: 0.05, negative: 0.10, ..Worse::NOT };
    let (guards, requests, ending) = (&OF_SOME[..1], 30_000, Ending::AtTheEnd);
    let case = Case { guards, worse, requests, rate: 2.0, ending, ..CALM };
    check_passes_at_the_margin("a twentieth of the calls, invalid three times as often", &case);
    let worse = Worse { spoken_of: 0.5, ..AT_THE_MARGIN };
    let case = Case { guards: &FIVE_GUARDS[2..3], worse, requests, rate: 2.0, ending, ..CALM };
    check_passes_at_the_margin("half the opinions, little traffic, margin", &case);
}

/// Requests that are turned away are no cases of how long answers take, and those that fail at once are.
#[test]
fn a_candidate_at_the_margin_that_turns_some_away_and_fails_at_others_is_not_called_safe() {
    let worse = Worse { turned_away: [0.0, 0.3], refused: [0.01, 0.1], ..AT_THE_MARGIN };
    let (shares, requests): (&[_], _) = (&[(0.0, 5_000)], 16_000);
    let case = Case { guards: &OF_TIMES, worse, shares, requests, ending: Ending::AtTheEnd, ..CALM };
    check_passes_at_the_margin("busy and failing at once, margin", &case);
}

/// The same for callers' opinions, asked beyond the margin in points.
#[test]
fn a_strict_guard_keeps_a_candidate_of_which_more_callers_speak() {
    let worse = Worse { spoken_of: 2.0, ..Worse::NOT };
    for (when, both) in WHENS {
        let case = Case { guards: STRICT, both, worse, shares: &[(0.0, 2_500)], ..CALM };
        check_false_rollbacks(&format!("strict, spoken of more, {when}"), &case);
    }
}
