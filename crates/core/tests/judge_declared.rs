//! What the judge makes of metrics that applications declare: what it makes of any other share, of their own meaning alone,
//! and nothing of what their expressions could not be asked of.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::{EpochCounts, Evidence};
use viridian_core::analysis::tally::{Counts, GroupTally, Tally};
use viridian_core::analysis::verdict::{Judgement, Verdict, Wait};
use viridian_core::arm::Arm;
use viridian_core::declared::{Asks, Declared, Found, Load};
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::guard::{Guard, Margin, OnFail};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::routing::decide::{Decision, Exempt, Standing};
use viridian_core::time::Timestamp;
use viridian_core::unit::UnitHash;
use viridian_core::weight::Weight;

const FAILS: Verdict = Verdict::Fail(OnFail::Rollback);

/// Good, bad and unknown outcomes of an arm.
type Outcomes = (u64, u64, u64);

fn metric(meaning: u64) -> Declared {
    Declared::new("curt", meaning, Asks::Text, Load::Indifferent).unwrap()
}

/// What both arms did by each of these metrics, at a tenth of the traffic.
fn evidence(counted: &[(Declared, Outcomes, Outcomes)]) -> Evidence {
    Evidence { epochs: vec![epoch(1_000, counted)] }
}

/// The same at so many basis points.
fn epoch(share: u16, counted: &[(Declared, Outcomes, Outcomes)]) -> EpochCounts {
    let weight = Weight::from_basis_points(share).unwrap();
    let mut counts = EpochCounts::empty(Epoch {
        id: EpochId(2),
        weight,
        thresholds: Thresholds::default(),
        centres: Centres::default(),
        started_at: Timestamp(0),
        allotment: None,
    });
    for (metric, baseline, candidate) in counted {
        for (arm, (good, bad, unknown)) in [(Arm::Baseline, baseline), (Arm::Candidate, candidate)] {
            let outcomes = [(Found::Good, good), (Found::Bad, bad), (Found::Unknown, unknown)];
            for (found, times) in outcomes {
                for time in 0..*times {
                    // The users of an arm are its own, and each asks a few times.
                    let user = time % 1_000 + 1_000_003 * u64::from(arm == Arm::Candidate);
                    let unit = UnitHash(user.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                    let decision = Decision { arm, standing: Standing::Drawn(weight), unit: Some(unit) };
                    let counted = counts.arm_mut(arm);
                    counted.tally.classes[0] += 1;
                    counted.tally.record_declared(decision.standing, &[(*metric, found)]);
                    counted.groups.units.insert(unit);
                    counted.groups.record_counts(Metric::Errors, unit.group(), Counts::of_share(1, 0));
                    counted.groups.record_declared(&decision, &[(*metric, found)]);
                }
            }
        }
    }
    counts
}

fn judged(evidence: &Evidence, units: Units) -> Judgement {
    let guard = Guard::new(Metric::Declared(metric(1)), Margin::Points(200));
    judge(&[guard], evidence, units).guards.remove(0)
}

fn check(what: &str, counted: &[(Declared, Outcomes, Outcomes)], expected: Verdict) {
    for units in [Units::Independent, Units::Sticky] {
        let judged = judged(&evidence(counted), units);
        assert_eq!(judged.verdict, expected, "{what}, {units:?}: {}", judged.sentence());
    }
}

#[test]
fn a_declared_metric_is_judged_as_any_other() {
    check("as good", &[(metric(1), (85_500, 4_500, 0), (9_500, 500, 0))], Verdict::Pass);
    check("worse", &[(metric(1), (17_100, 900, 0), (1_500, 500, 0))], FAILS);
    check("better", &[(metric(1), (14_400, 3_600, 0), (1_900, 100, 0))], Verdict::Pass);
    let judged = judged(&evidence(&[(metric(1), (17_100, 900, 0), (1_500, 500, 0))]), Units::Independent);
    assert!(judged.sentence().starts_with("curt: "), "{}", judged.sentence());
}

#[test]
fn what_is_unknown_is_neither_good_nor_bad() {
    // A fifth of the candidate's cannot be told; the rest would pass.
    let silent = [(metric(1), (85_500, 4_500, 0), (7_600, 400, 2_000))];
    check("unknown of the candidate", &silent, Verdict::Wait(Wait::Unread));
    check(
        "unknown of both alike",
        &[(metric(1), (68_400, 3_600, 18_000), (7_600, 400, 2_000))],
        Verdict::Pass,
    );
    check("worse beside unknown", &[(metric(1), (13_700, 700, 3_600), (1_200, 400, 400))], FAILS);
    check("all unknown", &[(metric(1), (0, 0, 18_000), (0, 0, 2_000))], Verdict::Wait(Wait::NoData));
    let told = judged(&evidence(&silent), Units::Independent).sentence();
    assert!(told.contains("unknown of 2000 and 0"), "{told}");
}

/// What answers tell changes over time on both arms, and the candidate has more of the later time. Only how they compare at any one
/// time says that an arm tells less.
#[test]
fn arms_that_tell_less_are_found_within_each_epoch() {
    let check = |what: &str, [early, late]: [(Outcomes, Outcomes); 2], expected: Verdict| {
        let of = |share, (baseline, candidate)| epoch(share, &[(metric(1), baseline, candidate)]);
        let judged = judged(&Evidence { epochs: vec![of(500, early), of(5_000, late)] }, Units::Independent);
        assert_eq!(judged.verdict, expected, "{what}: {}", judged.sentence());
    };
    let of = |all: u64, told: u64| (all * told / 100, 0, all - all * told / 100);
    let share = |told: [u64; 4]| {
        [(of(34_200, told[0]), of(1_800, told[1])), (of(18_000, told[2]), of(18_000, told[3]))]
    };
    check("both tell less later", share([95, 95, 80, 80]), Verdict::Pass);
    check("both tell more later, the candidate less", share([80, 75, 95, 90]), Verdict::Wait(Wait::Unread));
}

#[test]
fn another_meaning_of_a_name_is_another_metric() {
    let before = (metric(2), (18_000, 0, 0), (0, 2_000, 0));
    check("of another meaning alone", &[before], Verdict::Wait(Wait::NoData));
    check(
        "beside another meaning",
        &[before, (metric(1), (85_500, 4_500, 0), (9_500, 500, 0))],
        Verdict::Pass,
    );
}

#[test]
fn what_is_exempt_is_no_evidence() {
    let mut tally = Tally::default();
    let found = [(metric(1), Found::Bad)];
    tally.record_declared(Standing::Exempt(Exempt::Pinned), &found);
    assert_eq!(tally, Tally::default());
    tally.record_declared(Standing::Exempt(Exempt::NotCompared), &found);
    assert_eq!(tally.counts(Metric::Declared(metric(1))), Counts::of_share(1, 1));
    let mut groups = GroupTally::default();
    let decision = Decision {
        arm: Arm::Baseline,
        standing: Standing::Exempt(Exempt::NotCompared),
        unit: Some(UnitHash(7)),
    };
    groups.record_declared(&decision, &found);
    assert_eq!(groups, GroupTally::default());
}

#[test]
fn counters_are_kept_with_their_meaning() {
    let evidence = evidence(&[(metric(1), (3, 1, 2), (1, 0, 0)), (metric(2), (0, 4, 0), (0, 0, 1))]);
    let arm = &evidence.epochs[0].baseline;
    let written = serde_json::to_string(&arm.tally).unwrap();
    assert_eq!(serde_json::from_str::<Tally>(&written).unwrap(), arm.tally);
    let groups = serde_json::to_string(&arm.groups).unwrap();
    assert_eq!(serde_json::from_str::<GroupTally>(&groups).unwrap(), arm.groups);
    assert!(
        serde_json::from_str::<GroupTally>(&groups.replacen("\":[{", "\":[{\"n\":0,\"x\":0,\"xs\":0},{", 1))
            .is_err()
    );
    let mut sum = arm.tally.clone();
    sum.add(&arm.tally);
    let expected = Counts { unknown: 4, ..Counts::of_share(8, 2) };
    assert_eq!(sum.counts(Metric::Declared(metric(1))), expected);
    // What nobody declares leaves no trace in what is written.
    assert!(!serde_json::to_string(&Tally::default()).unwrap().contains("declared"));
    assert!(!serde_json::to_string(&GroupTally::default()).unwrap().contains("declared"));
}
