//! Without an order, an analysis is left only when every gateway serves by its share, each arm has the outcomes it asks for
//! since that moment, nothing keeps the evidence from being judged, every gauge that may act is within bounds, and the next
//! share risks no more errors than the budget allows.

use crate::walk::{Look, People, Said, Walk, walks};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::time::Duration;
use viridian_core::analysis::verdict::SplitCheck;
use viridian_core::gauge::Standing;
use viridian_core::guard::Guard;
use viridian_core::rollout::input::{Gateways, SmokeResult};
use viridian_core::rollout::plan::{Plan, Policy, Step, Strategy as Way};
use viridian_core::rollout::state::Position;
use viridian_core::weight::Weight;

/// The walk by another plan, of analyses at shares that compare, with time for all of them and nothing that ends it early.
fn analysed(mut walk: Walk) -> Walk {
    let share = |basis_points| Step::Weight(Weight::from_basis_points(basis_points).unwrap());
    let asks = |min_samples| Step::Analysis { min_samples };
    let steps = vec![share(500), asks(0), asks(150), share(3_000), asks(40), share(8_000), asks(100)];
    let policy = Policy { patience: Duration::from_secs(1_000_000), ..walk.plan.policy };
    let plan = Plan::compile(&Way::Canary { steps }, &walk.plan.guards, policy);
    for moment in &mut walk.moments {
        moment.verdicts.fill(Said::Undecided);
        moment.split = SplitCheck::Sound;
        moment.smoke = SmokeResult::Passed;
        moment.gateways = Gateways { tripped: None, unwell: None, ..moment.gateways.clone() };
    }
    walk.plan = Plan { gauges: walk.plan.gauges, local_guard: walk.plan.local_guard, ..plan };
    walk
}

/// The analysis that a look goes on from, and the outcomes it asks for.
fn left<'a>(plan: &Plan, look: &'a Look) -> Option<(&'a Position, u64)> {
    let (at, next) = look.state.position().zip(look.transition.next.position())?;
    match plan.step(at.step) {
        Some(Step::Analysis { min_samples }) if next.step == at.step + 1 => Some((at, *min_samples)),
        _ => None,
    }
}

fn check(plan: &Plan, look: &Look, (at, need): (&Position, u64)) -> Result<(), TestCaseError> {
    let (input, analysis) = (&look.input, &look.input.analysis);
    prop_assert!(input.gateways.all_acknowledged());
    if let Some(clock) = at.clock {
        prop_assert!(analysis.seen.candidate - clock.seen.candidate >= need);
        prop_assert!(!at.weight.compares() || analysis.seen.baseline - clock.seen.baseline >= need);
    } else {
        prop_assert_eq!(need, 0, "no gateway was known to serve by the share");
    }
    prop_assert!(!at.weight.compares() || analysis.wait.is_none());
    for gauged in input.gauges.iter().filter(|gauged| gauged.gauge.gates()) {
        prop_assert!(matches!(gauged.standing, Standing::Within { .. }), "{:?}", gauged.standing);
    }
    if at.weight > Weight::ZERO && plan.guards.iter().any(Guard::gates_promotion) {
        let bound = analysis.harm_bound.unwrap_or(f64::INFINITY) * plan.next_weight(at.step).probability();
        prop_assert!(bound <= plan.policy.risk_budget.probability(), "{bound} is risked");
    }
    Ok(())
}

proptest! {
    #[test]
    fn nothing_goes_on_that_has_not_earned_it(walk in walks(People::Watch, 60)) {
        let walk = analysed(walk);
        for look in walk.looks() {
            if let Some(left) = left(&walk.plan, &look) {
                check(&walk.plan, &look, left)?;
            }
        }
    }
}

#[test]
fn walks_that_people_leave_alone_leave_analyses_with_something_to_risk() {
    let mut runner = TestRunner::deterministic();
    let walks = walks(People::Watch, 60);
    let is_risky = |plan: &Plan, look: &Look| {
        let acts = plan.guards.iter().any(Guard::gates_promotion);
        left(plan, look).is_some_and(|(at, need)| acts && need > 0 && at.weight.compares())
    };
    let told = (0..500)
        .filter(|_| {
            let walk = analysed(walks.new_tree(&mut runner).unwrap().current());
            walk.looks().iter().any(|look| is_risky(&walk.plan, look))
        })
        .count();
    assert!(told >= 50, "only {told} of 500 walks say anything about analyses");
}
