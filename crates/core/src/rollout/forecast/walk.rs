//! A walk along a plan: what each step takes and what it adds.

use super::ripening::{spared, without_newest};
use super::watched::{self, Watched};
use super::{Bottleneck, Outlook, Pace, Safety, StepForecast, Stretch, Traffic};
use crate::analysis::judge::{ALPHA_PROMOTE, MIN_LOAD};
use crate::guard::{Guard, Unproven};
use crate::metric::Metric;
use crate::rollout::plan::{Bake, Plan, Step};
use crate::rollout::step::CALIBRATION;
use crate::stats::planning::{betting_trials, betting_variance};
use crate::weight::Weight;
use std::time::Duration;

/// What adding up and taking apart again may lose of the evidence.
const ROUNDING: f64 = 1e-9;

/// A walk along the plan.
pub(super) struct Walk<'a> {
    pub(super) plan: &'a Plan,
    pub(super) traffic: Traffic<'a>,
    pub(super) guards: Vec<Watched>,
    pub(super) weight: Weight,
    /// How far the step has come that the walk begins in.
    pub(super) begun: Begun,
    /// What bounds the errors the candidate may add, when that is known.
    pub(super) bound: Option<Bound>,
    /// What was served before the walk begins and is so young that what callers say of it does not count yet.
    pub(super) unripe: Vec<Stretch>,
    pace: Pace,
    /// What is behind, of what was forecast.
    behind: Vec<Stretch>,
    /// The same, no step for longer than planned or a rollout may be held.
    reach: Vec<Stretch>,
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Begun {
    /// Seconds since its clock started.
    pub(super) seconds: f64,
    /// Fresh outcomes of the arm that has fewer.
    pub(super) fresh: f64,
}

