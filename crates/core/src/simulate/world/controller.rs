//! The controller of the story: what the reconcile loop does, without a database. It judges the evidence, takes the
//! next step, and computes the table and the epoch that follow.

use super::gateway::Measured;
use crate::analysis::calibration::Renewal;
use crate::analysis::drift::Drifts;
use crate::analysis::judge::{Units, judge};
use crate::analysis::measurement::{ArmCounts, EpochCounts, Evidence};
use crate::analysis::tally::Counts;
use crate::analysis::verdict::Analysis;
use crate::application::Application;
use crate::epoch::{Epoch, Thresholds};
use crate::gauge::Gauged;
use crate::id::{EpochId, Generation, RolloutName, Term};
use crate::metric::Metric;
use crate::outcome::Outcome;
use crate::rollout::command::Command;
use crate::rollout::input::{Gateways, Input, Readiness, SmokeResult};
use crate::rollout::plan::Plan;
use crate::rollout::state::State;
use crate::rollout::step::{CALIBRATION, Transition, step};
use crate::rollout::uncompared;
use crate::routing::build::{Committed, Trial, build};
use crate::routing::decide::{Exempt, Standing};
use crate::routing::table::{Placement, RoutingTable, Salt};
use crate::simulate::script::Setting;
use crate::time::Timestamp;
use crate::weight::Weight;

/// The draw of every story: which users come first is chance in production, and the same here.
const STORY_SALT: Salt = Salt([7; 16]);
/// Stories have one controller.
const TERM: Term = Term(1);

/// What the loop knows and decides.
pub(super) struct Controller {
    application: Application,
    baseline: Placement,
    pub(super) candidate: Placement,
    rollout: RolloutName,
    pub(super) plan: Plan,
    /// Absent before the start.
    pub(super) state: Option<State>,
    orders: Vec<Command>,
    epoch: Epoch,
    /// Epochs before the rollout.
    earlier: Vec<EpochCounts>,
    /// Epochs since.
    evidence: Evidence,
    pub(super) table: RoutingTable,
    /// What was concluded from the evidence, until there is more of it.
    conclusion: Option<Conclusion>,
    /// What was found of the conditions, until another epoch has settled.
    drifts: Drifts,
}

/// What surrounds the loop.
pub(super) struct Surroundings {
    pub(super) gateways: Gateways,
    pub(super) smoke: SmokeResult,
    pub(super) gauges: Vec<Gauged>,
    pub(super) baseline: Readiness,
    pub(super) candidate: Readiness,
}

struct Conclusion {
    analysis: Analysis,
    calibration: ArmCounts,
}

impl Controller {
    pub(super) fn new(setting: &Setting, now: Timestamp) -> Self {
        let epoch = Epoch {
            id: EpochId(1),
            weight: Weight::ZERO,
            thresholds: Thresholds::default(),
            centres: [0.0; Metric::ALL.len()],
            started_at: now,
            allotment: None,
        };
        let committed = Committed {
            application: &setting.application,
            baseline: setting.baseline.clone(),
            trial: None,
            conduct: None,
            epoch: &epoch,
        };
        Self {
            table: build(&committed, Generation(1), TERM),
            application: setting.application.clone(),
            baseline: setting.baseline.clone(),
            candidate: setting.candidate.clone(),
            rollout: setting.rollout.clone(),
            plan: setting.plan.clone(),
            state: None,
            orders: Vec::new(),
            earlier: vec![EpochCounts::empty(epoch)],
            evidence: Evidence::default(),
            epoch,
            conclusion: None,
            drifts: Drifts::default(),
        }
    }

    pub(super) fn start(&mut self) {
        self.state = Some(State::new());
    }

    pub(super) fn order(&mut self, command: Command) {
        self.orders.push(command);
    }

    /// Counts a request as it was drawn and what came of it, which is told at once.
    pub(super) fn count(&mut self, measured: &Measured) {
        let Some(counts) = self.counts_of(measured.epoch) else { return };
        let thresholds = counts.epoch.thresholds;
        let arm = counts.arm_mut(measured.outcome.decision.arm);
        arm.tally.record_draw(&measured.outcome.decision);
        arm.groups.record_draw(&measured.outcome.decision);
        arm.tally.record(&measured.outcome, &thresholds);
        arm.groups.record(&measured.outcome, &thresholds);
        self.conclusion = None;
    }

