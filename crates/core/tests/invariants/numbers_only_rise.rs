//! The sequence of a rollout rises by one with each transition, and with nothing else.

use crate::walk::{People, walks};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_sequence_rises_by_one_or_stays(walk in walks(People::Order, 60)) {
        for look in walk.looks() {
            let moved = look.transition.next.sequence - look.state.sequence;
            prop_assert!(moved <= 1);
            prop_assert_eq!(moved == 0, look.transition.next == look.state);
            prop_assert_eq!(moved == 0, look.transition.effects.is_empty());
        }
    }
}
