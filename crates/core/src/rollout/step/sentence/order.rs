//! What a person passed over, and who it was: whoever reads a history can tell what was found from what was ordered.

use crate::rollout::command::{Command, Reach};
use crate::rollout::plan::Step;
use crate::rollout::state::Phase;
use crate::rollout::step::{CALIBRATION, Moment, gate};
use crate::weight::Weight;

/// Steps that were passed over, counted from one; none when the last is lower than the first.
pub(super) struct Skipped {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) reach: Reach,
}

impl Skipped {
    /// Which steps they are, and what was skipped with them.
    pub(super) fn words(&self, moment: &Moment<'_>) -> String {
        let (from, to, steps) = (self.from, self.to, moment.plan.steps.len());
        let which = match to.checked_sub(from) {
            None => "to the last watch at once".to_owned(),
            Some(0) => format!("step {from} of {steps} is passed over"),
            Some(_) => format!("steps {from} to {to} of {steps} are passed over"),
        };
        let parts = self.parts(moment);
        if parts.is_empty() { which } else { format!("{which}, {} skipped", listed(&parts)) }
    }

    fn parts(&self, moment: &Moment<'_>) -> Vec<&'static str> {
        let steps = || moment.plan.steps.iter().take(self.to).skip(self.from.saturating_sub(1));
        let is_known = moment.state.weight() > Weight::ZERO || moment.input.calibration >= CALIBRATION;
        let parts = [
            ("smoke", steps().any(|step| matches!(step, Step::Smoke(_)))),
            ("calibration", self.gives_a_share(moment) && !is_known),
            ("analysis", steps().any(|step| matches!(step, Step::Analysis { .. }))),
            ("pause", steps().any(|step| matches!(step, Step::Pause { .. }))),
        ];
        parts.into_iter().filter(|(_, is_skipped)| *is_skipped).map(|(part, _)| part).collect()
    }

    /// Whether the candidate is to have another share at the end of it.
    fn gives_a_share(&self, moment: &Moment<'_>) -> bool {
        let given = |at| gate::share_to_come(moment, at).is_some();
        self.reach == Reach::Full || moment.state.position().is_some_and(given)
    }
}

fn listed(parts: &[&str]) -> String {
    match parts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => parts.concat(),
    }
}

/// What an order does to the candidate's share, or what the share still waits for.
pub(super) fn share_after(moment: &Moment<'_>, phase: &Phase) -> String {
    let (Phase::Progressing(at) | Phase::Baking(at)) = phase else { return String::new() };
    let (from, to) = (moment.state.weight(), at.weight);
    if from != to {
        return format!("; the candidate's share goes from {from} to {to}");
    }
    gate::barrier(moment).map_or_else(String::new, |barrier| format!("; its share has to wait: {barrier}"))
}

/// Who cut the last watch short, if someone did.
pub(super) fn of_promotion(moment: &Moment<'_>) -> String {
    match moment.input.commands.first() {
        Some(Command::Promote { by, .. }) => format!("ordered by {by}: "),
        _ => String::new(),
    }
}

/// Who had ordered it past the steps before the last, if someone had.
pub(super) fn before(moment: &Moment<'_>) -> String {
    let ordered_by = moment.state.position().and_then(|at| at.ordered_by.as_deref());
    ordered_by.map_or_else(String::new, |by| format!("; {by} had ordered it past the steps before"))
}
