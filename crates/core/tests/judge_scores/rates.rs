//! How often a guard on a score is wrong, by simulation: scores come late, from whoever speaks up, of requests or of users.

use super::{MARGIN, RUNS, epoch, given, guard, rate, score, spread, take};
use std::collections::BTreeMap;
use viridian_core::analysis::calibration::Renewal;
use viridian_core::analysis::judge::{Units, verdicts};
use viridian_core::analysis::measurement::{ArmCounts, EpochCounts, Evidence};
use viridian_core::analysis::verdict::Verdict;
use viridian_core::arm::Arm;
use viridian_core::epoch::Thresholds;
use viridian_core::guard::{Guard, Margin};
use viridian_core::score::Given;
use viridian_core::simulate::Dice;
use viridian_core::time::Timestamp;
use viridian_core::unit::{Group, UnitHash};
use viridian_core::weight::Weight;

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

/// The part of all requests that each of so many users and those before make.
fn callers(dice: &mut Dice, users: u64, activity: f64) -> Vec<f64> {
    let mut calls = 0.0;
    let each = (0..users).map(|_| {
        calls += (activity * dice.normal()).exp();
        calls
    });
    let up_to: Vec<f64> = each.collect();
    up_to.into_iter().map(|up_to| up_to / calls).collect()
}

/// Whether the candidate was ever called worse, and ever safe.
fn run(case: &Case, seed: u64) -> (bool, bool) {
    let mut dice = Dice::seeded(seed);
    let weight = Weight::from_basis_points(2_000).unwrap();
    let mut evidence = Evidence { epochs: vec![EpochCounts::empty(epoch(Thresholds::default()))] };
    let mut coming: BTreeMap<(u64, u64), Coming> = BTreeMap::new();
    let units = if case.users.is_some() { Units::Sticky } else { Units::Independent };
    let guards = [Guard { margin: Margin::Score(case.margin), ..guard() }];
    let (mut failed, mut passed) = (false, false);
    let unequal = case.users.filter(|_| case.activity > 0.0);
    let callers = unequal.map(|users| callers(&mut dice, users, case.activity));
    for number in 0..REQUESTS {
        let roll = dice.bits();
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
        let off = [-0.6, 0.0, 0.6][(dice.bits() % 3) as usize] + taste;
        if dice.uniform() < case.scored[place][usize::from(off >= 0.0)] {
            let after = -case.delay[place] * (1.0 - dice.uniform()).ln();
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
