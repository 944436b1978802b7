//! What the judge makes of mean scores: what it says, and how often it is wrong. Scores come from a part of the requests, late
//! and in an order of their own; which part, and how late, may depend on the arm.
//!
//! Each rate is held to what chance explains in so many runs. `VIRIDIAN_SIMULATION_RUNS` sets how many.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what was measured is told")]

#[path = "judge_scores/rates.rs"]
mod rates;

use viridian_core::analysis::calibration::Renewal;
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::{ArmCounts, EpochCounts, Evidence};
use viridian_core::analysis::tally::{Counts, GroupTally, Tally};
use viridian_core::analysis::verdict::{Judgement, Verdict, Wait};
use viridian_core::arm::Arm;
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::guard::{Guard, Margin, OnFail};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::score::{Given, Score};
use viridian_core::time::Timestamp;
use viridian_core::unit::{Group, UnitHash};
use viridian_core::weight::Weight;

const FAILS: Verdict = Verdict::Fail(OnFail::Rollback);
/// How many runs without `VIRIDIAN_SIMULATION_RUNS`. What so many can see is told in docs/error-rates.md.
const RUNS: u64 = 200;
const MARGIN: f64 = 0.4;

fn score(meaning: u64) -> Score {
    Score::new("helpful", meaning, 1, 5).unwrap()
}

fn guard() -> Guard {
    Guard::new(Metric::Score(score(1)), Margin::Score(400))
}

fn given(score: Score, number: f64) -> Given {
    Given { score, level: score.level(number).unwrap() }
}

fn epoch(thresholds: Thresholds) -> Epoch {
    Epoch {
        id: EpochId(2),
        weight: Weight::from_basis_points(2_000).unwrap(),
        thresholds,
        centres: Centres::default(),
        started_at: Timestamp(0),
        allotment: None,
    }
}

/// So many answers with each of these scores.
type Scores<'a> = &'a [(f64, u64)];

/// What both arms were given, spread over the users of each.
fn evidence(counted: &[(Score, Scores<'_>, Scores<'_>)]) -> Evidence {
    let mut counts = EpochCounts::empty(epoch(Thresholds::default()));
    for (score, baseline, candidate) in counted {
        for (arm, scores) in [(Arm::Baseline, baseline), (Arm::Candidate, candidate)] {
            let numbers = scores.iter().flat_map(|(number, times)| (0..*times).map(|_| *number));
            for (place, number) in numbers.enumerate() {
                let user = place as u64 % 640 + 1_000_003 * u64::from(arm == Arm::Candidate);
                take(counts.arm_mut(arm), UnitHash(spread(user)), Some(given(*score, number)));
            }
        }
    }
    Evidence { epochs: vec![counts] }
}

/// Counts an answer to a user, and its score when it got one.
fn take(arm: &mut ArmCounts, unit: UnitHash, given: Option<Given>) {
    arm.tally.classes[0] += 1;
    arm.groups.units.insert(unit);
    arm.groups.record_counts(Metric::Errors, unit.group(), Counts::of_share(1, 0));
    if let Some(given) = given {
        rate(arm, unit.group(), given);
    }
}

fn rate(arm: &mut ArmCounts, group: Group, given: Given) {
    arm.tally.record_score(given, 1);
    arm.groups.record_score(given, group, 1);
}

