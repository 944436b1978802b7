//! Plans made up: any way to move traffic, any guards and gauges, any policy.

use proptest::prelude::*;
use std::time::Duration;
use viridian_core::application::LocalGuard;
use viridian_core::gauge::{Bounds, Gauge};
use viridian_core::guard::{Guard, Margin, Mode, OnFail, OnSlice, Unproven};
use viridian_core::id::{GaugeName, SourceName};
use viridian_core::metric::Metric;
use viridian_core::rollout::plan::{
    Bake, BlueGreen, OnInsufficient, Plan, Policy, Rejection, Smoke, Step, Strategy as Way,
};
use viridian_core::weight::Weight;

/// Most guards a made-up plan has.
pub(crate) const GUARDS: usize = 3;

pub(crate) fn weights() -> impl Strategy<Value = Weight> {
    (0u16..=10_000).prop_map(|basis_points| Weight::from_basis_points(basis_points).unwrap())
}

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let guards = prop::collection::vec(guards(), 0..=GUARDS).prop_map(one_for_each_metric);
    let guards = (guards, prop::option::of(local_guards()));
    (ways(), guards, policies(), prop::option::weighted(0.3, gauges())).prop_map(
        |(way, (guards, local), policy, gauge)| Plan {
            gauges: gauge.into_iter().collect(),
            metrics: Vec::new(),
            scores: Vec::new(),
            ..Plan::compile(&way, &guards, policy).with_local_guard(local)
        },
    )
}

/// A metric has one guard.
fn one_for_each_metric(guards: Vec<Guard>) -> Vec<Guard> {
    let mut kept: Vec<Guard> = Vec::new();
    for guard in guards {
        if kept.iter().all(|other| other.metric != guard.metric) {
            kept.push(guard);
        }
    }
    kept
}

fn ways() -> impl Strategy<Value = Way> {
    let switch = (prop::option::of(weights()), bakes())
        .prop_map(|(trial, bake)| Way::BlueGreen(BlueGreen { smoke: Smoke::default(), trial, bake }));
    let canary =
        (prop::collection::vec(steps(), 0..5), prop::option::of(bakes())).prop_map(|(mut steps, bake)| {
            steps.extend(bake.map(Step::Bake));
            Way::Canary { steps }
        });
    prop_oneof![1 => switch, 3 => canary]
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Smoke(Smoke::default())),
        4 => weights().prop_map(Step::Weight),
        4 => (0u64..300).prop_map(|min_samples| Step::Analysis { min_samples }),
        1 => prop::option::of(durations()).prop_map(|duration| Step::Pause { duration }),
    ]
}

fn bakes() -> impl Strategy<Value = Bake> {
    (durations(), prop_oneof![6 => 1u16..2_000, 1 => Just(0)], 0u64..300).prop_map(
        |(duration, holdback, min_samples)| Bake {
            duration,
            holdback: Weight::from_basis_points(holdback).unwrap(),
            min_samples,
        },
    )
}

fn guards() -> impl Strategy<Value = Guard> {
    let metric = prop::sample::select(Metric::ALL.to_vec());
    let on_fail = prop_oneof![Just(OnFail::Rollback), Just(OnFail::Pause), Just(OnFail::Notify)];
    let mode = prop_oneof![3 => Just(Mode::Enforce), 1 => Just(Mode::Observe)];
    let own = prop_oneof![
        4 => Just(Unproven::AsRollout),
        1 => Just(Unproven::Hold),
        2 => prop::option::of(durations()).prop_map(|after| Unproven::Rollback { after }),
    ];
    let slices = prop_oneof![Just(OnSlice::Notify), Just(OnSlice::Rollback)];
    (metric, on_fail, mode, own, slices).prop_map(|(metric, on_fail, mode, unproven, slices)| Guard {
        on_fail,
        mode,
        unproven,
        slices,
        ..Guard::new(metric, Margin::Relative(2_000))
    })
}

pub(crate) fn gauges() -> impl Strategy<Value = Gauge> {
    let on_fail = prop_oneof![Just(OnFail::Rollback), Just(OnFail::Pause), Just(OnFail::Notify)];
    let mode = prop_oneof![3 => Just(Mode::Enforce), 1 => Just(Mode::Observe)];
    (on_fail, mode).prop_map(|(on_fail, mode)| Gauge {
        name: GaugeName::parse("gpu-faults").unwrap(),
        source: SourceName::parse("outside").unwrap(),
        query: "gpu_faults".to_owned(),
        bounds: Bounds { at_least: None, at_most: Some(5.0) },
        unit: None,
        every: Duration::from_secs(30),
        times: 3,
        on_fail,
        mode,
    })
}

fn local_guards() -> impl Strategy<Value = LocalGuard> {
    (100u16..=5_000, 1u32..300).prop_map(|(errors, min_requests)| LocalGuard {
        errors: Weight::from_basis_points(errors).unwrap(),
        min_requests,
    })
}

fn policies() -> impl Strategy<Value = Policy> {
    let insufficient = prop_oneof![Just(OnInsufficient::Hold), Just(OnInsufficient::Rollback)];
    let rejection = prop_oneof![Just(Rejection::Reject), Just(Rejection::Keep)];
    (insufficient, durations(), durations(), weights(), rejection).prop_map(
        |(on_insufficient, max_hold, patience, risk_budget, rejection)| Policy {
            on_insufficient,
            max_hold,
            patience,
            risk_budget,
            warmup: 0,
            rejection,
        },
    )
}

fn durations() -> impl Strategy<Value = Duration> {
    (0u64..1_000).prop_map(Duration::from_secs)
}
