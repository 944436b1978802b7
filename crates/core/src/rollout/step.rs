//! What comes next: [`step`] is the only rule by which a rollout moves. It is total and pure; called twice with the
//! same input it does nothing the second time, because an input is observed for one sequence number.
//!
//! Toward the baseline comes first: a rollback under way, orders that restore the baseline, a local guard, a failed
//! guard. Only then other orders, what people are warned of ([`mod@warn`]), and last the plan itself ([`gate`]). What they
//! asked to be told of they are told while a way back waits, too.

mod gate;
mod hold;
mod orders;
mod sentence;
mod warn;

use super::effect::{Effect, Severity};
use super::input::{Input, Readiness, RefusedTable, Unwell};
use super::plan::{Plan, Rejection, Step};
use super::report::{Finding, Report};
use super::state::{Cause, Clock, Hold, Phase, Position, State, Waiting};
use super::uncompared;
use crate::analysis::verdict::{Judgement, SplitCheck, Verdict, WorseSlice};
use crate::application::LocalGuard;
use crate::gauge::Gauged;
use crate::guard::{Mode, OnFail};
use crate::time::Timestamp;
use crate::weight::Weight;
pub use gate::CALIBRATION;
use gate::Gate;

/// What a step comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The next state; the same as before when nothing was decided.
    pub next: State,
    /// What the world has to do.
    pub effects: Vec<Effect>,
    /// Why.
    pub report: Report,
    /// The orders that were answered, by their place in the input.
    pub answered: Vec<usize>,
}

/// Everything one decision is made from.
#[derive(Clone, Copy)]
struct Moment<'a> {
    plan: &'a Plan,
    state: &'a State,
    input: &'a Input,
    now: Timestamp,
}

/// Decides what comes next.
pub fn step(plan: &Plan, state: &State, input: &Input, now: Timestamp) -> Transition {
    let moment = Moment { plan, state, input, now };
    if state.is_end() || input.sequence != state.sequence {
        return moment.stay(Finding::Nothing);
    }
    if let Phase::RollingBack { cause, .. } = &state.phase {
        return moment.finish_rollback(cause);
    }
    orders::towards_baseline(&moment)
        .or_else(|| moment.danger())
        .or_else(|| orders::others(&moment))
        .or_else(|| moment.warn())
        .unwrap_or_else(|| moment.follow_plan())
}

impl<'a> Moment<'a> {
    /// A rollback ends when no gateway can send the candidate another request.
    fn finish_rollback(&self, cause: &Cause) -> Transition {
        if self.input.gateways.exposed > 0 {
            return self.wait(self.waiting_for_gateways());
        }
        let phase = match cause {
            Cause::Aborted { .. } => Phase::Aborted { cause: cause.clone() },
            Cause::Superseded { by } => Phase::Superseded { by: by.clone() },
            _ => Phase::RolledBack { cause: cause.clone() },
        };
        // What a gateway fares by as a whole is not the candidate's alone.
        let blames_release =
            !matches!(cause, Cause::Insufficient | Cause::Unproven { .. } | Cause::Unwell { .. });
        let rejects = matches!(phase, Phase::RolledBack { .. })
            && blames_release
            && self.plan.policy.rejection == Rejection::Reject;
        let mut transition = self.go(phase, Finding::Restored, Severity::Info);
        if rejects {
            transition.effects.push(Effect::RejectCandidate);
        }
        // What was ordered meanwhile is overtaken by the end.
        transition.answered = (0..self.input.commands.len()).collect();
        transition
    }

