//! What the judge makes of mean scores: what it says, and how often it is wrong. Scores come from a part of the requests, late
//! and in an order of their own; which part, and how late, may depend on the arm.
//!
//! Each rate is held to what chance explains in so many runs. `VIRIDIAN_SIMULATION_RUNS` sets how many.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what was measured is told")]

use std::collections::BTreeMap;
use viridian_core::analysis::calibration::Renewal;
use viridian_core::analysis::judge::{Units, judge, verdicts};
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
/// How many runs without `VIRIDIAN_SIMULATION_RUNS`: enough to see an error rate that is three times its bound.
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
            " points lower): worse by more than 0.4 points, at most 1 false alarm in 100 rollouts"
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

/// What is simulated, by arm: the baseline's first.
#[derive(Clone, Copy)]
struct Case {
    /// The baseline's mean after a part of the run.
    mean: fn(f64) -> f64,
    /// By how much the candidate's is lower.
    lower: f64,
    /// The part of the answers that get a score: below their mean, and others.
    scored: [[f64; 2]; 2],
    /// How many requests later, on average.
    delay: [f64; 2],
    /// So many users, or requests drawn by themselves.
    users: Option<u64>,
    /// How much users differ in how often they ask: the deviation of the logarithm.
    activity: f64,
    /// Of the guard, in thousandths of a point.
    margin: u32,
}

const CALM: Case = Case {
    mean: |_| 3.8,
    lower: 0.0,
    scored: [[0.3; 2]; 2],
    delay: [100.0; 2],
    users: None,
    activity: 0.0,
    margin: 400,
};
const DRIFTING: Case = Case { mean: |part| if part < 0.4 { 4.0 } else { 3.0 }, ..CALM };
/// Whoever met the candidate speaks up twice as often, while all are less content from some moment on.
const MORE_SPEAK: Case = Case { scored: [[0.2; 2], [0.4; 2]], ..DRIFTING };
const FEWER_SPEAK: Case = Case { scored: [[0.4; 2], [0.2; 2]], ..DRIFTING };
/// The discontent speak thrice as often, on both arms.
const DISCONTENT: Case = Case { scored: [[0.45, 0.15]; 2], ..DRIFTING };
const LATE: Case = Case { delay: [20.0, 1_500.0], ..DRIFTING };
const STICKY: Case = Case { users: Some(1_500), ..DRIFTING };
const UNEQUAL: Case = Case { activity: 1.5, ..STICKY };
const HEAVY_TAILED: Case = Case { users: Some(4_000), activity: 2.0, ..DRIFTING };
const FEW: Case = Case { users: Some(600), activity: 1.0, ..DRIFTING };

const REQUESTS: u64 = 6_000;
const PER_SECOND: u64 = 5;
const BETWEEN_LOOKS: u64 = 150;

/// A score on its way.
struct Coming {
    epoch: usize,
    arm: Arm,
    group: Group,
    given: Given,
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        spread(self.0)
    }

    fn part(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.part()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.part()).cos()
    }

    /// The part of all requests that each of so many users and those before make.
    fn callers(&mut self, users: u64, activity: f64) -> Vec<f64> {
        let mut calls = 0.0;
        let each = (0..users).map(|_| {
            calls += (activity * self.normal()).exp();
            calls
        });
        let up_to: Vec<f64> = each.collect();
        up_to.into_iter().map(|up_to| up_to / calls).collect()
    }
}

