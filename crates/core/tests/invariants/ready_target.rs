//! Nobody is sent to a candidate that does not answer, or past a gateway that has not said what it serves by, whoever
//! orders it.

use crate::walk::{People, walks};
use proptest::prelude::*;
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::Evidence;
use viridian_core::analysis::tally::Counts;
use viridian_core::rollout::command::{Command, Reach};
use viridian_core::rollout::input::{Gateways, Input, Readiness, SmokeResult};
use viridian_core::rollout::plan::{Plan, Policy, Smoke, Step, Strategy};
use viridian_core::rollout::state::State;
use viridian_core::rollout::step::step;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

/// What becomes of an order to the end, before anything has begun.
fn ordered(candidate: Readiness, acknowledged: usize) -> State {
    let plan = Plan::compile(
        &Strategy::Canary { steps: vec![Step::Smoke(Smoke::default())] },
        &[],
        Policy::default(),
    );
    let input = Input {
        sequence: 0,
        commands: vec![Command::Promote { by: "ann".to_owned(), reach: Reach::Full }],
        gateways: Gateways { known: 2, acknowledged, ..Gateways::default() },
        calibration: 0,
        analysis: judge(&[], &Evidence::default(), Units::Independent),
        uncompared: Counts::default(),
        gauges: Vec::new(),
        signs: Vec::new(),
        smoke: SmokeResult::Pending,
        baseline: Readiness::Ready,
        candidate,
    };
    step(&plan, &State::new(), &input, Timestamp(1)).next
}

#[test]
fn an_order_to_the_end_waits_for_a_ready_target_and_every_gateway() {
    let full =
        Plan::compile(&Strategy::Canary { steps: vec![] }, &[], Policy::default()).effective(Weight::FULL);
    for (candidate, acknowledged, weight) in [
        (Readiness::Ready, 2, full),
        (Readiness::Ready, 1, Weight::ZERO),
        (Readiness::NotReady, 2, Weight::ZERO),
    ] {
        let state = ordered(candidate, acknowledged);
        assert_eq!((state.position().map(|at| at.step), state.weight()), (Some(1), weight));
    }
}

proptest! {
    #[test]
    fn a_dead_candidate_gets_no_more(walk in walks(People::Order, 60)) {
        for look in walk.looks() {
            let blocked = look.input.candidate == Readiness::NotReady || !look.input.gateways.all_acknowledged();
            if blocked {
                prop_assert!(look.transition.next.weight() <= look.state.weight());
                prop_assert!(look.state.is_promoted() || !look.transition.next.is_promoted());
            }
        }
    }
}
