//! The percentiles of all times: to the last byte, to the first token, and for each token after it.

use crate::run::{Case, Ending};
use crate::traffic::{Callers, Worse};
use crate::{CALM, USERS, burst, check_false_rollbacks, check_finds, check_passes_at_the_margin, drift};
use viridian_core::guard::{Guard, Margin};
use viridian_core::metric::Metric;

/// Together every percentile but the 95th of the time to the last byte, which the other cases guard.
const TIMES: &[&[Guard]] = &[
    &[
        slower(Metric::LatencyP50),
        slower(Metric::LatencyP99),
        slower(Metric::FirstTokenP50),
        slower(Metric::FirstTokenP95),
    ],
    &[slower(Metric::FirstTokenP99), slower(Metric::PerTokenP50), slower(Metric::PerTokenP95)],
];

const RAMP: &[(f64, u16)] = &[(0.0, 500), (0.3, 2_500), (0.6, 5_000)];

const fn slower(metric: Metric) -> Guard {
    Guard::new(metric, Margin::Relative(2_000))
}

#[test]
fn a_clean_candidate_is_kept_by_every_percentile() {
    for &guards in TIMES {
        let calm = Case { guards, requests: 8_000, ..CALM };
        check_false_rollbacks("times", &calm);
        check_false_rollbacks("times, bursts", &Case { both: burst, ..calm });
        check_false_rollbacks("times, ramp with drift", &Case { both: drift, shares: RAMP, ..calm });
        check_false_rollbacks("times, sticky", &Case { callers: USERS, ..calm });
    }
}

#[test]
fn a_candidate_at_the_margin_of_a_percentile_is_not_called_safe() {
    let worse = Worse { latency: 1.2, ..Worse::NOT };
    for &guards in TIMES {
        for (name, callers) in [("times, margin", Callers::Independent), ("times, sticky, margin", USERS)] {
            let (shares, requests): (&[_], _) = (&[(0.0, 5_000)], 8_000);
            let case = Case { callers, guards, worse, shares, requests, ending: Ending::AtTheEnd, ..CALM };
            check_passes_at_the_margin(name, &case);
        }
    }
}

#[test]
fn what_is_slower_is_found_by_every_percentile() {
    let worse = Worse { latency: 1.35, ..Worse::NOT };
    for guards in TIMES.iter().flat_map(|guards| guards.chunks(1)) {
        let metric = guards[0].metric;
        check_finds(&format!("{metric} +35 %"), &Case { guards, worse, ..CALM }, metric, 900);
    }
}