    /// What speaks against the candidate, whatever the plan says.
    fn danger(&self) -> Option<Transition> {
        if let Some(node) = &self.input.gateways.tripped {
            return Some(self.roll_back(Cause::LocalGuard { node: node.clone() }));
        }
        if let Some(Unwell { node, detail }) = self.input.gateways.unwell.clone() {
            return Some(self.roll_back(Cause::Unwell { node, detail }));
        }
        if let Some(failed) = self.failures(OnFail::Rollback).next() {
            return Some(self.roll_back(Cause::Regression { metric: failed.guard.metric }));
        }
        if let Some(worse) = self.input.analysis.slices.iter().find(|worse| worse.rolls_back()) {
            let (attribute, value) = (worse.attribute.clone(), worse.value.clone());
            return Some(self.roll_back(Cause::Slice { metric: worse.guard.metric, attribute, value }));
        }
        if let Some(failed) = self.input.gauges.iter().find(|gauged| gauged.fails(OnFail::Rollback)) {
            let (gauge, detail) = (failed.gauge.name.clone(), failed.sentence());
            return Some(self.roll_back(Cause::OutOfBounds { gauge, detail }));
        }
        if let Some(limit) = self.plan.local_guard.filter(|limit| self.reaches(limit)) {
            return Some(self.roll_back(Cause::Limit { errors: limit.errors }));
        }
        let at = self.state.position()?;
        let held_by_person = matches!(self.state.phase, Phase::Held { reason: Hold::Paused { .. }, .. });
        if held_by_person {
            return None;
        }
        let unpardoned = self.failures(OnFail::Pause).find(|failed| !at.pardons(failed.guard.metric));
        let out_of_bounds = self
            .input
            .gauges
            .iter()
            .find(|gauged| gauged.fails(OnFail::Pause) && !at.pardons_gauge(&gauged.gauge.name));
        let reason = match (unpardoned, out_of_bounds) {
            (Some(failed), _) => Hold::Regression { metric: failed.guard.metric },
            (None, Some(failed)) => Hold::OutOfBounds { gauge: failed.gauge.name.clone() },
            _ if self.input.analysis.split != SplitCheck::Sound => Hold::SplitBroken,
            _ => match (self.input.gateways.oversized, self.input.gateways.refused.clone()) {
                (Some(oversized), _) => Hold::Oversized(oversized),
                (None, Some(RefusedTable { node, reason })) => Hold::Refused { node, reason },
                (None, None) => return None,
            },
        };
        let held_already = match (&self.state.phase, &reason) {
            // By how much is no news.
            (Phase::Held { reason: Hold::Oversized(_), .. }, Hold::Oversized(_)) => true,
            (Phase::Held { reason: present, .. }, reason) => present == reason,
            _ => false,
        };
        (!held_already).then(|| self.hold(reason, at.clone()))
    }

    /// Whether a candidate that nothing is compared with makes too many errors.
    fn reaches(&self, limit: &LocalGuard) -> bool {
        self.state.weight() == Weight::FULL && uncompared::reaches(self.input.uncompared, limit)
    }

