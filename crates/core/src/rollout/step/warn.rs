//! What people are warned of: conditions that change, and what guards and gauges find that only tell. It is told once when it
//! begins and once when it ends. Nothing follows from it; the plan goes on as it would have, at the same moment.

mod slices;

use super::{Moment, Transition};
use crate::analysis::drift::{About, Sign, Strength};
use crate::analysis::verdict::{Judgement, Verdict};
use crate::gauge::{Gauged, Standing};
use crate::guard::{Mode, OnFail};
use crate::rollout::effect::Severity;
use crate::rollout::report::Finding;
use crate::rollout::state::{Phase, State, Warned};
use crate::time::readable;

/// So many changes are told in one breath; of more their number.
const HANDFUL: usize = 5;

impl Moment<'_> {
    /// Tells what changed, or is over, since people were told last. Before a rollout begins and on its way back nobody has to
    /// know.
    pub(super) fn warn(&self) -> Option<Transition> {
        self.tell(self.input.signs.iter().chain(&self.asked_for()))
    }

    /// The same of these signs alone.
    pub(super) fn tell<'s>(&self, signs: impl Iterator<Item = &'s Sign> + Clone) -> Option<Transition> {
        self.state.position()?;
        let is_known = |about: &About| self.state.warned.iter().any(|warned| warned.about == *about);
        let begun: Vec<About> = signs
            .clone()
            .filter(|sign| sign.strength == Strength::Clear && !is_known(&sign.about))
            .map(|sign| sign.about.clone())
            .collect();
        let is_gone = |warned: &Warned| {
            signs.clone().any(|sign| sign.about == warned.about && sign.strength == Strength::Gone)
        };
        let (over, lasting): (Vec<Warned>, Vec<Warned>) =
            self.state.warned.iter().cloned().partition(is_gone);
        if begun.is_empty() && over.is_empty() {
            return None;
        }
        let severity = match begun.iter().any(About::is_asked_for) {
            // Whoever has a guard notify them is called.
            true => Severity::Critical,
            false if begun.is_empty() => Severity::Info,
            false => Severity::Warning,
        };
        let new = begun.iter().map(|about| Warned { about: about.clone(), since: self.now });
        let state = State { warned: lasting.into_iter().chain(new).collect(), ..self.state.clone() };
        let phase: Phase = state.phase.clone();
        Some(Moment { state: &state, ..*self }.go(phase, Finding::Warned { begun, over }, severity))
    }

    /// The changed conditions that people are warned of at present. What guards and gauges find is in the report anyway.
    pub(super) fn warnings(&self) -> Vec<String> {
        let about = self.state.warned.iter().map(|warned| &warned.about);
        handful(about.filter(|about| !about.is_asked_for()).map(|about| self.now_of(about)).collect())
    }

    /// What is known of what somebody asked to be told of.
    pub(super) fn asked_for(&self) -> Vec<Sign> {
        let tells = |mode, on_fail| mode == Mode::Enforce && on_fail == OnFail::Notify;
        let guards = self.input.analysis.guards.iter();
        let guards = guards.filter(|judged| tells(judged.guard.mode, judged.guard.on_fail)).map(of_guard);
        let gauges = self.input.gauges.iter();
        let gauges = gauges.filter(|gauged| tells(gauged.gauge.mode, gauged.gauge.on_fail)).map(of_gauge);
        guards.chain(self.slices()).chain(gauges).collect()
    }

    /// What is known of something now; it may be too little to say whether it lasts.
    fn now_of(&self, about: &About) -> String {
        let asked_for = self.asked_for();
        let found = self.input.signs.iter().chain(&asked_for).find(|sign| sign.about == *about);
        found.map_or_else(
            || format!("{about}: too little to tell whether it lasts"),
            |sign| sign.sentence.clone(),
        )
    }
}

/// What a guard that only tells has found. It is over when the candidate is shown safe: evidence that lies at the edge of
/// enough would be told again and again.
fn of_guard(judged: &Judgement) -> Sign {
    let strength = match judged.verdict {
        Verdict::Fail(_) => Strength::Clear,
        Verdict::Wait(_) => Strength::Faint,
        Verdict::Pass => Strength::Gone,
    };
    Sign { about: About::Guard { metric: judged.guard.metric }, strength, sentence: judged.sentence() }
}

/// What a gauge that only tells says. What is unknown begins nothing and ends nothing.
fn of_gauge(gauged: &Gauged) -> Sign {
    let strength = match gauged.standing {
        Standing::Beyond { .. } => Strength::Clear,
        Standing::Unknown { .. } => Strength::Faint,
        Standing::Within { .. } => Strength::Gone,
    };
    Sign { about: About::Gauge { gauge: gauged.gauge.name.clone() }, strength, sentence: gauged.sentence() }
}

/// What changed and what is over, and what that means.
pub(super) fn sentence(moment: &Moment<'_>, begun: &[About], over: &[Warned]) -> String {
    let (asked_for, conditions): (Vec<&About>, Vec<&About>) =
        begun.iter().partition(|about| about.is_asked_for());
    let is_split = |about: &&About| matches!(about, About::Split { .. });
    let (misled, drifted): (Vec<&About>, Vec<&About>) = conditions.into_iter().partition(is_split);
    let told = |about: Vec<&About>| {
        handful(about.into_iter().map(|about| moment.now_of(about)).collect()).join("; ")
    };
    let mut said = Vec::new();
    if !asked_for.is_empty() {
        said.push(format!("this is told and nothing follows: {}", told(asked_for)));
    }
    if !misled.is_empty() {
        said.push(format!(
            "{}: something keeps callers to an arm past the draw, and what is said of such a slice may mislead",
            told(misled)
        ));
    }
    if !drifted.is_empty() {
        said.push(format!(
            "conditions have changed since the rollout began: {}; they are the same for both arms and verdicts hold, but what \
             was learnt at the beginning may not describe now",
            told(drifted)
        ));
    }
    let past =
        |warned: &Warned| format!("{}, after {}", warned.about, readable(moment.now.since(warned.since)));
    let (in_order, as_before): (Vec<&Warned>, Vec<&Warned>) =
        over.iter().partition(|warned| warned.about.is_asked_for());
    // Of a slice that is not named nobody knows that it is in order.
    let (unnamed, in_order): (Vec<&Warned>, Vec<&Warned>) =
        in_order.into_iter().partition(|warned| matches!(warned.about, About::Slice { .. }));
    for (what, over) in
        [("in order again", in_order), ("no longer named", unnamed), ("again as at the beginning", as_before)]
    {
        if !over.is_empty() {
            said.push(format!("{what}: {}", handful(over.into_iter().map(past).collect()).join("; ")));
        }
    }
    said.join(". ")
}

/// The first few; of more their number.
fn handful(mut sentences: Vec<String>) -> Vec<String> {
    let more = sentences.len().saturating_sub(HANDFUL);
    if more > 0 {
        sentences.truncate(HANDFUL);
        sentences.push(format!("and {more} more"));
    }
    sentences
}
