//! What the judge makes of evidence that is put together by hand: one row, one question.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::{EpochCounts, Evidence};
use viridian_core::analysis::tally::Counts;
use viridian_core::analysis::verdict::Verdict;
use viridian_core::epoch::{Epoch, Thresholds};
use viridian_core::guard::{Guard, Margin, Mode, OnFail};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

/// Half of the traffic each, 50 000 requests on either arm, and so much feedback: `(given, negative)`.
fn feedback(baseline: (u64, u64), candidate: (u64, u64)) -> Evidence {
    let epoch = Epoch {
        id: EpochId(2),
        weight: Weight::from_basis_points(5_000).unwrap(),
        thresholds: Thresholds::default(),
        centres: [0.01, 0.05, 0.05],
        started_at: Timestamp(0),
    };
    let mut counts = EpochCounts::empty(epoch);
    for (arm, (trials, events)) in [(&mut counts.baseline, baseline), (&mut counts.candidate, candidate)] {
        arm.tally.classes[0] = 50_000;
        arm.tally.metrics[Metric::Feedback.index()] = Counts { trials, events, scaled: events };
    }
    Evidence { epochs: vec![counts] }
}

fn check(what: &str, margin: Margin, evidence: &Evidence, passes: bool) {
    let guard = Guard {
        metric: Metric::Feedback,
        margin,
        on_fail: OnFail::Rollback,
        mode: Mode::Enforce,
        maturity: Duration::ZERO,
    };
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