    /// The guards that may act in this way and found the candidate worse.
    fn failures(&self, on_fail: OnFail) -> impl Iterator<Item = &'a Judgement> {
        let acts = move |judged: &&Judgement| {
            judged.guard.mode == Mode::Enforce && judged.verdict == Verdict::Fail(on_fail)
        };
        self.input.analysis.guards.iter().filter(acts)
    }

    /// The plan, when nothing else has to be done.
    fn follow_plan(&self) -> Transition {
        match &self.state.phase {
            Phase::Pending => {
                let start = Position::at(0, self.now);
                self.go(Phase::Progressing(start), Finding::Began, Severity::Info)
            }
            Phase::Progressing(at) | Phase::Baking(at) => match gate::of(self, at) {
                Gate::Wait(waiting) if self.is_out_of_patience(&waiting, at) => {
                    self.hold(Hold::Waiting(waiting), at.clone())
                }
                Gate::Wait(waiting) => self.wait(waiting),
                open => self.pass(open, at.clone()),
            },
            Phase::Held { reason: Hold::Waiting(reason), since, at } => self.reconsider((reason, *since), at),
            Phase::Held { reason: Hold::SplitBroken, at, .. }
                if self.input.analysis.split == SplitCheck::Sound =>
            {
                self.resume(at.clone())
            }
            // What was refused is offered again, and people may have mended what kept it from being taken.
            Phase::Held { reason: Hold::Refused { .. }, at, .. }
                if self.input.gateways.all_acknowledged() =>
            {
                self.resume(at.clone())
            }
            Phase::Held { reason: Hold::Oversized(_), at, .. } if self.input.gateways.oversized.is_none() => {
                self.resume(at.clone())
            }
            Phase::Held { reason, .. } => self.stay(Finding::StillHeld { reason: reason.clone() }),
            // The entry point answered these.
            _ => self.stay(Finding::Nothing),
        }
    }

    fn is_out_of_patience(&self, waiting: &Waiting, at: &Position) -> bool {
        let planned = match (self.plan.step(at.step), at.clock) {
            (Some(Step::Bake(bake)), Some(clock)) => clock.started_at.plus(bake.duration),
            (_, clock) => clock.map_or(at.entered_at, |clock| clock.started_at),
        };
        let from = at.patience_from.map_or(planned, |from| from.max(planned));
        !matches!(waiting, Waiting::Time { .. }) && self.now.since(from) >= self.plan.policy.patience
    }

    /// Carries out what an open gate allows.
    fn pass(&self, gate: Gate, at: Position) -> Transition {
        match gate {
            Gate::Wait(waiting) => self.wait(waiting),
            Gate::Shift(to) => self.shift(at, to),
            Gate::StartClock => {
                let clock = Some(self.clock());
                self.go(self.phase_at(Position { clock, ..at }), Finding::ClockStarted, Severity::Info)
            }
            Gate::Next => self.next_step(at),
            Gate::HoldAsPlanned => self.hold(Hold::PlannedPause, at),
            Gate::Fail(cause) => self.roll_back(cause),
            Gate::Promote => self.promote(),
        }
    }

    /// Gives the candidate another share. The clock stands until every gateway serves by it.
    fn shift(&self, at: Position, to: Weight) -> Transition {
        let from = at.weight;
        let next = Position { weight: to, clock: None, patience_from: Some(self.now), ..at };
        self.go(self.phase_at(next), Finding::Shifted { from, to }, Severity::Info)
    }

    /// Enters the next step with a new clock: what came before is not fresh there.
    fn next_step(&self, at: Position) -> Transition {
        let step = at.step + 1;
        let next = self.entering(step, at);
        self.go(self.phase_at(next), Finding::Passed { step }, Severity::Info)
    }

    /// The beginning of a step with the share there is.
    fn entering(&self, step: usize, at: Position) -> Position {
        let (entered_at, clock) = (self.now, Some(self.clock()));
        Position { step, entered_at, clock, patience_from: None, ..at }
    }

    /// Goes on where it was held. However long that was, its patience begins anew.
    fn resume(&self, at: Position) -> Transition {
        let at = Position { patience_from: Some(self.now), ..at };
        self.go(self.phase_at(at), Finding::Resumed, Severity::Info)
    }

    fn promote(&self) -> Transition {
        let mut transition = self.go(Phase::Promoted, Finding::Promoted, Severity::Info);
        transition.effects.push(Effect::MakeBaseline);
        transition
    }

    fn hold(&self, reason: Hold, at: Position) -> Transition {
        let severity = self.severity_of_hold(&reason, &at);
        self.go(Phase::Held { reason, since: self.now, at }, Finding::Held, severity)
    }

    /// Restores the baseline, unless it is dead: nobody is sent from a candidate that answers to a baseline that
    /// does not. Where the candidate serves nobody, nobody is sent anywhere. While it waits, people are told what they
    /// asked for.
    fn roll_back(&self, cause: Cause) -> Transition {
        if self.input.baseline == Readiness::NotReady && self.state.weight() > Weight::ZERO {
            return match self.state.position() {
                Some(at) if !matches!(self.state.phase, Phase::Held { .. }) => {
                    self.hold(Hold::Waiting(Waiting::Baseline), at.clone())
                }
                _ => self.tell(self.asked_for().iter()).unwrap_or_else(|| self.wait(Waiting::Baseline)),
            };
        }
        let severity = severity_of(&cause);
        let phase = Phase::RollingBack { cause: cause.clone(), since: self.now };
        self.go(phase, Finding::RollingBack { cause }, severity)
    }

    /// The phase a position belongs to: the last step is the bake once its share is reached for.
    fn phase_at(&self, at: Position) -> Phase {
        let bakes = matches!(self.plan.step(at.step), Some(Step::Bake(_)));
        if bakes && at.weight == self.plan.effective(Weight::FULL) {
            Phase::Baking(at)
        } else {
            Phase::Progressing(at)
        }
    }

    fn clock(&self) -> Clock {
        Clock { started_at: self.now, seen: self.input.analysis.seen }
    }

    const fn waiting_for_gateways(&self) -> Waiting {
        let gateways = &self.input.gateways;
        Waiting::Gateways { acknowledged: gateways.acknowledged, known: gateways.known }
    }

    fn wait(&self, waiting: Waiting) -> Transition {
        self.stay(Finding::Waiting { waiting })
    }

    fn stay(&self, finding: Finding) -> Transition {
        Transition {
            next: self.state.clone(),
            effects: Vec::new(),
            report: self.report(finding, &self.state.phase),
            answered: Vec::new(),
        }
    }

    fn go(&self, phase: Phase, finding: Finding, severity: Severity) -> Transition {
        let report = self.report(finding, &phase);
        Transition {
            effects: vec![Effect::Notify { severity, message: report.sentence.clone() }],
            next: State { sequence: self.state.sequence + 1, phase, warned: self.state.warned.clone() },
            report,
            answered: Vec::new(),
        }
    }

    fn report(&self, finding: Finding, phase: &Phase) -> Report {
        let observed = self
            .input
            .analysis
            .guards
            .iter()
            .filter(|judged| judged.verdict.is_fail())
            .filter(|judged| judged.guard.mode == Mode::Observe || judged.guard.on_fail == OnFail::Notify)
            .map(|judged| judged.sentence())
            .chain(self.input.analysis.slices.iter().map(WorseSlice::sentence))
            .chain(self.input.gauges.iter().filter(|gauged| gauged.fails_idly()).map(Gauged::sentence))
            .collect();
        Report {
            at: self.now,
            sentence: sentence::of(self, &finding, phase),
            finding,
            analysis: self.input.analysis.clone(),
            observed,
            gauges: self.input.gauges.iter().map(Gauged::sentence).collect(),
            warnings: self.warnings(),
        }
    }
}

