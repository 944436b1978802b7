//! A loop that runs twice does nothing the second time: an input was observed for one state.

use crate::walk::{People, walks};
use proptest::prelude::*;
use viridian_core::rollout::step::step;

proptest! {
    #[test]
    fn the_same_input_moves_a_rollout_once(walk in walks(People::Order, 40)) {
        for look in walk.looks() {
            let first = &look.transition;
            let second = step(&walk.plan, &first.next, &look.input, look.now);
            prop_assert_eq!(&second.next, &first.next);
            prop_assert!(second.effects.is_empty(), "{:?}", second.effects);
            if first.next.sequence > look.state.sequence {
                prop_assert!(second.answered.is_empty());
            } else {
                prop_assert_eq!(&second, first);
                prop_assert_eq!(&first.next, &look.state);
            }
        }
    }

    #[test]
    fn an_input_of_another_moment_is_not_acted_on(walk in walks(People::Order, 40), off in 1u64..9) {
        for mut look in walk.looks() {
            look.input.sequence += off;
            let transition = step(&walk.plan, &look.state, &look.input, look.now);
            prop_assert_eq!(transition.next, look.state);
            prop_assert!(transition.effects.is_empty() && transition.answered.is_empty());
        }
    }
}
