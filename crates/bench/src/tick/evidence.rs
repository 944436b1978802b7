//! A rollout of an equal candidate after fifty epochs: answers as gateways count them, by thresholds, caps and centres that are
//! renewed as in production.

use crate::ours::{first_epoch, input};
use anyhow::Result;
use std::time::Duration;
use viridian_core::analysis::calibration::Renewal;
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::{ArmCounts, EpochCounts, Evidence};
use viridian_core::analysis::tally::Counts;
use viridian_core::arm::Arm;
use viridian_core::epoch::Thresholds;
use viridian_core::guard::{Guard, Margin};
use viridian_core::metric::Metric;
use viridian_core::outcome::{Class, Contents, FirstToken, Outcome};
use viridian_core::rollout::plan::{Plan, Policy, Step, Strategy};
use viridian_core::rollout::state::State;
use viridian_core::rollout::step::{CALIBRATION, step};
use viridian_core::routing::decide::{Decision, Exempt, Standing};
use viridian_core::simulate::Dice;
use viridian_core::slice::{Attribute, Slicing};
use viridian_core::time::Timestamp;
use viridian_core::unit::UnitHash;
use viridian_core::weight::Weight;

/// Ten metrics: shares of all requests, of answers and of judged ones, percentiles of two times, and means of three amounts.
pub(super) const GUARDS: [Guard; 10] = [
    Guard::new(Metric::Errors, Margin::Points(50)),
    Guard::new(Metric::RateLimited, Margin::Points(100)),
    Guard::new(Metric::Feedback, Margin::Points(300)),
    Guard::new(Metric::Refusals, Margin::Points(100)),
    Guard::new(Metric::InvalidOutput, Margin::Relative(5_000)),
    Guard::new(Metric::LatencyP95, Margin::Relative(1_000)),
    Guard::new(Metric::FirstTokenP95, Margin::Relative(2_000)),
    Guard::new(Metric::LatencyMean, Margin::Relative(1_000)),
    Guard::new(Metric::Cost, Margin::Relative(2_000)),
    Guard::new(Metric::OutputTokens, Margin::Relative(2_000)),
];
pub(super) const EPOCHS: u64 = 50;
/// Between epochs.
const APART: Duration = Duration::from_secs(super::EPOCH_SECONDS);
/// The share of the candidate, in basis points: two steps of a ramp.
const SHARES: [u16; 2] = [1_000, 2_500];
/// Sticky units call from among so many.
const UNITS: u64 = 20_000;
/// What the traffic is cut by, and how many values each has.
const SLICED_BY: [&str; 4] = ["route", "tenant", "language", "header:x-plan"];
const VALUES: u64 = 16;
const LATENCY_US: f64 = 800_000.0;
const TOKENS: f64 = 300.0;
/// Billionths of a dollar for one.
const PRICE: u64 = 30_000;
/// The clock of the beginning.
const BEGINNING: Timestamp = Timestamp(1_000_000_000);
/// More steps than it takes until a rollout waits.
const STEPS: usize = 16;

/// Whose requests they are, and whether the traffic is cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traffic {
    pub(super) units: Units,
    pub(super) sliced: bool,
}

/// A rollout under way, all that a decision over it needs.
pub(super) struct Rollout {
    pub(super) plan: Plan,
    pub(super) state: State,
    pub(super) calibration: ArmCounts,
    pub(super) evidence: Evidence,
    pub(super) units: Units,
    pub(super) now: Timestamp,
    counting: Counting,
}

impl Rollout {
    /// One with so many requests in each epoch.
    pub(super) fn new(seed: u64, requests: u64, traffic: Traffic) -> Result<Self> {
        let weights = SHARES.map(Weight::from_basis_points).into_iter().collect::<Result<Vec<_>, _>>()?;
        let half = APART * u32::try_from(EPOCHS / 2)?;
        let pause = Step::Pause { duration: Some(half) };
        let steps = weights.iter().flat_map(|weight| [Step::Weight(*weight), pause.clone()]).collect();
        let plan = Plan::compile(&Strategy::Canary { steps }, &GUARDS, Policy::default());
        let mut counting = Counting { dice: Dice::seeded(seed), traffic, slicing: slicing()? };
        let mut rollout = Self {
            plan,
            state: State::new(),
            calibration: counting.calibration(),
            evidence: Evidence::default(),
            units: traffic.units,
            now: BEGINNING,
            counting,
        };
        let mut epoch = first_epoch();
        for number in 0..EPOCHS {
            rollout.advance();
            let renewal = Renewal {
                weight: weights[usize::from(number >= EPOCHS / 2)],
                guards: &GUARDS,
                evidence: &rollout.evidence,
                calibration: &rollout.calibration,
            };
            if let Some(next) = renewal.after(&epoch, rollout.now) {
                epoch = next;
                rollout.evidence.epochs.push(EpochCounts::empty(epoch));
            }
            rollout.serve(requests);
            rollout.now = rollout.now.plus(APART);
        }
        rollout.advance();
        Ok(rollout)
    }

