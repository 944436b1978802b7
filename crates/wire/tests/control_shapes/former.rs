//! Former shapes of what gateways and controllers say: each is read as what it was.

use std::path::Path;
use viridian_core::analysis::tally::Counts;
use viridian_core::metric::Metric;
use viridian_core::stats::amounts::Amounts;
use viridian_core::stats::histogram::Histogram;
use viridian_wire::tally::TallyReport;

fn read_report(name: &str) -> TallyReport {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/control/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// From before those were counted who are given up within a guard's margin: there are none in it, and nothing else differs.
#[test]
fn the_eighth_form_of_tally_reports_is_read() {
    let (eighth, mut now) = (read_report("tally_report_8"), read_report("tally_report_9"));
    let given_up = |report: &TallyReport| {
        report.tallies[0].tally.metrics.iter().map(|counts| counts.given_up).sum::<u64>()
    };
    assert_eq!((given_up(&eighth), given_up(&now) > 0), (0, true));
    now.tallies[0].tally.metrics.iter_mut().for_each(|counts| counts.given_up = 0);
    assert_eq!(
        (&eighth.origin, &eighth.tallies, &eighth.feedback),
        (&now.origin, &now.tallies, &now.feedback)
    );
    for metric in Metric::ALL {
        let [before, groups] = [&eighth, &now].map(|report| report.groups[0].groups.counts(metric));
        let of_before = groups.iter().map(|counts| Counts { given_up: 0, ..*counts });
        assert!(before.iter().copied().eq(of_before), "{metric}");
    }
}

/// From before requests were counted as they are drawn and as they were refused: those places are zero. Times were counted of
/// requests that were turned away as well; nothing else differs.
#[test]
fn the_seventh_form_of_tally_reports_is_read() {
    let (mut seventh, mut now) = (read_report("tally_report_7"), read_report("tally_report_8"));
    let own = |metric: &Metric| metric.is_time() || *metric == Metric::CallerErrors;
    let tally = &mut now.tallies[0].tally;
    assert_eq!((tally.drawn, now.groups[0].groups.drawn.all()), (8, 8));
    assert!(tally.metrics[23].trials > 0 && seventh.groups[0].groups.drawn.is_empty());
    tally.drawn = 0;
    for tally in [tally, &mut seventh.tallies[0].tally] {
        Metric::ALL.iter().filter(|metric| own(metric)).for_each(|metric| {
            tally.metrics[metric.index()] = Counts::default();
        });
        (tally.latency, tally.first_token) = (Histogram::default(), Histogram::default());
        tally.latency_sums = Amounts::default();
    }
    assert_eq!(seventh.tallies, now.tallies);
    let [before, groups] = [&seventh, &now].map(|report| &report.groups[0].groups);
    assert_eq!(before.counts(Metric::CallerErrors), vec![Counts::default(); 64]);
    for metric in Metric::ALL.iter().filter(|metric| !own(metric)) {
        assert_eq!(before.counts(*metric), groups.counts(*metric), "{metric}");
    }
}

/// From before costs were held against good answers and mean times were guarded: those places are zero, and nothing else
/// differs.
#[test]
fn the_fifth_form_of_tally_reports_is_read() {
    let (fifth, mut now) = (read_report("tally_report_5"), read_report("tally_report_6"));
    let tally = &mut now.tallies[0].tally;
    assert!(!tally.wasted_cost.is_empty() && !tally.latency_sums.is_empty());
    assert!(tally.metrics[21..23].iter().all(|counts| *counts != Counts::default()));
    tally.metrics[21..].fill(Counts::default());
    (tally.wasted_cost, tally.latency_sums) = (Amounts::default(), Amounts::default());
    assert_eq!(fifth.tallies, now.tallies);
    for metric in Metric::ALL {
        let (before, groups) = (&fifth.groups[0].groups, &now.groups[0].groups);
        let expected =
            if metric.index() < 21 { groups.counts(metric).to_vec() } else { vec![Counts::default(); 64] };
        assert_eq!(before.counts(metric), expected, "{metric}");
    }
}

/// From before answers were read: those places are zero, and nothing else differs.
#[test]
fn the_fourth_form_of_tally_reports_is_read() {
    let (fourth, mut now) = (read_report("tally_report_4"), read_report("tally_report_5"));
    let tally = &mut now.tallies[0].tally;
    assert!(!tally.input_tokens.is_empty() && !tally.output_tokens.is_empty() && !tally.cost.is_empty());
    assert!(!tally.per_token.is_empty());
    assert!(tally.metrics[10..].iter().any(|counts| *counts != Counts::default()));
    tally.metrics[10..].fill(Counts::default());
    (tally.per_token, tally.input_tokens) = (Histogram::default(), Amounts::default());
    (tally.output_tokens, tally.cost) = (Amounts::default(), Amounts::default());
    assert_eq!(fourth.tallies, now.tallies);
    for metric in Metric::ALL {
        let (before, groups) = (&fourth.groups[0].groups, &now.groups[0].groups);
        let expected =
            if metric.index() < 10 { groups.counts(metric).to_vec() } else { vec![Counts::default(); 64] };
        assert_eq!(before.counts(metric), expected, "{metric}");
    }
}

/// From before there were more metrics and first tokens: those places are zero, and nothing else differs.
#[test]
fn the_third_form_of_tally_reports_is_read() {
    let (third, mut now) = (read_report("tally_report_3"), read_report("tally_report_4"));
    let tally = &mut now.tallies[0].tally;
    assert!(tally.metrics[3..].iter().any(|counts| *counts != Counts::default()));
    tally.metrics[3..].fill(Counts::default());
    tally.first_token = Histogram::default();
    assert_eq!(third.tallies, now.tallies);
    for metric in Metric::ALL {
        let (before, groups) = (&third.groups[0].groups, &now.groups[0].groups);
        let expected =
            if metric.index() < 3 { groups.counts(metric).to_vec() } else { vec![Counts::default(); 64] };
        assert_eq!(before.counts(metric), expected, "{metric}");
    }
}

/// From before a lease could run out and an operator could pin: those places are zero, and nothing else differs.
#[test]
fn the_second_form_of_tally_reports_is_read() {
    let second = read_report("tally_report_2");
    let mut now = read_report("tally_report_3");
    let exempt = &mut now.tallies[0].tally.exempt;
    assert_eq!(exempt[5..7], [1, 1]);
    exempt[5..].fill(0);
    assert_eq!(second.tallies, now.tallies);
}

/// From before early failures were counted: there are none in it, and nothing else differs.
#[test]
fn the_first_form_of_tally_reports_is_read() {
    let (first, now) = (read_report("tally_report"), read_report("tally_report_2"));
    let latency = |report: &TallyReport| report.tallies[0].tally.metrics[Metric::LatencyP95.index()];
    assert_eq!((latency(&first).failed_early, latency(&now).failed_early), (0, 3));
    assert_eq!(latency(&first), Counts { failed_early: 0, ..latency(&now) });
    assert_eq!((first.origin, first.feedback), (now.origin, now.feedback));
}
