//! An explanation for people.

use std::fmt::Write;
use viridian_wire::api::{Explanation, GuardSentence};

/// Why a rollout stands where it stands, in paragraphs.
pub fn explanation_text(explanation: &Explanation) -> String {
    let reason = explanation.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let Explanation { rollout, phase, sentence, .. } = explanation;
    let mut text = format!("{rollout} is {phase}{reason}.\nLatest: {sentence}.\n");
    // The sentence often says it already.
    let waits = explanation.waits_for.as_ref().filter(|waits| !explanation.sentence.contains(waits.as_str()));
    if let Some(waits) = waits {
        let _ = writeln!(text, "It waits for: {waits}.");
    }
    let guards: Vec<String> = explanation.guards.iter().map(seen).collect();
    list(&mut text, "What the guards see", guards.iter());
    list(&mut text, "What sources outside say", explanation.gauges.iter());
    list(&mut text, "What guards saw that may not act", explanation.observed.iter());
    list(&mut text, "What changed since it began, of which nothing follows", explanation.warnings.iter());
    list(&mut text, "What would change it", explanation.would_change.iter());
    text
}

/// What a guard found, and below it what would change that.
fn seen(guard: &GuardSentence) -> String {
    let turn = guard.would_change.as_ref().map(|turn| format!("\n    {turn}"));
    format!("{}{}", guard.sentence, turn.unwrap_or_default())
}

fn list<'a>(text: &mut String, heading: &str, items: impl Iterator<Item = &'a String>) {
    let mut items = items.peekable();
    if items.peek().is_some() {
        let _ = writeln!(text, "\n{heading}:");
    }
    for item in items {
        let _ = writeln!(text, "  - {item}");
    }
}
