//! Following orders: those that restore the baseline before anything else, the others after danger was ruled out.

use super::{Moment, Transition};
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
        Command::Promote { reach, .. } => promote(moment, at, *reach),
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
        Hold::PlannedPause => moment.next_step(at),
        Hold::Regression { metric } => {
            let pardoned = at.pardoned.iter().copied().chain([*metric]).collect();
            moment.resume(Position { pardoned, ..at })
        }
        Hold::Paused { .. } | Hold::Waiting(_) => moment.resume(at),
    }
}

/// A person may pass over a gate, never over the gateways: what they do not serve by cannot be left behind.
fn promote(moment: &Moment<'_>, at: Position, reach: Reach) -> Transition {
    if !moment.input.gateways.all_acknowledged() {
        let waiting = moment.waiting_for_gateways();
        return refuse(moment, format!("not before every gateway serves by the present table ({waiting})"));
    }
    let last = moment.plan.steps.len().saturating_sub(1);
    let bakes = at.step >= last && at.weight == moment.plan.effective(Weight::FULL);
    match reach {
        _ if bakes => moment.promote(),
        Reach::Step if at.step < last => moment.next_step(at),
        _ => moment.shift(
            Position { step: last, entered_at: moment.now, ..at },
            moment.plan.effective(Weight::FULL),
        ),
    }
}

/// An order that was not followed is written down too, so that whoever gave it can read why.
fn refuse(moment: &Moment<'_>, why: String) -> Transition {
    let phase = moment.state.phase.clone();
    moment.go(phase, Finding::Refused { why }, Severity::Warning)
}