const fn spread(number: u64) -> u64 {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn judged(evidence: &Evidence, units: Units) -> Judgement {
    judge(&[guard()], evidence, units).guards.remove(0)
}

fn check(what: &str, counted: &[(Score, Scores<'_>, Scores<'_>)], expected: Verdict) {
    for units in [Units::Independent, Units::Sticky] {
        let judged = judged(&evidence(counted), units);
        assert_eq!(judged.verdict, expected, "{what}, {units:?}: {}", judged.sentence());
    }
}

const GOOD: Scores<'_> = &[(3.0, 1_600), (4.0, 1_600), (5.0, 1_600)];
const AS_GOOD: Scores<'_> = &[(3.0, 400), (4.0, 400), (5.0, 400)];
const WORSE: Scores<'_> = &[(2.0, 400), (3.0, 400), (4.0, 400)];

#[test]
fn means_are_compared_in_points_of_the_scale() {
    check("as good", &[(score(1), GOOD, AS_GOOD)], Verdict::Pass);
    check("better", &[(score(1), GOOD, &[(4.0, 600), (5.0, 600)])], Verdict::Pass);
    check("a point lower", &[(score(1), GOOD, WORSE)], FAILS);
    check(
        "lower by less than the margin",
        &[(score(1), GOOD, &[(3.0, 500), (4.0, 400), (5.0, 300)])],
        Verdict::Pass,
    );
}

#[test]
fn few_scores_wait_however_alike_they_are() {
    let few = evidence(&[(score(1), &[(5.0, 40)], &[(3.0, 10)])]);
    assert_eq!(judged(&few, Units::Independent).verdict, Verdict::Wait(Wait::Undecided));
    // Of as many users as it takes, those of forty groups give scores.
    let mut counts = EpochCounts::empty(epoch(Thresholds::default()));
    for arm in [Arm::Baseline, Arm::Candidate] {
        for user in 0..2_000 {
            let unit = UnitHash(spread(user + 1_000_003 * u64::from(arm == Arm::Candidate)));
            let number = if arm == Arm::Candidate { 2.0 } else { 5.0 };
            let given = (unit.group().0 < 40).then(|| given(score(1), number));
            take(counts.arm_mut(arm), unit, given);
        }
    }
    let judged = judged(&Evidence { epochs: vec![counts] }, Units::Sticky);
    let few = Wait::TooFewScored { groups: 40, need: 48 };
    assert_eq!(judged.verdict, Verdict::Wait(few), "{}", judged.sentence());
    assert_eq!((judged.effect.lower, judged.effect.upper), (None, None), "{}", judged.sentence());
    assert!(
        judged.sentence().ends_with(
            "3.00 points lower: too few units were given scores: those of 40 of 64 groups on both arms, and of 48 are needed \
             (margin 0.4 points)"
        ),
        "{}",
        judged.sentence()
    );
}

#[test]
fn what_another_judge_says_is_another_score() {
    check("another alone", &[(score(2), GOOD, WORSE)], Verdict::Wait(Wait::NoData));
    check("another beside", &[(score(2), GOOD, WORSE), (score(1), GOOD, AS_GOOD)], Verdict::Pass);
    check(
        "another for each arm",
        &[(score(1), GOOD, &[]), (score(2), &[], WORSE)],
        Verdict::Wait(Wait::NoData),
    );
}

#[test]
fn what_is_found_is_told_on_the_scale() {
    let told = |candidate: Scores<'_>| {
        let judged = judged(&evidence(&[(score(1), GOOD, candidate)]), Units::Independent);
        (judged.sentence(), judged.would_change().unwrap())
    };
    let (worse, _) = told(WORSE);
    assert!(
        worse.starts_with(
            "helpful: 3.00 on average of 1200 on the candidate, 4.00 on average of 4800 on the baseline, \
             1.00 points lower (between 0.9"
        ),
        "{worse}"
    );
    assert!(
        worse.ends_with(
            " points lower): worse, by the best guess by 0.4 points or more; of rollouts of candidates that are no worse at most \
             1 in 100 says so"
        ),
        "{worse}"
    );
    let (safe, change) = told(&[(4.0, 600), (5.0, 600)]);
    assert!(safe.contains("0.50 points higher (between 0.5"), "{safe}");
    assert!(safe.ends_with("safe, not worse by 0.4 points"), "{safe}");
    assert!(change.starts_with("It stays safe as long as 0.4 points less is ruled out"), "{change}");
}

#[test]
fn scores_are_kept_with_their_meaning() {
    let evidence = evidence(&[(score(1), GOOD, AS_GOOD), (score(2), GOOD, WORSE)]);
    let arm = &evidence.epochs[0].candidate;
    let written = serde_json::to_string(&arm.tally).unwrap();
    assert!(
        written.contains("\"score/helpful/0000000000000001/1-5\":[[0,400],[25,400],[50,400]]"),
        "{written}"
    );
    assert_eq!(serde_json::from_str::<Tally>(&written).unwrap(), arm.tally);
    let groups = serde_json::to_string(&arm.groups).unwrap();
    assert_eq!(serde_json::from_str::<GroupTally>(&groups).unwrap(), arm.groups);
    let mut sum = arm.clone();
    sum.add(arm);
    assert_eq!(sum.counts(Metric::Score(score(1))), Counts::of_sum(2_400, 800 * 75));
    let by_group = sum.groups.counts(Metric::Score(score(1))).iter();
    assert_eq!(
        by_group.map(|counts| (counts.trials, counts.events)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
        (2_400, 60_000)
    );
    // What nobody scores leaves no trace in what is written.
    assert!(!serde_json::to_string(&Tally::default()).unwrap().contains("scores"));
    assert!(!serde_json::to_string(&GroupTally::default()).unwrap().contains("scores"));
    assert_eq!(serde_json::to_string(&Thresholds::default()).unwrap(), "{}");
}

#[test]
fn an_epoch_expects_what_the_baseline_was_scored_before() {
    let evidence = evidence(&[(score(1), GOOD, WORSE)]);
    let renewed = |guards: &[Guard], calibration: &ArmCounts, evidence: &Evidence| {
        let renewal =
            Renewal { weight: Weight::from_basis_points(5_000).unwrap(), guards, evidence, calibration };
        renewal.after(&epoch(Thresholds::default()), Timestamp(1)).unwrap().thresholds
    };
    let none = ArmCounts::default();
    let expected = renewed(&[guard()], &none, &evidence);
    assert!((expected.expected(score(1)) - 0.25).abs() < 1e-12);
    assert!((expected.expected(score(2)) - 0.5).abs() < 1e-12, "of another nothing is known");
    let written = serde_json::to_string(&expected).unwrap();
    assert_eq!(written, "{\"scores\":[[\"score/helpful/0000000000000001/1-5\",25]]}");
    assert_eq!(serde_json::from_str::<Thresholds>(&written).unwrap(), expected);
    let before = &evidence.epochs[0].baseline;
    assert_eq!(renewed(&[guard()], before, &Evidence::default()), expected);
    assert_eq!(renewed(&[], before, &Evidence::default()), Thresholds::default(), "nobody asks");
}
