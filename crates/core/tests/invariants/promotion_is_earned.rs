//! Without an order or a pardon, nothing is promoted that was not shown safe: every gateway serves by the last share,
//! its time is over, both arms have fresh outcomes, every enforced guard passed, every gauge that may act has said so
//! since, and nothing keeps the evidence from being judged.

use crate::walk::{Look, People, walks};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use viridian_core::analysis::verdict::{SplitCheck, Verdict};
use viridian_core::gauge::Standing;
use viridian_core::rollout::input::Readiness;
use viridian_core::rollout::plan::Plan;
use viridian_core::rollout::uncompared;
use viridian_core::weight::Weight;

fn check(plan: &Plan, look: &Look) -> Result<(), TestCaseError> {
    let Look { state, input, now, .. } = look;
    let analysis = &input.analysis;
    let at = state.position();
    prop_assert!(at.is_some(), "promoted from {:?}", state.phase);
    let Some(at) = at else { return Ok(()) };
    let bake = plan.bake();
    prop_assert_eq!(at.weight, plan.effective(Weight::FULL));
    prop_assert!(input.gateways.all_acknowledged());
    prop_assert_eq!(input.baseline, Readiness::Ready);
    prop_assert_eq!(analysis.split, SplitCheck::Sound);

    prop_assert!(at.clock.is_some(), "no gateway was known to serve by the last share");
    let Some(clock) = at.clock else { return Ok(()) };
    prop_assert!(now.since(clock.started_at) >= bake.duration);
    prop_assert!(analysis.seen.candidate - clock.seen.candidate >= bake.min_samples);
    if at.weight.compares() {
        prop_assert!(analysis.seen.baseline - clock.seen.baseline >= bake.min_samples);
        prop_assert_eq!(analysis.wait, None);
    }
    prop_assert_eq!(input.candidate, Readiness::Ready);
    for gauged in input.gauges.iter().filter(|gauged| gauged.gauge.gates()) {
        let is_fresh = matches!(gauged.standing, Standing::Within { at, .. } if at >= clock.started_at);
        prop_assert!(is_fresh, "{:?} said {:?}", gauged.gauge.name, gauged.standing);
    }
    let mut gating = analysis.guards.iter().filter(|judged| judged.guard.gates_promotion());
    if !plan.compares() {
        let below = plan.local_guard.is_some_and(|limit| {
            input.uncompared.trials >= u64::from(limit.min_requests)
                && !uncompared::reaches(input.uncompared, &limit)
        });
        prop_assert!(below || gating.next().is_none(), "no limit for {:?}", input.uncompared);
        return Ok(());
    }
    for judged in gating {
        prop_assert!(judged.verdict == Verdict::Pass, "{:?} said {:?}", judged.guard, judged.verdict);
    }
    Ok(())
}

proptest! {
    #[test]
    fn nothing_is_promoted_that_was_not_shown_safe(walk in walks(People::Watch, 60)) {
        for look in walk.looks() {
            if look.transition.next.is_promoted() && !look.state.is_end() {
                check(&walk.plan, &look)?;
            }
        }
    }
}

#[test]
fn walks_that_people_leave_alone_reach_promotion() {
    let mut runner = TestRunner::deterministic();
    let walks = walks(People::Watch, 60);
    let promoted = (0..500)
        .filter(|_| {
            let looks = walks.new_tree(&mut runner).unwrap().current().looks();
            looks.last().is_some_and(|look| look.transition.next.is_promoted())
        })
        .count();
    assert!(promoted >= 25, "only {promoted} of 500 walks say anything about promotion");
}
