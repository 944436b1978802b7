//! What must hold whatever happens: one file per property, over plans, inputs, tables and requests that proptest makes
//! up and shrinks. `walk` makes up rollouts, by the `plans` that are made up.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "invariants/companions.rs"]
mod companions;
#[path = "invariants/dead_baseline.rs"]
mod dead_baseline;
#[path = "invariants/decide_is_total.rs"]
mod decide_is_total;
#[path = "invariants/diagram.rs"]
mod diagram;
#[path = "invariants/ends_absorb.rs"]
mod ends_absorb;
#[path = "invariants/failing_never_raises.rs"]
mod failing_never_raises;
#[path = "invariants/numbers_only_rise.rs"]
mod numbers_only_rise;
#[path = "invariants/plans.rs"]
mod plans;
#[path = "invariants/promotion_is_earned.rs"]
mod promotion_is_earned;
#[path = "invariants/ready_target.rs"]
mod ready_target;
#[path = "invariants/rollback_is_reachable.rs"]
mod rollback_is_reachable;
#[path = "invariants/stepping_twice.rs"]
mod stepping_twice;
#[path = "invariants/steps_are_earned.rs"]
mod steps_are_earned;
#[path = "invariants/tables.rs"]
mod tables;
#[path = "invariants/telling_decides_nothing.rs"]
mod telling_decides_nothing;
#[path = "invariants/units_stay.rs"]
mod units_stay;
#[path = "invariants/walk.rs"]
mod walk;
#[path = "invariants/warnings_decide_nothing.rs"]
mod warnings_decide_nothing;
#[path = "invariants/weights_sum.rs"]
mod weights_sum;
