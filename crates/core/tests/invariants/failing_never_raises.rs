//! A candidate that a guard found worse, as a whole or in a slice that may act, or for which a number is out of bounds, never gets
//! more traffic, unless a person orders it or has accepted what the guard found.

use crate::plans::gauges;
use crate::walk::{Look, People, Said, Walk, walks};
use proptest::prelude::*;
use viridian_core::analysis::verdict::{SplitCheck, Verdict, WorseSlice};
use viridian_core::gauge::{Gauge, Standing};
use viridian_core::guard::{Guard, Margin, Mode, OnFail};
use viridian_core::metric::Metric;
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
    let is_beyond = look.input.gauges.iter().any(|gauged| {
        let pardoned = look.state.position().is_some_and(|at| at.pardons_gauge(&gauged.gauge.name));
        gauged.gauge.mode == Mode::Enforce
            && matches!(gauged.standing, Standing::Beyond { .. })
            && match gauged.gauge.on_fail {
                OnFail::Rollback => true,
                OnFail::Pause => !pardoned,
                OnFail::Notify => false,
            }
    });
    fails
        || is_beyond
        || look.input.analysis.slices.iter().any(WorseSlice::rolls_back)
        || look.input.analysis.split != SplitCheck::Sound
        || look.input.gateways.tripped.is_some()
}

fn check(walk: &Walk) -> Result<(), TestCaseError> {
    for look in walk.looks() {
        let promoted_by_order = matches!(look.input.commands.first(), Some(Command::Promote { .. }));
        if is_blamed(&look) && !promoted_by_order {
            let (before, after) = (look.state.weight(), look.transition.next.weight());
            prop_assert!(after <= before, "{} to {}: {:?}", before, after, look.transition.report.sentence);
            prop_assert!(look.state.is_promoted() || !look.transition.next.is_promoted());
        }
    }
    Ok(())
}

/// The walk under guards that all pause, the first of which always fails, with people who resume again and again.
fn resumed(mut walk: Walk) -> Walk {
    walk.plan.guards = Metric::ALL.map(|metric| Guard { metric, ..PAUSING }).to_vec();
    for (index, moment) in walk.moments.iter_mut().enumerate() {
        moment.verdicts[0] = Said::Fail;
        if index % 3 == 0 {
            moment.commands = vec![Command::Resume { by: "ann".to_owned() }];
        }
    }
    walk
}

/// The walk with this gauge, which may act and is out of bounds at every other moment.
fn out_of_bounds(mut walk: Walk, gauge: Gauge) -> Walk {
    walk.plan.gauges = vec![Gauge { mode: Mode::Enforce, ..gauge }];
    for moment in walk.moments.iter_mut().skip(1).step_by(2) {
        moment.standing = Standing::Beyond { value: 7.0 };
    }
    walk
}

const PAUSING: Guard =
    Guard { on_fail: OnFail::Pause, ..Guard::new(Metric::Errors, Margin::Relative(2_000)) };

proptest! {
    #[test]
    fn a_failing_verdict_never_raises_the_share(walk in walks(People::Order, 60)) {
        check(&walk)?;
    }

    #[test]
    fn a_number_out_of_bounds_never_raises_the_share(walk in walks(People::Order, 60), gauge in gauges()) {
        check(&out_of_bounds(walk, gauge))?;
    }

    #[test]
    fn a_pardon_covers_the_guard_it_was_given_for_and_no_other(walk in walks(People::Watch, 60)) {
        check(&resumed(walk))?;
    }
}
