//! A candidate that a guard found worse never gets more traffic, unless a person orders it or has accepted what the
//! guard found.

use crate::walk::{Look, People, walks};
use proptest::prelude::*;
use viridian_core::analysis::verdict::{SplitCheck, Verdict};
use viridian_core::guard::{Mode, OnFail};
use viridian_core::rollout::command::Command;

/// Whether something that may act speaks against the candidate, as nobody has pardoned.
fn is_blamed(look: &Look) -> bool {
    let pardoned = |metric| look.state.position().is_some_and(|at| at.pardons(metric));
    let fails = look.input.analysis.guards.iter().any(|judged| {
        judged.guard.mode == Mode::Enforce
            && match judged.verdict {
                Verdict::Fail(OnFail::Rollback) => true,
                Verdict::Fail(OnFail::Pause) => !pardoned(judged.guard.metric),
                _ => false,
            }
    });
    fails || look.input.analysis.split != SplitCheck::Sound || look.input.gateways.tripped.is_some()
}

proptest! {
    #[test]
    fn a_failing_verdict_never_raises_the_share(walk in walks(People::Order, 60)) {
        for look in walk.looks() {
            let promoted_by_order = matches!(look.input.commands.first(), Some(Command::Promote { .. }));
            if is_blamed(&look) && !promoted_by_order {
                let (before, after) = (look.state.weight(), look.transition.next.weight());
                prop_assert!(after <= before, "{} to {}: {:?}", before, after, look.transition.report.sentence);
                prop_assert!(look.state.is_promoted() || !look.transition.next.is_promoted());
            }
        }
    }
}
