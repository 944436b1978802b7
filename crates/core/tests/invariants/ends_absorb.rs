//! Nothing moves a rollout that has ended, and nothing is asked of the world any more.

use crate::walk::{People, walks};
use proptest::prelude::*;

proptest! {
    #[test]
    fn ends_absorb(walk in walks(People::Order, 60)) {
        for look in walk.looks() {
            if look.state.is_end() {
                prop_assert_eq!(&look.transition.next, &look.state);
                prop_assert!(look.transition.effects.is_empty());
            }
        }
    }
}
