//! What the demo says, before and after.

use super::act::Ending;
use std::fmt::Write;
use std::time::Duration;
use viridian_wire::api::PhaseBody;

/// What is about to happen.
pub(super) fn opening(users: usize, per_second: u32) -> String {
    format!(
        "{users} users send {per_second} requests per second through the gateway to support-chat-v1.\n\
         Two releases will be tried in turn. One of them fails 6 % of its requests and is slower; nobody says which.\n"
    )
}

/// What happened, as the callers saw it.
pub(super) fn closing(endings: &[Ending], totals: (u64, u64), took: Duration) -> String {
    let mut text = String::new();
    for ending in endings {
        tell(&mut text, ending);
    }
    let (answers, lost) = totals;
    let seconds = took.as_secs_f64();
    // Writing to a string cannot fail.
    let _ = write!(text, "{answers} answers in {seconds:.1} s, {lost} requests without an answer.");
    text
}

fn tell(text: &mut String, ending: &Ending) {
    let trial = &ending.trial;
    let summary = &ending.rollout.summary;
    let verdict = if ending.came_as_deserved() { "as it should" } else { "NOT as it should" };
    let _ = writeln!(
        text,
        "{}: {} after {:.1} s, {verdict}",
        ending.release,
        summary.phase,
        ending.took.as_secs_f64()
    );
    if let Some(decision) = &ending.decision {
        let _ = writeln!(text, "  {decision}");
    }
    if summary.phase == PhaseBody::RolledBack
        && let (Some(first), Some(last)) = (trial.first_bad, trial.last_candidate)
    {
        let exposed = last.saturating_duration_since(first).as_secs_f64();
        let _ = writeln!(text, "  from its first bad answer to its last request: {exposed:.1} s");
    }
    let _ = writeln!(
        text,
        "  users who had it: {}, its answers: {}, bad ones: {}, users sent back and forth: {}\n",
        trial.touched, trial.candidate, trial.bad, trial.flipped
    );
}
