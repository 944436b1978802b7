//! Makes a failing script as short as it can be: whatever can be left out while the same rule is still broken, is.
//! Entry point: [`shrink`].

use crate::script::{Act, Deed, Script, Weather};
use crate::{run, tell};
use std::fmt;
use std::time::Duration;

/// A failing script, made short.
#[derive(Debug)]
pub struct Shrunk {
    /// What is left of it.
    pub script: Script,
    /// What happens in it.
    pub story: Vec<String>,
}

/// Makes a script short that breaks a rule; nothing when it breaks none.
pub fn shrink(script: &Script) -> Option<Shrunk> {
    let rule = run(script).violation?.rule;
    let script = shortest(script, |shorter| run(shorter).violation.is_some_and(|broken| broken.rule == rule));
    let story = tell(&script).story;
    Some(Shrunk { script, story })
}

/// The shortest script that still fails, as far as leaving out one thing after the other finds it.
fn shortest(script: &Script, fails: impl Fn(&Script) -> bool) -> Script {
    let mut shortest = script.clone();
    while let Some(shorter) = candidates(&shortest).into_iter().find(&fails) {
        shortest = shorter;
    }
    shortest
}

/// Scripts with a little less in them, the boldest first.
fn candidates(script: &Script) -> Vec<Script> {
    let mut candidates = Vec::new();
    let count = script.acts.len();
    let mut length = count / 2;
    while length > 0 {
        for start in (0..count).step_by(length) {
            let mut shorter = script.clone();
            shorter.acts.drain(start..count.min(start + length));
            candidates.push(shorter);
        }
        length /= 2;
    }
    let calm = Weather { loss: 0, twice: 0, delay: Duration::from_millis(5) };
    if script.weather != calm {
        candidates.push(Script { weather: calm, ..script.clone() });
    }
    if script.drift.iter().any(|drift| *drift != 0) {
        candidates.push(Script { drift: vec![0; script.gateways], ..script.clone() });
    }
    if script.gateways > 1 {
        candidates.push(without_last_gateway(script));
    }
    if script.applications > 1 {
        candidates.push(without_last_application(script));
    }
    for (place, act) in script.acts.iter().enumerate() {
        if act.deed.lasts() && act.lasts > Duration::from_secs(1) {
            let mut shorter = script.clone();
            shorter.acts[place] = Act { lasts: act.lasts / 2, ..act.clone() };
            candidates.push(shorter);
        }
    }
    candidates
}

fn without_last_gateway(script: &Script) -> Script {
    let last = script.gateways - 1;
    let mut shorter = Script { gateways: last, ..script.clone() };
    shorter.acts.retain(|act| {
        !matches!(
            act.deed,
            Deed::CrashGateway(gateway, _)
                | Deed::StopGateway(gateway)
                | Deed::SuspendGateway(gateway)
                | Deed::FullDisk(gateway)
                | Deed::Cut(Some(gateway), _)
                | Deed::SetGatewayClock(gateway, _) if gateway == last
        )
    });
    shorter
}

fn without_last_application(script: &Script) -> Script {
    let last = script.applications - 1;
    let mut shorter = Script { applications: last, ..script.clone() };
    shorter.acts.retain(|act| {
        !matches!(
            act.deed,
            Deed::CandidateBad(application) | Deed::Order(application, _) | Deed::Start(application)
                if application == last
        )
    });
    shorter
}

impl fmt::Display for Shrunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.script)?;
        self.story.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_nothing_to_do_with_a_failure_is_left_out() {
        let crashes = |script: &Script| {
            script.acts.iter().filter(|act| matches!(act.deed, Deed::CrashController)).count()
        };
        let script = (0..).map(Script::of).find(|script| crashes(script) >= 2 && script.gateways >= 3);
        let script = shortest(&script.unwrap(), |shorter| crashes(shorter) >= 1 && shorter.gateways >= 2);
        assert_eq!((script.acts.len(), crashes(&script), script.gateways, script.applications), (1, 1, 2, 1));
        assert!(script.acts[0].lasts <= Duration::from_secs(1), "{script}");
    }
}