/// How much a way back matters to people. What a person ordered surprises nobody; what they gave up on others should
/// know of.
const fn severity_of(cause: &Cause) -> Severity {
    match cause {
        Cause::Superseded { .. } => Severity::Info,
        Cause::Aborted { .. } | Cause::Ordered { .. } => Severity::Warning,
        Cause::Regression { .. }
        | Cause::Slice { .. }
        | Cause::OutOfBounds { .. }
        | Cause::LocalGuard { .. }
        | Cause::Unwell { .. }
        | Cause::Limit { .. }
        | Cause::SmokeFailed { .. }
        | Cause::Insufficient
        | Cause::Unproven { .. } => Severity::Critical,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Metric;

    #[test]
    fn what_people_ordered_is_no_alarm() {
        let check = |cause, severity| assert_eq!(severity_of(&cause), severity, "{cause:?}");
        check(Cause::Regression { metric: Metric::Errors }, Severity::Critical);
        check(Cause::LocalGuard { node: "gateway-1".to_owned() }, Severity::Critical);
        check(Cause::SmokeFailed { detail: "status 503".to_owned() }, Severity::Critical);
        check(Cause::Insufficient, Severity::Critical);
        check(Cause::Unproven { metric: Metric::Cost }, Severity::Critical);
        check(Cause::Ordered { by: "ann".to_owned(), reason: None }, Severity::Warning);
        check(Cause::Aborted { by: "ann".to_owned(), reason: None }, Severity::Warning);
    }
}
