//! Feedback: who speaks is not drawn, speaks later, and may speak more of one arm than of the other.

use crate::run::{Case, Ending, FIVE_GUARDS, Feedback, GUARDS, Rates};
use crate::strict::STRICT_GUARDS;
use crate::traffic::{Callers, Worse};
use crate::{AT_THE_MARGIN, CALM, USERS, check_false_rollbacks, check_passes_at_the_margin, drift, jump};
use viridian_core::analysis::judge::ALPHA_ROLLBACK;
use viridian_core::metric::Metric;

/// Much feedback, and a guard on its rate beside the one on its share.
const SPOKEN_OF: Case = Case {
    guards: &FIVE_GUARDS,
    both: jump,
    shares: &[(0.0, 2_500), (0.5, 5_000)],
    requests: 16_000,
    ..CALM
};
/// After how many requests callers speak of the baseline's answers and of the candidate's, and of those that were bad.
const SOONER_OR_LATER: [(&str, Feedback); 3] = [
    ("late on the candidate", late([20.0, 2_000.0], [20.0, 2_000.0])),
    ("late on the baseline", late([2_000.0, 20.0], [2_000.0, 20.0])),
    ("complained of late", COMPLAINED_OF_LATE),
];
/// Of the baseline, by those who have something to complain of.
const COMPLAINED_OF_LATE: Feedback = late([20.0; 2], [2_000.0, 20.0]);

const fn late(after: [f64; 2], bad_after: [f64; 2]) -> Feedback {
    Feedback { after, bad_after, maturity: MATURE }
}

/// All but one in fifty of those who are late have spoken by then.
const MATURE: u64 = 8_000;

#[test]
fn feedback_that_comes_later_of_one_arm_is_not_held_against_the_candidate() {
    for (name, feedback) in SOONER_OR_LATER {
        for callers in [Callers::Independent, USERS] {
            check_false_rollbacks(name, &Case { callers, feedback, ..SPOKEN_OF });
        }
    }
}

#[test]
fn feedback_that_comes_later_of_one_arm_passes_no_candidate_at_the_margin() {
    for (name, feedback) in SOONER_OR_LATER {
        let ending = Ending::AtTheEnd;
        let case = Case { feedback, worse: AT_THE_MARGIN, ending, guards: &GUARDS, ..SPOKEN_OF };
        check_passes_at_the_margin(name, &case);
    }
}

/// What a maturity is for: these tests would find it missing.
#[test]
fn without_a_maturity_the_arm_that_is_complained_of_sooner_looks_worse() {
    let feedback = Feedback { maturity: 0, ..COMPLAINED_OF_LATE };
    let rates = Rates::of("complained of late, immature", &Case { feedback, ..SPOKEN_OF });
    let place = SPOKEN_OF.guards.iter().position(|guard| guard.metric == Metric::Feedback).unwrap();
    assert!(rates.blamed[place] > rates.at_most(ALPHA_ROLLBACK));
}

/// A race counts bad opinions by request, and a candidate that more callers speak of has more of them.
#[test]
fn a_candidate_that_more_callers_speak_of_is_kept() {
    let worse = Worse { spoken_of: 2.0, ..Worse::NOT };
    for (name, callers) in [("spoken of more", Callers::Independent), ("spoken of more, users", USERS)] {
        check_false_rollbacks(name, &Case { callers, worse, ..CALM });
        check_false_rollbacks(&format!("{name}, drift"), &Case { callers, worse, both: drift, ..CALM });
    }
    let case = Case { worse: Worse { spoken_of: 2.0, ..AT_THE_MARGIN }, guards: &STRICT_GUARDS, ..CALM };
    check_false_rollbacks("spoken of more, strict", &case);
}

#[test]
fn a_candidate_at_the_margin_is_not_called_safe_however_many_speak_of_it() {
    for (name, spoken_of) in [("spoken of less, margin", 0.5), ("spoken of more, margin", 2.0)] {
        for callers in [Callers::Independent, USERS] {
            let worse = Worse { spoken_of, ..AT_THE_MARGIN };
            let shares = &[(0.0, 2_500), (0.3, 5_000)];
            let case = Case { callers, worse, shares, both: drift, ending: Ending::AtTheEnd, ..CALM };
            check_passes_at_the_margin(name, &case);
        }
    }
}
