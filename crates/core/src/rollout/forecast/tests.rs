//! Forecasts against numbers that can be worked out by hand.

use super::*;
use crate::guard::{Guard, Margin, Mode, OnFail};
use crate::rollout::plan::Policy;

fn guard(metric: Metric, margin: Margin) -> Guard {
    Guard { metric, margin, on_fail: OnFail::Rollback, mode: Mode::Enforce, maturity: Duration::ZERO }
}

fn plan(guards: Vec<Guard>) -> Plan {
    let weight = |percent: u16| Step::Weight(Weight::from_basis_points(percent * 100).unwrap());
    let steps = vec![
        weight(5),
        Step::Analysis { min_samples: 200 },
        weight(50),
        Step::Analysis { min_samples: 200 },
        Step::Bake(Bake::default()),
    ];
    Plan {
        steps,
        guards,
        policy: Policy { risk_budget: Weight::FULL, ..Policy::default() },
        local_guard: None,
    }
}

/// A baseline with 1 % errors and answers of 100 to 300 ms.
fn baseline(requests: u64) -> Tally {
    let mut tally = Tally::default();
    tally.classes[0] = requests;
    let errors = &mut tally.metrics[Metric::Errors.index()];
    (errors.trials, errors.events) = (requests, requests / 100);
    for request in 0..requests {
        tally.latency.record(100_000 + 200_000 * request / requests);
    }
    tally
}

fn at(per_second: f64, plan: &Plan) -> Forecast {
    forecast(plan, Traffic { per_second, baseline: &baseline(10_000) })
}

#[test]
fn a_step_lasts_until_the_smaller_arm_has_its_outcomes() {
    let steps = at(10.0, &plan(Vec::new())).steps;
    let seconds: Vec<f64> = steps.iter().map(|step| step.takes.unwrap().as_secs_f64().round()).collect();
    assert_eq!(seconds, [0.0, 400.0, 0.0, 40.0, 600.0]);
    assert_eq!(steps[1].candidate.round(), 200.0);
    assert_eq!(steps[3].candidate.round(), 400.0);
}

#[test]
fn a_new_application_is_calibrated_first() {
    let forecast = forecast(&plan(Vec::new()), Traffic { per_second: 10.0, baseline: &baseline(100) });
    assert_eq!(forecast.steps[0].takes, Some(Duration::from_secs(40)));
}

#[test]
fn a_risk_budget_lengthens_the_steps_before_large_shares() {
    let generous = plan(Vec::new());
    let mut careful = generous.clone();
    careful.policy.risk_budget = Weight::from_basis_points(100).unwrap();
    let takes = |plan| at(10.0, plan).steps[3].takes.unwrap();
    assert!(takes(&careful) > takes(&generous));
}

#[test]
fn the_tightest_margin_is_the_bottleneck() {
    let errors = guard(Metric::Errors, Margin::Points(10));
    let latency = guard(Metric::LatencyP95, Margin::Relative(2_000));
    let forecast = at(100.0, &plan(vec![errors, latency]));
    let bottleneck = forecast.bottleneck.unwrap();
    assert_eq!(bottleneck.metric, Metric::Errors);
    assert!(forecast.steps[4].takes >= bottleneck.takes);
}

#[test]
fn a_guard_that_only_observes_holds_nothing_up() {
    let guard = Guard { mode: Mode::Observe, ..guard(Metric::Errors, Margin::Points(1)) };
    assert_eq!(at(1.0, &plan(vec![guard])).bottleneck, None);
}

#[test]
fn later_steps_and_more_traffic_see_smaller_regressions() {
    // A guard that only observes, so that steps last as long as their samples need.
    let guard = Guard { mode: Mode::Observe, ..guard(Metric::Errors, Margin::Points(50)) };
    let plan = plan(vec![guard]);
    let smallest = |per_second, step: usize| at(per_second, &plan).steps[step].sees[0].smallest.unwrap();
    assert!(smallest(10.0, 3) < smallest(10.0, 1));
    assert!(smallest(10.0, 1) > 0.01);
    assert!(smallest(100.0, 4) < smallest(10.0, 4));
}

#[test]
fn without_traffic_or_feedback_it_never_ends() {
    let feedback = plan(vec![guard(Metric::Feedback, Margin::Points(300))]);
    for forecast in [at(0.0, &plan(Vec::new())), at(10.0, &feedback)] {
        assert_eq!(forecast.steps[4].takes, None);
    }
    assert_eq!(at(10.0, &feedback).bottleneck.unwrap().takes, None);
    assert_eq!(at(10.0, &feedback).steps[3].sees[0].smallest, None);
}
