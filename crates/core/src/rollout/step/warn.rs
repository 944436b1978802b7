//! What people are warned of: told once when it begins and once when it ends. Nothing follows from it; the plan goes on as it
//! would have, at the same moment.

use super::{Moment, Transition};
use crate::analysis::drift::{About, Strength};
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
        self.state.position()?;
        let signs = &self.input.signs;
        let is_known = |about: &About| self.state.warned.iter().any(|warned| warned.about == *about);
        let begun: Vec<About> = signs
            .iter()
            .filter(|sign| sign.strength == Strength::Clear && !is_known(&sign.about))
            .map(|sign| sign.about.clone())
            .collect();
        let is_gone = |warned: &Warned| {
            signs.iter().any(|sign| sign.about == warned.about && sign.strength == Strength::Gone)
        };
        let (over, lasting): (Vec<Warned>, Vec<Warned>) =
            self.state.warned.iter().cloned().partition(is_gone);
        if begun.is_empty() && over.is_empty() {
            return None;
        }
        let severity = if begun.is_empty() { Severity::Info } else { Severity::Warning };
        let new = begun.iter().map(|about| Warned { about: about.clone(), since: self.now });
        let state = State { warned: lasting.into_iter().chain(new).collect(), ..self.state.clone() };
        let phase: Phase = state.phase.clone();
        Some(Moment { state: &state, ..*self }.go(phase, Finding::Warned { begun, over }, severity))
    }

    /// What people are warned of at present.
    pub(super) fn warnings(&self) -> Vec<String> {
        let about = self.state.warned.iter().map(|warned| &warned.about);
        handful(about.map(|about| self.now_of(about)).collect())
    }

    /// What is known of something now; it may be too little to say whether it lasts.
    fn now_of(&self, about: &About) -> String {
        let found = self.input.signs.iter().find(|sign| sign.about == *about);
        found.map_or_else(
            || format!("{about}: too little to tell whether it lasts"),
            |sign| sign.sentence.clone(),
        )
    }
}

/// What changed and what is over, and what that means.
pub(super) fn sentence(moment: &Moment<'_>, begun: &[About], over: &[Warned]) -> String {
    let is_split = |about: &&About| matches!(about, About::Split { .. });
    let (misled, drifted): (Vec<&About>, Vec<&About>) = begun.iter().partition(is_split);
    let told = |about: Vec<&About>| {
        handful(about.into_iter().map(|about| moment.now_of(about)).collect()).join("; ")
    };
    let mut said = Vec::new();
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
    if !over.is_empty() {
        let past =
            |warned: &Warned| format!("{}, after {}", warned.about, readable(moment.now.since(warned.since)));
        said.push(format!(
            "again as at the beginning: {}",
            handful(over.iter().map(past).collect()).join("; ")
        ));
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
