//! From every state that is no end, one order restores a baseline that is ready.

use crate::walk::{People, walks};
use proptest::prelude::*;
use viridian_core::rollout::command::Command;
use viridian_core::rollout::input::Readiness;
use viridian_core::rollout::state::Phase;
use viridian_core::rollout::step::step;
use viridian_core::weight::Weight;

proptest! {
    #[test]
    fn one_order_restores_a_ready_baseline(walk in walks(People::Order, 60)) {
        for mut look in walk.looks() {
            if look.state.is_end() || matches!(look.state.phase, Phase::RollingBack { .. }) {
                continue;
            }
            look.input.baseline = Readiness::Ready;
            look.input.commands.push(Command::Rollback { by: "ben".to_owned(), reason: None });
            let transition = step(&walk.plan, &look.state, &look.input, look.now);
            prop_assert!(matches!(transition.next.phase, Phase::RollingBack { .. }), "{:?}", transition.next);
            prop_assert_eq!(transition.next.weight(), Weight::ZERO);
        }
    }

    #[test]
    fn a_rollback_ends_as_soon_as_no_gateway_is_exposed(walk in walks(People::Order, 60)) {
        for mut look in walk.looks() {
            if !matches!(look.state.phase, Phase::RollingBack { .. }) {
                continue;
            }
            look.input.gateways.exposed = 0;
            let done = step(&walk.plan, &look.state, &look.input, look.now);
            prop_assert!(done.next.is_end() && !done.next.is_promoted());
            prop_assert_eq!(done.answered.len(), look.input.commands.len());

            look.input.gateways.exposed = 1;
            let waits = step(&walk.plan, &look.state, &look.input, look.now);
            prop_assert_eq!(waits.next, look.state);
        }
    }
}
