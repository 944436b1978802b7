//! One rollout as the judge sees it: [`Case::run`].

use super::GUARDS;
use viridian_core::analysis::calibration::Renewal;
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::{ArmCounts, EpochCounts, Evidence};
use viridian_core::analysis::verdict::{Effect, Verdict};
use viridian_core::arm::Arm;
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::guard::Guard;
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::routing::decide::{Decision, Exempt, Standing};
use viridian_core::simulate::Dice;
use viridian_core::time::Timestamp;
use viridian_core::unit::UnitHash;
use viridian_core::weight::Weight;

const REQUESTS: u64 = 9_000;
const PER_SECOND: u64 = 20;
/// Requests between two looks.
const LOOK: u64 = 100;
/// What the baseline does before.
const CALIBRATION: u64 = 600;
/// The mean of what an answer costs.
const MEAN: f64 = 3_000_000.0;

/// How both arms answer, and how much worse the candidate is.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub weight: u16,
    pub units: Units,
    /// The deviation of the logarithm of amounts.
    pub spread: f64,
    /// A factor on the amounts of both arms, so many seconds after the beginning.
    pub level: fn(u64) -> f64,
    /// What is asked.
    pub guards: &'static [Guard],
    /// The factor on the candidate's amounts, and what is added to its refusals.
    pub worse: (f64, f64),
    /// The factor on the time the candidate takes.
    pub slower: f64,
    /// The part of each arm's requests that fail at once: the baseline's, the candidate's.
    pub failing: (f64, f64),
    /// The part of the candidate's answers that do not tell what they used.
    pub silent: f64,
    pub ending: Ending,
}

/// When a run is over before its requests are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    AtRollback,
    AtTheEnd,
}

pub(crate) const CLEAN: Case = Case {
    weight: 1_000,
    units: Units::Independent,
    spread: 0.8,
    level: |_| 1.0,
    guards: &GUARDS,
    worse: (1.0, 0.0),
    slower: 1.0,
    failing: (0.0, 0.0),
    silent: 0.0,
    ending: Ending::AtRollback,
};

/// What one rollout came to.
#[derive(Default)]
pub(crate) struct Ended {
    /// Candidate requests until a guard found it worse, and which.
    pub found: Option<(u64, Metric)>,
    /// Which guards ever passed.
    pub passed: Vec<bool>,
    /// The last word of the first guard.
    pub last: Option<Verdict>,
    /// How the candidate compared by each guard at the last look.
    pub told: Vec<Effect>,
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
        let failing = if arm == Arm::Candidate { self.failing.1 } else { self.failing.0 };
        let failed = failing > 0.0 && dice.hits(failing);
        let slower = if arm == Arm::Candidate { self.slower } else { 1.0 };
        let time = (0.5 * dice.normal()).exp() * (self.level)(second) * slower * mine;
        let contents = Contents {
            refused: Some(refused),
            cost: amount(cost),
            output_tokens: amount(cost / 1e4),
            ..Contents::default()
        };
        let contents = if failed { Contents::default() } else { contents };
        let unit = user.map(|user| UnitHash(user.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let decision = Decision { arm, standing, unit };
        Outcome {
            decision,
            class: if failed { Class::UpstreamError } else { Class::Ok },
            latency_us: if failed { 1_000 } else { (time * 400_000.0) as u64 },
            first_token: FirstToken::NotStreamed,
            contents,
        }
    }

    pub(crate) fn run(&self, seed: u64) -> Ended {
        self.watched(seed, |_| {})
    }

    /// The same, while somebody sees the evidence after every look.
    pub(crate) fn watched(&self, seed: u64, mut watch: impl FnMut(&Evidence)) -> Ended {
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
            allotment: None,
        };
        let mut ended = Ended { passed: vec![false; self.guards.len()], ..Ended::default() };
        for request in 0..REQUESTS {
            let second = request / PER_SECOND;
            if request % LOOK == 0 {
                let renewal =
                    Renewal { weight, guards: self.guards, evidence: &evidence, calibration: &calibration };
                if let Some(next) = renewal.after(&epoch, Timestamp(second * 1_000)) {
                    epoch = next;
                    evidence.epochs.push(EpochCounts::empty(epoch));
                }
                let is_found = self.look(&evidence, &mut ended);
                watch(&evidence);
                if is_found && self.ending == Ending::AtRollback {
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
        let analysis = judge(self.guards, evidence, self.units);
        for (passed, judged) in ended.passed.iter_mut().zip(&analysis.guards) {
            *passed |= judged.verdict == Verdict::Pass;
        }
        ended.last = analysis.guards.first().map(|judged| judged.verdict);
        ended.told = analysis.guards.iter().map(|judged| judged.effect).collect();
        let failed = analysis.guards.iter().find(|judged| judged.verdict.is_fail());
        ended.found = failed.map(|judged| (analysis.seen.candidate, judged.guard.metric));
        failed.is_some()
    }
}
