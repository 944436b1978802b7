//! What people are warned of changes nothing: a rollout goes where it would have gone, at the same moment.

use crate::walk::{Look, People, walks};
use proptest::prelude::*;
use viridian_core::analysis::drift::{About, Strength};
use viridian_core::analysis::verdict::{Verdict, Wait};
use viridian_core::gauge::Standing;
use viridian_core::guard::{Mode, OnFail};
use viridian_core::rollout::input::Input;
use viridian_core::rollout::report::Finding;
use viridian_core::rollout::state::State;
use viridian_core::rollout::step::{Transition, step};

/// The same look with nothing to tell: no condition changes, and guards, slices and gauges that only tell find nothing.
fn silent(look: &Look) -> Input {
    let mut input = Input { signs: Vec::new(), ..look.input.clone() };
    input.analysis.slices.retain(|worse| !worse.only_tells());
    for judged in input.analysis.guards.iter_mut().filter(|judged| judged.guard.on_fail == OnFail::Notify) {
        judged.verdict = Verdict::Wait(Wait::Undecided);
    }
    for gauged in input.gauges.iter_mut().filter(|gauged| gauged.gauge.on_fail == OnFail::Notify) {
        gauged.standing = Standing::Unknown { why: "no answer".to_owned() };
    }
    input
}

/// What becomes of it when nobody is or was warned, and when somebody is and the loop looks again at once.
fn with_and_without(look: &Look, plan: &viridian_core::rollout::plan::Plan) -> (Transition, Transition) {
    let untold = State { warned: Vec::new(), ..look.state.clone() };
    let without = step(plan, &untold, &silent(look), look.now);
    let first = look.transition.clone();
    if !matches!(first.report.finding, Finding::Warned { .. }) {
        return (first, without);
    }
    let again = Input { sequence: first.next.sequence, ..look.input.clone() };
    (step(plan, &first.next, &again, look.now), without)
}

/// How much speaks for something at a look.
fn strength(look: &Look, about: &About) -> Option<Strength> {
    match about {
        About::Guard { metric } => {
            let mut guards = look.input.analysis.guards.iter();
            guards.find(|judged| judged.guard.metric == *metric).map(|judged| match judged.verdict {
                Verdict::Fail(_) => Strength::Clear,
                Verdict::Wait(_) => Strength::Faint,
                Verdict::Pass => Strength::Gone,
            })
        }
        About::Slice { metric, .. } => {
            let mut slices = look.input.analysis.slices.iter();
            let is_told = slices.any(|worse| worse.guard.metric == *metric && worse.only_tells());
            Some(if is_told { Strength::Clear } else { Strength::Gone })
        }
        About::Gauge { .. } => look.input.gauges.first().map(|gauged| match gauged.standing {
            Standing::Beyond { .. } => Strength::Clear,
            Standing::Unknown { .. } => Strength::Faint,
            Standing::Within { .. } => Strength::Gone,
        }),
        _ => look.input.signs.iter().find(|sign| sign.about == *about).map(|sign| sign.strength),
    }
}

proptest! {
    #[test]
    fn a_rollout_goes_where_it_would_have_gone(walk in walks(People::Order, 60)) {
        for look in walk.looks() {
            let (with, without) = with_and_without(&look, &walk.plan);
            prop_assert_eq!(&with.next.phase, &without.next.phase);
            prop_assert_eq!(&with.report.finding, &without.report.finding);
            prop_assert_eq!(&with.answered, &without.answered);
        }
    }

    /// Each is told when it begins and not again before it has ended, and ends only when it is gone.
    #[test]
    fn what_lasts_is_told_once(walk in walks(People::Order, 60)) {
        let mut lasting: Vec<About> = Vec::new();
        for look in walk.looks() {
            if let Finding::Warned { begun, over } = &look.transition.report.finding {
                for about in begun {
                    prop_assert_eq!(strength(&look, about), Some(Strength::Clear));
                    prop_assert!(!lasting.contains(about), "{} is told again", about);
                    lasting.push(about.clone());
                }
                for about in over.iter().map(|warned| &warned.about) {
                    prop_assert_eq!(strength(&look, about), Some(Strength::Gone));
                    prop_assert!(lasting.contains(about), "{} had not begun", about);
                    lasting.retain(|known| known != about);
                }
            }
            let conditions = lasting.iter().filter(|about| !about.is_asked_for()).count();
            prop_assert_eq!(look.transition.report.warnings.len(), conditions);
            let State { warned, .. } = &look.transition.next;
            prop_assert_eq!(warned.len(), lasting.len());
        }
    }

    /// Whatever a guard that only tells has found is told by the next look at which nothing else happens.
    #[test]
    fn what_only_tells_is_told(walk in walks(People::Watch, 60)) {
        for look in walk.looks() {
            let moves = look.transition.next.sequence != look.state.sequence;
            let told = |about: &About| look.state.warned.iter().any(|warned| warned.about == *about);
            let failed = look.input.analysis.guards.iter().filter(|judged| {
                judged.guard.mode == Mode::Enforce && judged.verdict == Verdict::Fail(OnFail::Notify)
            });
            for judged in failed.filter(|_| !moves && look.state.position().is_some()) {
                let about = About::Guard { metric: judged.guard.metric };
                prop_assert!(told(&about), "nobody is told of {}", about);
            }
            for worse in look.input.analysis.slices.iter().filter(|worse| worse.only_tells()) {
                let (metric, attribute, value) = (worse.guard.metric, worse.attribute.clone(), worse.value.clone());
                let about = About::Slice { metric, attribute, value };
                prop_assert!(moves || look.state.position().is_none() || told(&about), "nobody is told of {}", about);
            }
        }
    }
}