/// Whether the candidate was ever called worse, and ever safe.
fn run(case: &Case, seed: u64) -> (bool, bool) {
    let mut dice = Dice(spread(seed));
    let weight = Weight::from_basis_points(2_000).unwrap();
    let mut evidence = Evidence { epochs: vec![EpochCounts::empty(epoch(Thresholds::default()))] };
    let mut coming: BTreeMap<(u64, u64), Coming> = BTreeMap::new();
    let units = if case.users.is_some() { Units::Sticky } else { Units::Independent };
    let guards = [Guard { margin: Margin::Score(case.margin), ..guard() }];
    let (mut failed, mut passed) = (false, false);
    let unequal = case.users.filter(|_| case.activity > 0.0);
    let callers = unequal.map(|users| dice.callers(users, case.activity));
    for number in 0..REQUESTS {
        let roll = dice.roll();
        let user = case.users.map_or(roll, |users| {
            let call = (roll >> 11) as f64 / (1_u64 << 53) as f64;
            let number = callers
                .as_ref()
                .map_or(roll % users, |up_to| up_to.partition_point(|up_to| *up_to <= call) as u64);
            spread(number + seed * 1_000_003)
        });
        let arm = if spread(user) % 10_000 < 2_000 { Arm::Candidate } else { Arm::Baseline };
        let place = usize::from(arm == Arm::Candidate);
        let latest = evidence.epochs.len() - 1;
        take(evidence.epochs[latest].arm_mut(arm), UnitHash(user), None);
        let mean = (case.mean)(number as f64 / REQUESTS as f64) - case.lower * place as f64;
        // Some users are harder to please than others.
        let taste = case.users.map_or(0.0, |_| if user % 128 < 64 { 0.4 } else { -0.4 });
        let off = [-0.6, 0.0, 0.6][(dice.roll() % 3) as usize] + taste;
        if dice.part() < case.scored[place][usize::from(off >= 0.0)] {
            let after = -case.delay[place] * (1.0 - dice.part()).ln();
            let given = given(score(1), mean + off);
            let group = UnitHash(user).group();
            coming.insert((number + after as u64, number), Coming { epoch: latest, arm, group, given });
        }
        if number % BETWEEN_LOOKS == BETWEEN_LOOKS - 1 {
            let later = coming.split_off(&(number + 1, 0));
            for Coming { epoch, arm, group, given } in std::mem::replace(&mut coming, later).into_values() {
                rate(evidence.epochs[epoch].arm_mut(arm), group, given);
            }
            let verdict = verdicts(&guards, &evidence, units).guards[0].verdict;
            failed |= verdict.is_fail();
            passed |= verdict == Verdict::Pass;
            let now = Timestamp((number + 1) * 1_000 / PER_SECOND);
            let calibration = ArmCounts::default();
            let renewal = Renewal { weight, guards: &guards, evidence: &evidence, calibration: &calibration };
            let next = renewal.after(&evidence.epochs[latest].epoch, now);
            evidence.epochs.extend(next.map(EpochCounts::empty));
        }
    }
    (failed, passed)
}

/// The parts of the runs in which the candidate was ever called worse, and ever safe.
fn rates(what: &str, case: &Case) -> (u64, u64, u64) {
    let runs = std::env::var("VIRIDIAN_SIMULATION_RUNS").map_or(RUNS, |runs| runs.parse().unwrap());
    let (mut failed, mut passed) = (0, 0);
    for seed in 1..=runs {
        let found = run(case, seed);
        failed += u64::from(found.0);
        passed += u64::from(found.1);
    }
    println!("{what}: called worse in {failed} of {runs} runs, safe in {passed}");
    (runs, failed, passed)
}

/// How many runs may be wrong when the rate is `bound`: three deviations above the mean, and one for chance in few runs.
fn allowed(runs: u64, bound: f64) -> f64 {
    let mean = runs as f64 * bound;
    mean + 3.0 * (mean * (1.0 - bound)).sqrt() + 1.0
}

const NULLS: [(&str, Case); 10] = [
    ("calm", CALM),
    ("drifting", DRIFTING),
    ("more speak of the candidate", MORE_SPEAK),
    ("fewer speak of the candidate", FEWER_SPEAK),
    ("the discontent speak", DISCONTENT),
    ("late of the candidate", LATE),
    ("sticky", STICKY),
    ("sticky, unequal", UNEQUAL),
    ("sticky, heavy-tailed", HEAVY_TAILED),
    ("sticky, few", FEW),
];

#[test]
fn a_clean_candidate_is_seldom_called_worse() {
    for (what, case) in NULLS {
        // A margin next to nothing: what is called worse has to be more than chance, and by no amount.
        let (runs, failed, _) = rates(what, &Case { margin: 10, ..case });
        assert!(failed as f64 <= allowed(runs, 0.01), "{what}: {failed} of {runs}");
    }
}

#[test]
fn a_candidate_at_the_margin_is_seldom_passed() {
    for (what, case) in NULLS {
        let (runs, _, passed) = rates(what, &Case { lower: MARGIN, ..case });
        assert!(passed as f64 <= allowed(runs, 0.05), "{what}: {passed} of {runs}");
    }
}

#[test]
fn what_is_clearly_worse_is_found_and_what_is_equal_passes() {
    for (what, case) in [("calm", CALM), ("drifting", DRIFTING), ("late", LATE), ("sticky", STICKY)] {
        let (runs, failed, _) = rates(what, &Case { lower: 2.0 * MARGIN, ..case });
        assert!(failed * 10 >= runs * 9, "{what}: only {failed} of {runs} found");
        let (runs, _, passed) = rates(what, &case);
        assert!(passed * 10 >= runs * 9, "{what}: only {passed} of {runs} passed");
    }
}
