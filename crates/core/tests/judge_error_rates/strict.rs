//! Guards that call a candidate worse only beyond their margin: in points, of a percentile, in per cent of a share.

use crate::run::{Case, GUARDS};
use crate::traffic::{Callers, Worse};
use crate::{AT_THE_MARGIN, CALM, USERS, check_false_rollbacks, check_finds};
use viridian_core::guard::{Guard, Margin};
use viridian_core::metric::Metric;

pub(crate) const STRICT_GUARDS: [Guard; 3] = [
    Guard { strict: true, ..GUARDS[0] },
    Guard { strict: true, ..GUARDS[1] },
    Guard { strict: true, ..Guard::new(Metric::Feedback, Margin::Relative(6_000)) },
];

#[test]
fn a_candidate_at_the_margin_is_kept_by_strict_guards() {
    for (name, callers) in [("strict, at the margin", Callers::Independent), ("strict, sticky", USERS)] {
        let shares = &[(0.0, 2_500), (0.3, 5_000)];
        let case = Case { callers, guards: &STRICT_GUARDS, worse: AT_THE_MARGIN, shares, ..CALM };
        check_false_rollbacks(name, &Case { requests: 16_000, ..case });
    }
}

/// Of users it is the bound of the difference that has to leave the margin behind, which takes more than a race.
#[test]
fn five_times_the_errors_are_found_by_a_strict_guard() {
    let worse = Worse { errors: 0.04, ..Worse::NOT };
    let case = Case { guards: &STRICT_GUARDS, worse, ..CALM };
    check_finds("strict, errors 1 % to 5 %", &case, Metric::Errors, 400);
    let callers = Callers::Sticky { users: 2_000, activity: 0.5, proneness: 0.3, heaviest: 0.0 };
    let users = Case { callers, requests: 16_000, ..case };
    check_finds("strict, sticky, errors 1 % to 5 %", &users, Metric::Errors, 1_400);
}
