//! What people are told beside the verdicts changes nothing: a step on verdicts alone is the step on all that is told.

use crate::walk::{Look, People, walks};
use proptest::prelude::*;
use viridian_core::analysis::verdict::Effect;
use viridian_core::guard::Margin;
use viridian_core::rollout::input::Input;
use viridian_core::rollout::step::step;

/// The same look, with numbers beside every verdict.
fn told(look: &Look, upper: f64, margin: u32) -> Input {
    let mut input = look.input.clone();
    for judged in &mut input.analysis.guards {
        judged.effect = Effect { estimate: Some(0.0), lower: Some(-upper), upper: Some(upper) };
        judged.log_harm = Some(upper);
        judged.passes_with = Some(Margin::Points(margin));
    }
    input
}

proptest! {
    #[test]
    fn a_step_is_the_same_by_verdicts_alone(walk in walks(People::Order, 60), upper in 0.0..2.0, margin in 1u32..9_999) {
        for look in walk.looks() {
            let told = step(&walk.plan, &look.state, &told(&look, upper, margin), look.now);
            prop_assert_eq!(&told.next, &look.transition.next);
            prop_assert_eq!(&told.report.finding, &look.transition.report.finding);
            prop_assert_eq!(&told.answered, &look.transition.answered);
            prop_assert_eq!(told.effects.len(), look.transition.effects.len());
        }
    }
}
