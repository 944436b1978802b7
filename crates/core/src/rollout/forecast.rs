//! What a plan will come to at the present traffic: how long each step takes, what it will see, and which guard takes
//! longest. [`forecast`] answers for an equal candidate by when five of six are shown safe; no decision rests on it.

mod watched;

use super::plan::{Bake, Plan, Step};
use crate::analysis::judge::ALPHA_PROMOTE;
use crate::analysis::tally::Tally;
use crate::metric::Metric;
use crate::rollout::step::CALIBRATION;
use crate::stats::planning::{betting_trials, betting_variance};
use crate::weight::Weight;
use std::time::Duration;
use watched::Watched;

/// The traffic a plan is made for.
#[derive(Debug, Clone, Copy)]
pub struct Traffic<'a> {
    /// Requests in a second that count as evidence, of all arms.
    pub per_second: f64,
    /// What the baseline did lately.
    pub baseline: &'a Tally,
}

/// What a plan will come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// One entry per step of the plan.
    pub steps: Vec<StepForecast>,
    /// The guard that takes longest to show the candidate safe; absent when none has to.
    pub bottleneck: Option<Bottleneck>,
}

/// What one step will come to.
#[derive(Debug, Clone, PartialEq)]
pub struct StepForecast {
    /// The candidate's share during the step.
    pub weight: Weight,
    /// How long it takes; absent when a person, or traffic there is not, is needed.
    pub takes: Option<Duration>,
    /// Requests the candidate has got by the end of the step.
    pub candidate: f64,
    /// What each guard will be able to see by then, in their order.
    pub sees: Vec<Sight>,
}

/// The smallest regression a guard will be able to see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    /// What it watches.
    pub metric: Metric,
    /// The share of bad requests on the baseline.
    pub now: f64,
    /// The smallest share on the candidate that would be found worse; absent when not even the worst would.
    pub smallest: Option<f64>,
}

/// The guard that takes longest to show the candidate safe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bottleneck {
    /// What it watches.
    pub metric: Metric,
    /// How long it takes from the beginning of the bake; absent when it never does at this traffic.
    pub takes: Option<Duration>,
}

/// Requests of both arms under one share.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    requests: f64,
    weight: Weight,
}

/// A walk along the plan.
struct Walk<'a> {
    plan: &'a Plan,
    traffic: Traffic<'a>,
    guards: Vec<Watched>,
    weight: Weight,
    behind: Vec<Stretch>,
}

/// Forecasts a plan for traffic that stays as it is and a candidate as good as the baseline.
pub fn forecast(plan: &Plan, traffic: Traffic<'_>) -> Forecast {
    let guards: Vec<Watched> =
        plan.guards.iter().map(|guard| Watched::new(*guard, plan.guards.len(), traffic.baseline)).collect();
    let mut walk = Walk { plan, traffic, guards, weight: Weight::ZERO, behind: Vec::new() };
    let mut bottleneck = None;
    let mut steps = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        if let Step::Bake(_) = step {
            walk.weight = plan.effective(Weight::FULL);
            bottleneck = walk.bottleneck();
        }
        steps.push(walk.step(index, step));
    }
    Forecast { steps, bottleneck }
}

impl Walk<'_> {
    fn step(&mut self, index: usize, step: &Step) -> StepForecast {
        let seconds = match step {
            Step::Smoke(_) => 0.0,
            Step::Weight(weight) => {
                let seconds = self.calibrates();
                self.weight = self.plan.effective(*weight);
                seconds
            }
            Step::Analysis { min_samples } => self.fresh(*min_samples).max(self.bounds_risk(index)),
            Step::Pause { duration } => duration.map_or(f64::INFINITY, |duration| duration.as_secs_f64()),
            Step::Bake(bake) => self.bakes(bake),
        };
        let takes = Duration::try_from_secs_f64(seconds).ok();
        if takes.is_some() {
            let requests = seconds * self.traffic.per_second;
            self.behind.push(Stretch { requests, weight: self.weight });
        }
        StepForecast {
            weight: self.weight,
            takes,
            candidate: self
                .behind
                .iter()
                .map(|stretch| stretch.requests * stretch.weight.probability())
                .sum(),
            sees: self.guards.iter().map(|guard| guard.sight(&self.behind)).collect(),
        }
    }

    /// Seconds until the baseline is known well enough for the first share.
    fn calibrates(&self) -> f64 {
        let missing = CALIBRATION.saturating_sub(self.traffic.baseline.outcomes());
        if self.weight > Weight::ZERO || missing == 0 {
            0.0
        } else {
            missing as f64 / self.traffic.per_second
        }
    }

    /// Seconds until every arm that serves has so many outcomes.
    fn fresh(&self, min_samples: u64) -> f64 {
        let candidate = self.weight.probability();
        let smaller = if self.weight.compares() { candidate.min(1.0 - candidate) } else { candidate };
        min_samples as f64 / (smaller * self.traffic.per_second)
    }

    /// Seconds until the next share risks no more errors than the budget allows.
    fn bounds_risk(&self, index: usize) -> f64 {
        if !self.weight.compares() {
            return 0.0;
        }
        let budget = self.plan.policy.risk_budget.probability();
        let gap = budget / self.plan.next_weight(index).probability();
        let errors = watched::share(self.traffic.baseline, Metric::Errors);
        self.until(|weight| {
            betting_trials(gap, betting_variance(errors, weight.probability()), ALPHA_PROMOTE)
        })
    }

    fn bakes(&self, bake: &Bake) -> f64 {
        let proven = if self.plan.compares() {
            self.gating().map(|watched| self.until_safe(watched)).fold(0.0, f64::max)
        } else {
            self.below_limit()
        };
        bake.duration.as_secs_f64().max(self.fresh(bake.min_samples)).max(proven)
    }

    /// Seconds until the candidate has as many outcomes as the limit asks for that holds where nothing is compared;
    /// without one it needs a person.
    fn below_limit(&self) -> f64 {
        match self.plan.local_guard {
            Some(limit) => self.fresh(u64::from(limit.min_requests)),
            None if self.gating().next().is_none() => 0.0,
            None => f64::INFINITY,
        }
    }

    fn bottleneck(&self) -> Option<Bottleneck> {
        if !self.plan.compares() {
            return None;
        }
        let slowest = self
            .gating()
            .map(|watched| (watched.guard.metric, self.until_safe(watched)))
            .max_by(|(_, a), (_, b)| a.total_cmp(b));
        slowest
            .map(|(metric, seconds)| Bottleneck { metric, takes: Duration::try_from_secs_f64(seconds).ok() })
    }

    /// The guards that have to show the candidate safe.
    fn gating(&self) -> impl Iterator<Item = &Watched> {
        self.guards.iter().filter(|watched| watched.guard.gates_promotion())
    }

    fn until_safe(&self, watched: &Watched) -> f64 {
        self.until(|weight| watched.requests_until_safe(weight))
    }

    /// Seconds under the present share until evidence suffices of which `need` requests are needed under one share
    /// alone. Each stretch behind has brought its part.
    fn until(&self, need: impl Fn(Weight) -> f64) -> f64 {
        let part = |stretch: &Stretch| {
            if stretch.weight.compares() { stretch.requests / need(stretch.weight) } else { 0.0 }
        };
        let missing = 1.0 - self.behind.iter().map(part).sum::<f64>();
        if missing <= 0.0 {
            return 0.0;
        }
        if !self.weight.compares() {
            return f64::INFINITY;
        }
        missing * need(self.weight) / self.traffic.per_second
    }
}

#[cfg(test)]
mod tests;
