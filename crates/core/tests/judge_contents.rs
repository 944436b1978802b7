//! How often `judge` is wrong about what answers say, by simulation: amounts with long tails, and shares that are read in
//! answers. Requests are drawn, counted and judged as in production, with caps and centres from earlier epochs, and the
//! judge is asked again and again. Of clean candidates at most one in a hundred may be rolled back; of candidates exactly at
//! a margin at most one in twenty may pass its guard. `VIRIDIAN_SIMULATION_RUNS` sets how many runs there are.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "rates are for those who run it by hand")]

use viridian_core::analysis::calibration::Renewal;
use viridian_core::analysis::judge::{ALPHA_PROMOTE, ALPHA_ROLLBACK, Units, judge};
use viridian_core::analysis::measurement::{ArmCounts, EpochCounts, Evidence};
use viridian_core::analysis::verdict::{Verdict, Wait};
use viridian_core::arm::Arm;
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::guard::{Guard, Margin};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, Exempt, Standing};
use viridian_core::simulate::Dice;
use viridian_core::time::Timestamp;
use viridian_core::unit::UnitHash;
use viridian_core::weight::Weight;

/// Runs without `VIRIDIAN_SIMULATION_RUNS`: enough to see an error rate that is three times its bound.
const RUNS: u64 = 100;
const REQUESTS: u64 = 9_000;
const PER_SECOND: u64 = 20;
/// Requests between two looks.
const LOOK: u64 = 100;
/// What the baseline does before.
const CALIBRATION: u64 = 600;
/// The mean of what an answer costs.
const MEAN: f64 = 3_000_000.0;

const fn guard(metric: Metric, margin: Margin) -> Guard {
    Guard::new(metric, margin)
}

const GUARDS: [Guard; 3] = [
    guard(Metric::Cost, Margin::Relative(2_000)),
    guard(Metric::OutputTokens, Margin::Relative(2_000)),
    guard(Metric::Refusals, Margin::Points(200)),
];

/// How both arms answer, and how much worse the candidate is.
#[derive(Clone, Copy)]
struct Case {
    weight: u16,
    units: Units,
    /// The deviation of the logarithm of amounts.
    spread: f64,
    /// A factor on the amounts of both arms, so many seconds after the beginning.
    level: fn(u64) -> f64,
    /// The factor on the candidate's amounts, and what is added to its refusals.
    worse: (f64, f64),
    /// The part of the candidate's answers that do not tell what they used.
    silent: f64,
    ending: Ending,
}

/// When a run is over before its requests are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    AtRollback,
    AtTheEnd,
}

const CLEAN: Case = Case {
    weight: 1_000,
    units: Units::Independent,
    spread: 0.8,
    level: |_| 1.0,
    worse: (1.0, 0.0),
    silent: 0.0,
    ending: Ending::AtRollback,
};

/// What one rollout came to.
#[derive(Default)]
struct Ended {
    /// Candidate requests until a guard found it worse, and which.
    found: Option<(u64, Metric)>,
    /// Which guards ever passed.
    passed: [bool; GUARDS.len()],
    /// The last word of the first guard.
    last: Option<Verdict>,
}

