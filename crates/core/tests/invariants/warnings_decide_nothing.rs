//! What people are warned of changes nothing: a rollout goes where it would have gone, at the same moment.

use crate::walk::{Look, People, walks};
use proptest::prelude::*;
use std::collections::BTreeSet;
use viridian_core::analysis::drift::Strength;
use viridian_core::rollout::input::Input;
use viridian_core::rollout::report::Finding;
use viridian_core::rollout::state::State;
use viridian_core::rollout::step::{Transition, step};

/// What becomes of it when nobody is warned, and when somebody is and the loop looks again at once.
fn with_and_without(look: &Look, plan: &viridian_core::rollout::plan::Plan) -> (Transition, Transition) {
    let silent = Input { signs: Vec::new(), ..look.input.clone() };
    let without = step(plan, &look.state, &silent, look.now);
    let first = look.transition.clone();
    if !matches!(first.report.finding, Finding::Warned { .. }) {
        return (first, without);
    }
    let again = Input { sequence: first.next.sequence, ..look.input.clone() };
    (step(plan, &first.next, &again, look.now), without)
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
        let mut lasting = BTreeSet::new();
        for look in walk.looks() {
            let strength = |about: &String| {
                let mut signs = look.input.signs.iter();
                signs.find(|sign| sign.about.to_string() == *about).map(|sign| sign.strength)
            };
            if let Finding::Warned { begun, over } = &look.transition.report.finding {
                for about in begun.iter().map(ToString::to_string) {
                    prop_assert_eq!(strength(&about), Some(Strength::Clear));
                    prop_assert!(lasting.insert(about.clone()), "{} is told again", about);
                }
                for about in over.iter().map(|warned| warned.about.to_string()) {
                    prop_assert_eq!(strength(&about), Some(Strength::Gone));
                    prop_assert!(lasting.remove(&about), "{} had not begun", about);
                }
            }
            prop_assert_eq!(look.transition.report.warnings.len(), lasting.len());
            let State { warned, .. } = &look.transition.next;
            prop_assert_eq!(warned.len(), lasting.len());
        }
    }
}
