//! Nobody is sent from a candidate to a baseline that is dead, whoever orders it, and nothing moves on without it by itself.

use crate::walk::{People, walks};
use proptest::prelude::*;
use viridian_core::rollout::input::Readiness;
use viridian_core::rollout::state::Phase;
use viridian_core::weight::Weight;

proptest! {
    #[test]
    fn a_dead_baseline_is_never_gone_back_to(walk in walks(People::Order, 60)) {
        for look in walk.looks() {
            let restores = matches!(look.transition.next.phase, Phase::RollingBack { .. })
                && !matches!(look.state.phase, Phase::RollingBack { .. });
            let serves_somebody = look.state.weight() > Weight::ZERO;
            prop_assert!(!restores || !serves_somebody || look.input.baseline == Readiness::Ready);
        }
    }

    #[test]
    fn nothing_moves_on_beside_a_dead_baseline(walk in walks(People::Watch, 60)) {
        for look in walk.looks() {
            if look.input.baseline == Readiness::NotReady {
                prop_assert!(look.transition.next.weight() <= look.state.weight());
                prop_assert!(look.state.is_promoted() || !look.transition.next.is_promoted());
            }
        }
    }
}
