//! Numbers only rise: the sequence of a rollout, step by step, and the generations of its tables, which a controller
//! takes from reserved blocks and may throw away when it restarts.

use crate::walk::{People, walks};
use proptest::prelude::*;

/// How many generations a controller reserves at a time.
const BLOCK: u64 = 100;

/// Generations as a controller allots them: the end of the reservation survives a restart, the rest does not.
struct Allotment {
    reserved_to: u64,
    next: u64,
}

impl Allotment {
    fn take(&mut self) -> u64 {
        if self.next == self.reserved_to {
            self.reserved_to += BLOCK;
        }
        self.next += 1;
        self.next
    }

    fn restart(&mut self) {
        self.next = self.reserved_to;
    }
}

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

    #[test]
    fn generations_rise_across_shares_and_restarts(
        walk in walks(People::Order, 60),
        restarts in prop::collection::vec(prop::bool::weighted(0.1), 60),
    ) {
        let mut allotment = Allotment { reserved_to: 0, next: 0 };
        let mut published = 0;
        for (look, restart) in walk.looks().iter().zip(restarts) {
            if restart {
                allotment.restart();
            }
            if look.transition.next.weight() != look.state.weight() {
                let generation = allotment.take();
                prop_assert!(generation > published);
                prop_assert!(generation <= allotment.reserved_to);
                published = generation;
            }
        }
    }
}
