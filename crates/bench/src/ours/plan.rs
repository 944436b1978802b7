//! The plan of a scenario: the shares it writes down, each for as long as it says, then the last watch.

use crate::config::{Config, GuardSpec, Kind, Scenario, Watched};
use anyhow::{Context, Result};
use std::time::Duration;
use viridian_core::guard::Guard;
use viridian_core::metric::Metric;
use viridian_core::rollout::plan::{Bake, Plan, Policy, Step, Strategy};
use viridian_core::weight::Weight;

/// Outcomes of each arm a promotion needs.
const MIN_SAMPLES: u64 = 100;

/// What a run is to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// What all guards together do.
    Judge,
    /// The same without the guard on a mean that the scenario adds.
    JudgeUsual,
    /// What the guard on the watched metric does alone.
    JudgeAlone,
    /// The same, until it is promoted.
    Promote,
    /// What would pass if nothing was rolled back.
    Keep,
}

/// The plan for a scenario.
pub(super) fn plan(config: &Config, scenario: &Scenario, aim: Aim) -> Result<Plan> {
    let shares = scenario.shares.as_ref().unwrap_or(&config.usual.shares);
    let horizon = scenario.hours.unwrap_or(config.usual.hours) * 3_600.0;
    let may_promote = matches!(scenario.kind, Kind::Margin | Kind::Equal | Kind::Broken);
    let mut steps = Vec::new();
    for (index, (from, share)) in shares.iter().enumerate() {
        let is_last = index + 1 == shares.len();
        if is_last && may_promote {
            break;
        }
        let until = shares.get(index + 1).map_or(horizon, |(next, _)| *next);
        steps.push(Step::Weight(weight(*share)?));
        steps.push(Step::Pause { duration: Some(Duration::from_secs_f64(until - from)) });
    }
    let (_, last) = shares.last().context("a scenario needs a share")?;
    let holdback = weight(*last)?.complement();
    steps.push(Step::Bake(Bake { duration: Duration::ZERO, holdback, min_samples: MIN_SAMPLES }));
    let policy = Policy { warmup: config.rules.viridian.warmup, ..Policy::default() };
    Ok(Plan::compile(&Strategy::Canary { steps }, &guards(config, scenario, aim)?, policy))
}

fn guards(config: &Config, scenario: &Scenario, aim: Aim) -> Result<Vec<Guard>> {
    let maturity = Duration::from_secs_f64(scenario.delay.map_or(0.0, |delay| delay.maturity));
    let rules = &config.rules.viridian;
    let mut specs: Vec<&GuardSpec> = rules.guards.iter().collect();
    let added = match scenario.watches {
        Watched::Cost => Some(&rules.cost),
        Watched::Latency if aim != Aim::JudgeUsual => Some(&rules.latency),
        _ => None,
    };
    if let Some(added) = added {
        specs.pop();
        specs.push(added);
    }
    let armed = match aim {
        Aim::Judge | Aim::JudgeUsual | Aim::Keep => specs,
        Aim::JudgeAlone | Aim::Promote => specs
            .into_iter()
            .filter(|spec| watched_by(spec.metric) == Some(scenario.watches))
            .take(1)
            .collect(),
    };
    armed.into_iter().map(|spec| spec.guard(maturity)).collect()
}

/// The metric that other rules watch where our guard watches this one.
const fn watched_by(metric: Metric) -> Option<Watched> {
    match metric {
        Metric::Errors => Some(Watched::Errors),
        Metric::LatencyP95 => Some(Watched::Latency),
        Metric::Feedback => Some(Watched::Feedback),
        Metric::Cost => Some(Watched::Cost),
        _ => None,
    }
}

/// A share from per cent.
pub(super) fn weight(per_cent: f64) -> Result<Weight> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by the type")]
    let basis_points = (per_cent * 100.0).round() as u16;
    Ok(Weight::from_basis_points(basis_points)?)
}
