//! The plan of a scenario: the shares it writes down, each for as long as it says, then the last watch.

use crate::config::{Config, GuardSpec, Kind, Scenario, Watched};
use anyhow::{Context, Result};
use std::time::Duration;
use viridian_core::guard::{Guard, OnSlice};
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
    /// The same with the warm-up that a rollout has by default.
    JudgeByDefault,
    /// The same with another guard in the place of the one on mean latency.
    JudgeUsual,
    /// What all guards do that may roll back for a single slice besides.
    JudgeSlices,
    /// What the guard on the watched metric does alone.
    JudgeAlone,
    /// When all guards together let it be promoted.
    Promote,
    /// When the guard on the watched metric alone does.
    PromoteAlone,
    /// What would pass if nothing was rolled back.
    Keep,
}

impl Aim {
    /// Whether it is about when a candidate is promoted.
    pub(crate) const fn is_promotion(self) -> bool {
        matches!(self, Self::Promote | Self::PromoteAlone)
    }
}

/// The plan for a scenario.
pub(super) fn plan(config: &Config, scenario: &Scenario, aim: Aim) -> Result<Plan> {
    let shares = shares(config, scenario);
    let horizon = scenario.hours.unwrap_or(config.usual.hours) * 3_600.0;
    let mut steps = Vec::new();
    for (index, (from, share)) in shares.iter().enumerate() {
        let is_last = index + 1 == shares.len();
        if is_last && may_promote(scenario) {
            break;
        }
        let until = shares.get(index + 1).map_or(horizon, |(next, _)| *next);
        steps.push(Step::Weight(weight(*share)?));
        steps.push(Step::Pause { duration: Some(Duration::from_secs_f64(until - from)) });
    }
    let (_, last) = shares.last().context("a scenario needs a share")?;
    let holdback = weight(*last)?.complement();
    steps.push(Step::Bake(Bake { duration: Duration::ZERO, holdback, min_samples: MIN_SAMPLES }));
    let told = scenario.settling.map_or(config.rules.viridian.warmup, |settling| settling.warmup);
    let policy = match aim {
        Aim::JudgeByDefault => Policy::default(),
        _ => Policy { warmup: told, ..Policy::default() },
    };
    Ok(Plan::compile(&Strategy::Canary { steps }, &guards(config, scenario, aim)?, policy))
}

/// Whether the last watch begins with the last share rather than when the scenario is over.
pub(super) const fn may_promote(scenario: &Scenario) -> bool {
    matches!(scenario.kind, Kind::Margin | Kind::Equal | Kind::Broken)
}

/// Whether the share rises while the scenario goes on.
pub(super) fn may_get_more(config: &Config, scenario: &Scenario) -> bool {
    may_promote(scenario) || shares(config, scenario).len() > 1
}

fn shares<'a>(config: &'a Config, scenario: &'a Scenario) -> &'a [(f64, f64)] {
    scenario.shares.as_ref().unwrap_or(&config.usual.shares)
}

fn guards(config: &Config, scenario: &Scenario, aim: Aim) -> Result<Vec<Guard>> {
    let maturity = Duration::from_secs_f64(scenario.delay.map_or(0.0, |delay| delay.maturity));
    let rules = &config.rules.viridian;
    let instead = |spec: &GuardSpec| aim == Aim::JudgeUsual && spec.metric == Metric::LatencyMean;
    let all = rules.guards.iter().map(|spec| if instead(spec) { &rules.instead_of_mean } else { spec });
    let alone = scenario.guard.or_else(|| known_by(scenario.watches));
    let is_armed = |spec: &&GuardSpec| match aim {
        Aim::JudgeAlone | Aim::PromoteAlone => Some(spec.metric) == alone,
        _ => true,
    };
    let slices = if aim == Aim::JudgeSlices { OnSlice::Rollback } else { OnSlice::Notify };
    let guard = |spec: &GuardSpec| Ok(Guard { slices, ..spec.guard(maturity)? });
    all.filter(is_armed).map(guard).collect()
}

/// Our metric where the other rules watch this one.
const fn known_by(watched: Watched) -> Option<Metric> {
    match watched {
        Watched::Errors => Some(Metric::Errors),
        Watched::Latency => Some(Metric::LatencyP95),
        Watched::Feedback => Some(Metric::Feedback),
        Watched::Cost => Some(Metric::Cost),
        Watched::All => None,
    }
}

/// A share from per cent.
pub(super) fn weight(per_cent: f64) -> Result<Weight> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by the type")]
    let basis_points = (per_cent * 100.0).round() as u16;
    Ok(Weight::from_basis_points(basis_points)?)
}