    /// So many more requests come in the latest epoch.
    pub(super) fn serve(&mut self, requests: u64) {
        if let Some(counts) = self.evidence.epochs.last_mut() {
            (0..requests).for_each(|_| self.counting.count(counts));
        }
    }

    /// Takes the steps that are due.
    fn advance(&mut self) {
        for _ in 0..STEPS {
            let analysis = judge(&self.plan.guards, &self.evidence, self.units);
            let input = input(&self.state, &analysis, &self.calibration, &self.evidence);
            let next = step(&self.plan, &self.state, &input, self.now).next;
            let moved = next.sequence != self.state.sequence;
            self.state = next;
            if !moved {
                break;
            }
        }
    }
}

/// Requests and how they are counted.
struct Counting {
    dice: Dice,
    traffic: Traffic,
    slicing: Slicing,
}

impl Counting {
    /// What the baseline did before.
    fn calibration(&mut self) -> ArmCounts {
        let mut baseline = ArmCounts::default();
        for _ in 0..CALIBRATION {
            let decision =
                Decision { arm: Arm::Baseline, standing: Standing::Exempt(Exempt::NotCompared), unit: None };
            let outcome = self.outcome(decision);
            baseline.tally.record(&outcome, &Thresholds::default());
        }
        baseline
    }

    fn count(&mut self, counts: &mut EpochCounts) {
        let epoch = counts.epoch;
        let unit = UnitHash(Dice::seeded(self.dice.bits() % UNITS).bits());
        let drawn = match self.traffic.units {
            Units::Independent => self.dice.uniform(),
            Units::Sticky => Dice::seeded(unit.0).uniform(),
        };
        let arm = if drawn < epoch.weight.probability() { Arm::Candidate } else { Arm::Baseline };
        let unit = (self.traffic.units == Units::Sticky).then_some(unit);
        let outcome = self.outcome(Decision { arm, standing: Standing::Drawn(epoch.weight), unit });
        let counted = counts.arm_mut(arm);
        counted.tally.record(&outcome, &epoch.thresholds);
        counted.groups.record(&outcome, &epoch.thresholds);
        if self.traffic.sliced {
            let values = SLICED_BY.map(|_| (self.dice.bits() % VALUES).to_string());
            let values = values.iter().map(String::as_str);
            counted.groups.slices.record((&self.slicing, values), &outcome, (&epoch.thresholds, &[]));
        }
        if self.dice.hits(0.2) {
            let said = Counts::of_share(1, u64::from(self.dice.hits(0.1)));
            counted.tally.metrics[Metric::Feedback.index()].add(said);
            if let Some(unit) = unit {
                counted.groups.record_counts(Metric::Feedback, unit.group(), said);
            }
        }
    }

    fn outcome(&mut self, decision: Decision) -> Outcome {
        let class = match self.dice.uniform() {
            drawn if drawn < 0.01 => Class::UpstreamError,
            drawn if drawn < 0.02 => Class::RateLimited,
            _ => Class::Ok,
        };
        let mut lognormal = |median: f64, spread: f64| median * (spread * self.dice.normal()).exp();
        let (latency_us, first_us) = (lognormal(LATENCY_US, 0.5), lognormal(LATENCY_US / 4.0, 0.5));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far below 2^40")]
        let whole = |value: f64| value as u64;
        let tokens = whole(lognormal(TOKENS, 0.8)).max(1);
        Outcome {
            decision,
            class,
            latency_us: whole(latency_us),
            first_token: FirstToken::After(whole(first_us.min(latency_us))),
            contents: Contents {
                refused: Some(self.dice.hits(0.02)),
                invalid_output: Some(self.dice.hits(0.01)),
                output_tokens: Some(tokens),
                cost: Some(tokens * PRICE),
                ..Contents::default()
            },
        }
    }
}

fn slicing() -> Result<Slicing> {
    let by = SLICED_BY.map(Attribute::parse).into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Slicing { by, metrics: vec![Metric::Errors] })
}