/// The most errors per request the candidate may add, after so many requests of both arms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) harm: f64,
    pub(super) requests: f64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(plan: &'a Plan, traffic: Traffic<'a>, pace: Pace) -> Self {
        Self {
            plan,
            traffic,
            guards: Watched::all(&plan.guards, traffic.baseline),
            weight: Weight::ZERO,
            begun: Begun::default(),
            bound: None,
            unripe: Vec::new(),
            pace,
            behind: Vec::new(),
            reach: Vec::new(),
        }
    }

    /// Goes through one step.
    pub(super) fn step(&mut self, index: usize, step: &Step) -> StepForecast {
        let seconds = match step {
            Step::Smoke(_) => 0.0,
            Step::Weight(weight) => {
                let seconds = self.calibrates();
                self.weight = self.plan.effective(*weight);
                seconds
            }
            Step::Analysis { min_samples } => self.fresh(*min_samples).max(self.bounds_risk(index)),
            Step::Pause { duration } => duration.map_or(f64::INFINITY, |duration| self.lasts(duration)),
            Step::Bake(bake) => self.bakes(bake),
        };
        self.begun = Begun::default();
        let takes = Duration::try_from_secs_f64(seconds).ok();
        let planned = match step {
            Step::Pause { duration } => duration.unwrap_or_default(),
            Step::Bake(bake) => bake.duration,
            Step::Smoke(_) | Step::Weight(_) | Step::Analysis { .. } => Duration::ZERO,
        };
        self.goes_by(seconds, planned);
        StepForecast {
            weight: self.weight,
            takes,
            candidate: on_candidate(&self.behind),
            sees: self.guards.iter().map(|guard| guard.sight(&self.counted(guard, &self.behind))).collect(),
        }
    }

    /// Gives the candidate the share of the last watch.
    pub(super) fn enter_bake(&mut self) {
        self.weight = self.plan.effective(Weight::FULL);
    }

    /// The guard that takes longest to show the candidate safe, from here on.
    pub(super) fn bottleneck(&self) -> Option<Bottleneck> {
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

    /// What each guard has been able to do.
    pub(super) fn outlooks(&self) -> Vec<Outlook> {
        let outlook = |watched: &Watched| {
            let counted = self.counted(watched, &self.reach);
            Outlook {
                guard: watched.guard,
                measured: on_candidate(&counted) * watched.coverage,
                sight: watched.sight(&counted),
                safety: self.safety(watched),
            }
        };
        self.guards.iter().map(outlook).collect()
    }

    fn safety(&self, watched: &Watched) -> Safety {
        let loads = |stretch: &Stretch| stretch.weight.compares() && stretch.weight >= MIN_LOAD;
        if !watched.guard.gates_promotion() || !self.plan.compares() {
            Safety::NotAsked
        } else if watched.coverage == 0.0 {
            Safety::NothingMeasured
        } else if watched.guard.metric.depends_on_load() && !self.reach.iter().any(loads) {
            Safety::NoLoad
        } else if watched.missing_after(&self.counted(watched, &self.reach_for(&watched.guard)), self.pace)
            <= ROUNDING
        {
            Safety::Shown
        } else {
            Safety::TooSlow
        }
    }

    /// What a guard gets to see: where the rollout is held for it no longer than it says, the last watch ends then.
    fn reach_for(&self, guard: &Guard) -> Vec<Stretch> {
        let mut reach = self.reach.clone();
        if let (Unproven::Rollback { after: Some(after) }, Some(last)) = (guard.unproven, reach.last_mut()) {
            let longest = after.max(self.plan.bake().duration).as_secs_f64();
            last.requests = last.requests.min(longest * self.traffic.per_second);
        }
        reach
    }

    fn goes_by(&mut self, seconds: f64, planned: Duration) {
        let stretch =
            |seconds: f64| Stretch { requests: seconds * self.traffic.per_second, weight: self.weight };
        let longest = self.plan.policy.max_hold.max(planned).as_secs_f64();
        self.reach.push(stretch(seconds.min(longest)));
        if seconds.is_finite() {
            self.behind.push(stretch(seconds));
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

    fn lasts(&self, duration: Duration) -> f64 {
        (duration.as_secs_f64() - self.begun.seconds).max(0.0)
    }

    /// Seconds until every arm that serves has so many outcomes.
    fn fresh(&self, min_samples: u64) -> f64 {
        let missing = min_samples as f64 - self.begun.fresh;
        if missing <= 0.0 {
            return 0.0;
        }
        let candidate = self.weight.probability();
        let smaller = if self.weight.compares() { candidate.min(1.0 - candidate) } else { candidate };
        missing / (smaller * self.traffic.per_second)
    }

    /// Seconds until the next share risks no more errors than the budget allows, where any guard may act.
    fn bounds_risk(&self, index: usize) -> f64 {
        if !self.weight.compares() || self.gating().next().is_none() {
            return 0.0;
        }
        let budget = self.plan.policy.risk_budget.probability();
        let gap = budget / self.plan.next_weight(index).probability();
        match self.bound {
            // A bound narrows with the root of what it rests on.
            Some(bound) => self.seconds(bound.requests * ((bound.harm / gap).powi(2) - 1.0)),
            None => {
                let errors = watched::share(self.traffic.baseline, Metric::Errors);
                self.until(1.0, |weight| {
                    betting_trials(gap, betting_variance(errors, weight.probability()), ALPHA_PROMOTE)
                })
            }
        }
    }

    /// Seconds until so many requests have come besides those that were forecast already.
    fn seconds(&self, requests: f64) -> f64 {
        let compared = self.behind.iter().filter(|stretch| stretch.weight.compares());
        let missing = requests - compared.map(|stretch| stretch.requests).sum::<f64>();
        if missing <= 0.0 { 0.0 } else { missing / self.traffic.per_second }
    }

    fn bakes(&mut self, bake: &Bake) -> f64 {
        self.enter_bake();
        let proven = if self.plan.compares() {
            self.gating().map(|watched| self.until_safe(watched)).fold(0.0, f64::max)
        } else {
            self.below_limit()
        };
        self.lasts(bake.duration).max(self.fresh(bake.min_samples)).max(proven)
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

    /// The guards that have to show the candidate safe.
    fn gating(&self) -> impl Iterator<Item = &Watched> {
        self.guards.iter().filter(|watched| watched.guard.gates_promotion())
    }

    fn until_safe(&self, watched: &Watched) -> f64 {
        let parts = watched.parts(self.pace);
        let need = |weight| watched.requests_until_safe(weight);
        if watched.ripens == 0.0 || parts <= 0.0 {
            return self.until(parts, need);
        }
        let behind = [&self.unripe[..], &self.behind[..]].concat();
        let missing = parts - watched::brought(&behind, need);
        if missing > 0.0 {
            return self.gathers(missing, need) + watched.ripens;
        }
        (watched.ripens - spared(&behind, -missing, need) / self.traffic.per_second).max(0.0)
    }

    /// What of these stretches counts for a guard at their end.
    fn counted(&self, watched: &Watched, stretches: &[Stretch]) -> Vec<Stretch> {
        without_newest(stretches, watched.ripens * self.traffic.per_second)
    }

    /// Seconds under the present share until `parts` times the evidence is there of which `need` requests bring one
    /// part under one share alone. Each stretch behind has brought its own.
    fn until(&self, parts: f64, need: impl Fn(Weight) -> f64) -> f64 {
        let missing = parts - watched::brought(&self.behind, &need);
        if missing > 0.0 { self.gathers(missing, need) } else { 0.0 }
    }

    /// Seconds until so many parts of the evidence have come under the present share.
    fn gathers(&self, parts: f64, need: impl Fn(Weight) -> f64) -> f64 {
        if self.weight.compares() {
            parts * need(self.weight) / self.traffic.per_second
        } else {
            f64::INFINITY
        }
    }
}

fn on_candidate(stretches: &[Stretch]) -> f64 {
    stretches.iter().map(|stretch| stretch.requests * stretch.weight.probability()).sum()
}