impl Case {
    fn outcome(&self, arm: Arm, standing: Standing, second: u64, dice: &mut Dice) -> Outcome {
        let (user, mine) = match self.units {
            Units::Independent => (None, 1.0),
            Units::Sticky => {
                let user = (dice.uniform() * 2_000.0) as u64;
                // Half of the users ask for twice as much as the others.
                (Some(user), if user.is_multiple_of(2) { 4.0 / 3.0 } else { 2.0 / 3.0 })
            }
        };
        let arm = user.map_or(arm, |user| {
            if user % 10_000 * 10_000 / 2_000 < u64::from(self.weight) {
                Arm::Candidate
            } else {
                Arm::Baseline
            }
        });
        let (factor, refusals) = if arm == Arm::Candidate { self.worse } else { (1.0, 0.0) };
        let noise = (self.spread * dice.normal() - self.spread * self.spread / 2.0).exp();
        let cost = MEAN * (self.level)(second) * factor * mine * noise;
        let is_silent = arm == Arm::Candidate && dice.hits(self.silent);
        let amount = |amount: f64| (!is_silent).then_some(amount as u64);
        let refused = dice.hits(0.02 + refusals);
        let contents = Contents {
            refused: Some(refused),
            cost: amount(cost),
            output_tokens: amount(cost / 1e4),
            ..Contents::default()
        };
        let unit = user.map(|user| UnitHash(user.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let decision = Decision { arm, standing, unit };
        Outcome {
            decision,
            class: Class::Ok,
            latency_us: 1_000,
            first_token: FirstToken::NotStreamed,
            contents,
        }
    }

    fn run(&self, seed: u64) -> Ended {
        let mut dice = Dice::seeded(seed);
        let weight = Weight::from_basis_points(self.weight).unwrap();
        let mut calibration = ArmCounts::default();
        let none = Thresholds::default();
        for _ in 0..CALIBRATION {
            let one = Case { units: Units::Independent, ..*self };
            let outcome = one.outcome(Arm::Baseline, Standing::Exempt(Exempt::NotCompared), 0, &mut dice);
            calibration.tally.record(&outcome, &none);
        }
        let mut evidence = Evidence::default();
        let mut epoch = Epoch {
            id: EpochId(1),
            weight: Weight::ZERO,
            thresholds: none,
            centres: Centres::default(),
            started_at: Timestamp(0),
        };
        let mut ended = Ended::default();
        for request in 0..REQUESTS {
            let second = request / PER_SECOND;
            if request % LOOK == 0 {
                let renewal =
                    Renewal { weight, guards: &GUARDS, evidence: &evidence, calibration: &calibration };
                if let Some(next) = renewal.after(&epoch, Timestamp(second * 1_000)) {
                    epoch = next;
                    evidence.epochs.push(EpochCounts::empty(epoch));
                }
                if self.look(&evidence, &mut ended) && self.ending == Ending::AtRollback {
                    return ended;
                }
            }
            let arm = if dice.hits(weight.probability()) { Arm::Candidate } else { Arm::Baseline };
            let outcome = self.outcome(arm, Standing::Drawn(weight), second, &mut dice);
            let counts = evidence.epochs.last_mut().unwrap().arm_mut(outcome.decision.arm);
            counts.tally.record(&outcome, &epoch.thresholds);
            counts.groups.record(&outcome, &epoch.thresholds);
        }
        ended
    }

    /// Whether a guard finds the candidate worse.
    fn look(&self, evidence: &Evidence, ended: &mut Ended) -> bool {
        let analysis = judge(&GUARDS, evidence, self.units);
        for (passed, judged) in ended.passed.iter_mut().zip(&analysis.guards) {
            *passed |= judged.verdict == Verdict::Pass;
        }
        ended.last = analysis.guards.first().map(|judged| judged.verdict);
        let failed = analysis.guards.iter().find(|judged| judged.verdict.is_fail());
        ended.found = failed.map(|judged| (analysis.seen.candidate, judged.guard.metric));
        failed.is_some()
    }
}

fn runs() -> u64 {
    std::env::var("VIRIDIAN_SIMULATION_RUNS").map_or(RUNS, |runs| runs.parse().unwrap())
}

/// How many runs may be wrong when the rate is `bound`: three deviations above the mean.
fn at_most(bound: f64) -> usize {
    let mean = runs() as f64 * bound;
    (mean + 3.0 * (mean * (1.0 - bound)).sqrt()).ceil() as usize
}

fn all(name: &str, case: &Case) -> Vec<Ended> {
    let all: Vec<Ended> = (1..=runs()).map(|seed| case.run(seed)).collect();
    let passed = |guard: usize| all.iter().filter(|ended| ended.passed[guard]).count();
    let found = all.iter().filter(|ended| ended.found.is_some()).count();
    println!("{name}: {found} of {} found worse, {:?} passed", all.len(), [0, 1, 2].map(passed));
    all
}

fn check_clean(name: &str, case: &Case) {
    let wrong = all(name, case).iter().filter(|ended| ended.found.is_some()).count();
    assert!(wrong <= at_most(ALPHA_ROLLBACK), "{name}: {wrong} clean candidates were found worse");
}

fn check_at_the_margin(name: &str, case: &Case) {
    let all = all(name, &Case { worse: (1.2, 0.02), ending: Ending::AtTheEnd, ..*case });
    for (place, guard) in GUARDS.iter().enumerate() {
        let passed = all.iter().filter(|ended| ended.passed[place]).count();
        assert!(
            passed <= at_most(ALPHA_PROMOTE),
            "{name}: {} passed {passed} times at its margin",
            guard.metric
        );
    }
}

fn check_finds(name: &str, case: &Case, metrics: &[Metric], median: u64) {
    let all = all(name, case);
    let mut found: Vec<u64> = all
        .iter()
        .filter_map(|ended| ended.found.filter(|(_, metric)| metrics.contains(metric)))
        .map(|(requests, _)| requests)
        .collect();
    found.sort_unstable();
    assert!(found.len() * 10 >= all.len() * 9, "{name}: only {} of {} found", found.len(), all.len());
    let middle = found[found.len() / 2];
    println!("{name}: {middle} candidate requests in the median");
    assert!(middle <= median, "{name}: found after {middle} candidate requests");
}

const AMOUNTS: [Metric; 2] = [Metric::Cost, Metric::OutputTokens];

/// Two of every ten minutes everything is twice as dear.
fn bursts(second: u64) -> f64 {
    if second % 600 < 120 { 2.0 } else { 1.0 }
}

/// It becomes twice as dear while the rollout runs.
fn drift(second: u64) -> f64 {
    1.0 + second as f64 / 450.0
}

#[test]
fn clean_candidates_are_kept() {
    check_clean("calm", &CLEAN);
    check_clean("bursts", &Case { level: bursts, ..CLEAN });
    check_clean("drift", &Case { level: drift, weight: 5_000, ..CLEAN });
    check_clean("long tails", &Case { spread: 1.6, ..CLEAN });
}

#[test]
fn clean_candidates_of_users_are_kept() {
    check_clean("users", &Case { units: Units::Sticky, weight: 5_000, ..CLEAN });
    check_clean("users, bursts", &Case { units: Units::Sticky, level: bursts, ..CLEAN });
}

#[test]
fn candidates_at_the_margin_rarely_pass() {
    check_at_the_margin("at the margin", &Case { weight: 5_000, spread: 0.5, ..CLEAN });
    check_at_the_margin("at the margin, drift", &Case { weight: 5_000, level: drift, ..CLEAN });
    check_at_the_margin("at the margin, users", &Case { weight: 5_000, units: Units::Sticky, ..CLEAN });
}

#[test]
fn what_is_worse_is_found() {
    let dearer = Case { worse: (1.25, 0.0), ..CLEAN };
    check_finds("a quarter dearer", &dearer, &AMOUNTS, 350);
    check_finds("a quarter dearer, bursts", &Case { level: bursts, ..dearer }, &AMOUNTS, 500);
    check_finds(
        "twice as dear by user",
        &Case { worse: (2.0, 0.0), units: Units::Sticky, ..CLEAN },
        &AMOUNTS,
        350,
    );
    check_finds("six points more refusals", &Case { worse: (1.0, 0.06), ..CLEAN }, &[Metric::Refusals], 250);
}

#[test]
fn an_equal_candidate_is_shown_safe() {
    let all = all("equal", &Case { weight: 5_000, spread: 0.5, ..CLEAN });
    let passed = all.iter().filter(|ended| ended.passed == [true; 3]).count();
    assert!(passed * 100 >= all.len() * 85, "only {passed} of {} passed", all.len());
}

/// What a tenth of its answers leave out could be all that makes the candidate dearer.
#[test]
fn a_candidate_that_tells_less_is_neither_safe_nor_worse() {
    let ended = Case { weight: 5_000, spread: 0.5, silent: 0.1, ..CLEAN }.run(7);
    assert!(ended.found.is_none());
    assert!(!ended.passed[0] && !ended.passed[1] && ended.passed[2]);
    assert_eq!(ended.last, Some(Verdict::Wait(Wait::Unread)));
}
