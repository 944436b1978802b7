//! While the traffic is not split as drawn, nothing that was compared moves a rollout back or pauses it: it is held for the split.

use crate::walk::{Look, People, walks};
use proptest::prelude::*;
use viridian_core::analysis::verdict::SplitCheck;
use viridian_core::rollout::state::{Cause, Hold, Phase};

const BROKEN: SplitCheck = SplitCheck::Broken { expected: 0.5, observed: 0.4 };

/// Whether a comparison moved the rollout at this look.
fn is_blamed(look: &Look) -> bool {
    let next = &look.transition.next.phase;
    let compared = match next {
        Phase::RollingBack { cause, .. } => matches!(cause, Cause::Regression { .. } | Cause::Slice { .. }),
        Phase::Held { reason, .. } => matches!(reason, Hold::Regression { .. }),
        _ => false,
    };
    compared && *next != look.state.phase
}

/// Whether anything else than the split could be why a rollout is held.
fn is_held_otherwise(look: &Look) -> bool {
    let gateways = &look.input.gateways;
    let is_led = !look.input.commands.is_empty() || gateways.tripped.is_some() || gateways.unwell.is_some();
    let is_paused = matches!(look.state.phase, Phase::Held { reason: Hold::Paused { .. }, .. });
    is_led || is_paused || !look.input.gauges.is_empty() || look.state.position().is_none()
}

proptest! {
    #[test]
    fn a_broken_split_holds_and_blames_nobody(mut walk in walks(People::Order, 60)) {
        walk.plan.local_guard = None;
        for (index, moment) in walk.moments.iter_mut().enumerate() {
            moment.split = if index % 3 == 0 { SplitCheck::Sound } else { BROKEN };
        }
        for look in walk.looks().into_iter().filter(|look| look.input.analysis.split == BROKEN) {
            let sentence = &look.transition.report.sentence;
            prop_assert!(!is_blamed(&look), "{}", sentence);
            let is_held = matches!(look.transition.next.phase, Phase::Held { reason: Hold::SplitBroken, .. });
            prop_assert!(is_held || is_held_otherwise(&look), "{}", sentence);
        }
    }
}