    /// Counts what a caller said of an answer.
    pub(super) fn count_feedback(&mut self, measured: &Measured) {
        let Some(bad) = measured.bad else { return };
        let Some(counts) = self.counts_of(measured.epoch) else { return };
        let arm = counts.arm_mut(measured.outcome.decision.arm);
        add_feedback(arm, &measured.outcome, u64::from(bad));
        self.conclusion = None;
    }

    fn counts_of(&mut self, epoch: EpochId) -> Option<&mut EpochCounts> {
        let spans = self.earlier.iter_mut().chain(&mut self.evidence.epochs);
        spans.rev().find(|counts| counts.epoch.id == epoch)
    }

    /// Takes one step. Absent when there is no rollout.
    pub(super) fn look(&mut self, surroundings: Surroundings, now: Timestamp) -> Option<Transition> {
        let state = self.state.clone()?;
        let signs = self.drifts.look(&self.evidence, self.units(), now).to_vec();
        self.evidence.settle(now);
        let conclusion = self.conclude();
        let input = Input {
            signs,
            sequence: state.sequence,
            calibration: conclusion.calibration.tally.outcomes(),
            analysis: conclusion.analysis.clone(),
            commands: self.orders.clone(),
            gateways: surroundings.gateways,
            smoke: surroundings.smoke,
            gauges: surroundings.gauges,
            uncompared: uncompared::errors(&self.evidence),
            baseline: surroundings.baseline,
            candidate: surroundings.candidate,
        };
        let transition = step(&self.plan, &state, &input, now);
        for &answered in transition.answered.iter().rev() {
            self.orders.remove(answered);
        }
        self.state = Some(transition.next.clone());
        Some(transition)
    }

    /// Computes the table that follows from the state; whether it is another one.
    pub(super) fn draft(&mut self, now: Timestamp) -> bool {
        let weight = self.state.as_ref().map_or(Weight::ZERO, State::weight);
        self.renew_epoch(weight, now);
        let promoted = self.state.as_ref().is_some_and(State::is_promoted);
        let serves = if promoted { &self.candidate } else { &self.baseline };
        let trial = (weight > Weight::ZERO).then(|| Trial {
            rollout: self.rollout.clone(),
            candidate: self.candidate.clone(),
            salt: STORY_SALT,
            warmup: self.plan.policy.warmup,
            metrics: self.plan.metrics.clone(),
            scores: self.plan.scores.clone(),
        });
        let committed = Committed {
            application: &self.application,
            baseline: serves.clone(),
            trial,
            conduct: None,
            epoch: &self.epoch,
        };
        let present = self.table.generation;
        if build(&committed, present, TERM) == self.table {
            return false;
        }
        self.table = build(&committed, Generation(present.0 + 1), TERM);
        true
    }

    fn renew_epoch(&mut self, weight: Weight, now: Timestamp) {
        let Conclusion { calibration, .. } = self.conclude();
        let calibration = calibration.clone();
        let renewal = Renewal {
            weight,
            guards: &self.plan.guards,
            evidence: &self.evidence,
            calibration: &calibration,
        };
        if let Some(epoch) = renewal.after(&self.epoch, now) {
            self.epoch = epoch;
            self.evidence.epochs.push(EpochCounts::empty(epoch));
        }
    }

    const fn units(&self) -> Units {
        Units::of(&self.application.unit)
    }

    /// What follows from the evidence. It is judged only when there is more of it.
    fn conclude(&mut self) -> &Conclusion {
        let units = self.units();
        self.conclusion.get_or_insert_with(|| Conclusion {
            analysis: judge(&self.plan.guards, &self.evidence, units),
            calibration: latest(&self.earlier),
        })
    }
}

/// What the baseline did last before the rollout, back to where it is enough.
fn latest(earlier: &[EpochCounts]) -> ArmCounts {
    let mut total = ArmCounts::default();
    for counts in earlier.iter().rev() {
        if total.tally.outcomes() >= CALIBRATION {
            break;
        }
        total.add(&counts.baseline);
    }
    total
}

fn add_feedback(arm: &mut ArmCounts, outcome: &Outcome, bad: u64) {
    let counts = Counts::of_share(1, bad);
    match outcome.decision.standing {
        Standing::Drawn(_) => {
            arm.tally.metrics[Metric::Feedback.index()].add(counts);
            if outcome.decision.unit.is_some() {
                arm.groups.record_counts(Metric::Feedback, outcome.decision.group(), counts);
            }
        }
        Standing::Exempt(Exempt::NotCompared) => {
            arm.tally.metrics[Metric::Feedback.index()].add(counts);
        }
        Standing::Exempt(_) => {}
    }
}
