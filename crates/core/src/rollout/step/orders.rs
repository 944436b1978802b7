//! Following orders: those that restore the baseline before anything else, the others after danger was ruled out.

use super::{Moment, Transition, gate};
use crate::rollout::command::{Command, Reach};
use crate::rollout::effect::Severity;
use crate::rollout::report::Finding;
use crate::rollout::state::{Cause, Hold, Phase, Position};
use crate::weight::Weight;

/// The first order that restores the baseline. It stays unanswered while the baseline is dead.
pub(super) fn towards_baseline(moment: &Moment<'_>) -> Option<Transition> {
    let (index, command) =
        moment.input.commands.iter().enumerate().find(|(_, command)| command.is_towards_baseline())?;
    let cause = match command.clone() {
        Command::Abort { by, reason } => Cause::Aborted { by, reason },
        Command::Supersede { by } => Cause::Superseded { by },
        Command::Rollback { by, reason } => Cause::Ordered { by, reason },
        _ => return None,
    };
    let mut transition = moment.roll_back(cause);
    if matches!(transition.next.phase, Phase::RollingBack { .. }) {
        // Whatever else was ordered is overtaken by the restoration.
        transition.answered = (0..moment.input.commands.len()).filter(|&other| other <= index).collect();
    }
    Some(transition)
}

/// The oldest other order.
pub(super) fn others(moment: &Moment<'_>) -> Option<Transition> {
    let command = moment.input.commands.first()?;
    let mut transition = match moment.state.accepts(command) {
        Err(refusal) => refuse(moment, refusal.0),
        Ok(()) => follow(moment, command),
    };
    transition.answered = vec![0];
    Some(transition)
}

fn follow(moment: &Moment<'_>, command: &Command) -> Transition {
    let at = moment.state.position().cloned().unwrap_or_else(|| Position::at(0, moment.now));
    match command {
        Command::Pause { by } => moment.hold(Hold::Paused { by: by.clone() }, at),
        Command::Resume { .. } => resume(moment, at),
        Command::Promote { by, reach } => promote(moment, at, (by, *reach)),
        // Answered by `towards_baseline`, which comes first.
        _ => refuse(moment, "the order restores the baseline".to_owned()),
    }
}

/// Goes on where it was held. Whoever resumes after a guard paused the rollout accepts what the guard found.
fn resume(moment: &Moment<'_>, at: Position) -> Transition {
    let Phase::Held { reason, .. } = &moment.state.phase else {
        return refuse(moment, "the rollout is not held".to_owned());
    };
    match reason {
        Hold::SplitBroken => {
            refuse(moment, "the traffic is still not split as drawn: abort or roll back".to_owned())
        }
        Hold::Refused { node, .. } if moment.input.gateways.refused.is_some() => refuse(
            moment,
            format!("gateway {node} still refuses the table: mend what it names, abort or roll back"),
        ),
        Hold::Oversized(oversized) if moment.input.gateways.oversized.is_some() => {
            refuse(moment, format!("{oversized}: shorten it, abort or roll back"))
        }
        Hold::PlannedPause => moment.next_step(at),
        Hold::Regression { metric } => {
            let pardoned = at.pardoned.iter().copied().chain([*metric]).collect();
            moment.resume(Position { pardoned, ..at })
        }
        Hold::OutOfBounds { gauge } => {
            let pardoned_gauges = at.pardoned_gauges.iter().cloned().chain([gauge.clone()]).collect();
            moment.resume(Position { pardoned_gauges, ..at })
        }
        Hold::Paused { .. } | Hold::Refused { .. } | Hold::Oversized(_) | Hold::Waiting(_) => {
            moment.resume(at)
        }
    }
}

/// A person may pass over what a step waits for, never over the gateways and never to a candidate that does not answer:
/// an order to the end waits for both at the last step, and every other is refused until they are there.
fn promote(moment: &Moment<'_>, at: Position, (by, reach): (&str, Reach)) -> Transition {
    if let Some(oversized) = moment.input.gateways.oversized {
        return refuse(moment, format!("not yet: {oversized}"));
    }
    let barrier = gate::barrier(moment);
    let last = moment.plan.steps.len().saturating_sub(1);
    let full = moment.plan.effective(Weight::FULL);
    let bakes = at.step >= last && at.weight == full;
    match (reach, barrier) {
        (Reach::Full, _) if !bakes => to_the_last_step(moment, at, by),
        (Reach::Step, _) if moment.state.phase == Phase::Pending => moment.follow_plan(),
        (_, Some(barrier)) => refuse(moment, format!("not yet: {barrier}")),
        (Reach::Step, None) if at.step < last => match gate::share_to_come(moment, &at) {
            Some(share) => give(moment, at, (by, share)),
            None => pass_over(moment, at, by),
        },
        _ if bakes => moment.promote(),
        _ => to_the_last_step(moment, at, by),
    }
}

/// Gives the candidate the share of this step, whatever that waits for. Without its share the step would be empty, and
/// nothing would be seen in those that follow. It is over once every gateway serves by it.
fn give(moment: &Moment<'_>, at: Position, (by, weight): (&str, Weight)) -> Transition {
    let step = at.step + 1;
    let finding = Finding::PassedOver { by: by.to_owned(), from: step, to: step, reach: Reach::Step };
    let next = Position { weight, clock: None, patience_from: Some(moment.now), ..at };
    moment.go(moment.phase_at(next), finding, Severity::Info)
}

/// Enters the next step, whatever this one waits for.
fn pass_over(moment: &Moment<'_>, at: Position, by: &str) -> Transition {
    let step = at.step + 1;
    let finding = Finding::PassedOver { by: by.to_owned(), from: step, to: step, reach: Reach::Step };
    let next = moment.entering(step, at);
    moment.go(moment.phase_at(next), finding, Severity::Info)
}

/// Enters the last step and gives the candidate its share, as soon as it may have it.
fn to_the_last_step(moment: &Moment<'_>, at: Position, by: &str) -> Transition {
    let last = moment.plan.steps.len().saturating_sub(1);
    let finding = Finding::PassedOver { by: by.to_owned(), from: at.step + 1, to: last, reach: Reach::Full };
    let weight = match gate::barrier(moment) {
        Some(_) => at.weight,
        None => moment.plan.effective(Weight::FULL),
    };
    let (entered_at, ordered_by) = (moment.now, Some(by.to_owned()));
    let next =
        Position { step: last, entered_at, weight, clock: None, patience_from: None, ordered_by, ..at };
    moment.go(moment.phase_at(next), finding, Severity::Info)
}

/// An order that was not followed is written down too, so that whoever gave it can read why.
fn refuse(moment: &Moment<'_>, why: String) -> Transition {
    let phase = moment.state.phase.clone();
    moment.go(phase, Finding::Refused { why }, Severity::Warning)
}
