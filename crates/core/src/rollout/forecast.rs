//! What a plan will come to at the present traffic: how long each step takes, what it will see, and which guard takes
//! longest. [`forecast`] answers before a rollout, [`remaining()`] during one, both for a candidate as good as the
//! baseline; no decision rests on them.

mod remaining;
mod ripening;
mod walk;
mod watched;

use super::plan::{Plan, Step};
use crate::analysis::tally::Tally;
use crate::guard::Guard;
use crate::metric::Metric;
use crate::weight::Weight;
pub use remaining::{Remaining, remaining};
use std::time::Duration;
use walk::Walk;

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
    /// One entry per step of the plan, for five of six candidates as good as the baseline.
    pub steps: Vec<StepForecast>,
    /// How long all of it takes the quickest of six; absent when it never ends by itself.
    pub soonest: Option<Duration>,
    /// The guard that takes longest to show the candidate safe; absent when none has to.
    pub bottleneck: Option<Bottleneck>,
    /// What each guard can do at this traffic, in their order.
    pub guards: Vec<Outlook>,
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
    /// The share of bad requests on the baseline, or the mean of an amount or of a score.
    pub now: f64,
    /// The smallest share, or mean, on the candidate that would be found worse, of a score the highest; absent when not even
    /// the worst would.
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

/// What a guard can do in a whole rollout at this traffic, in which no step takes longer than planned or the rollout may be
/// held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// The guard.
    pub guard: Guard,
    /// Measured outcomes of the candidate by the end.
    pub measured: f64,
    /// The smallest regression it will see.
    pub sight: Sight,
    /// Whether it shows the candidate safe.
    pub safety: Safety,
}

/// Whether a guard shows an equal candidate safe in a whole rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// It has to, and does.
    Shown,
    /// It does not have to.
    NotAsked,
    /// Nothing it measures comes.
    NothingMeasured,
    /// No share of the plan puts enough load on the candidate for what depends on it.
    NoLoad,
    /// There is too little traffic.
    TooSlow,
}

/// Of six candidates as good as the baseline, how many are to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    OneOfSix,
    FiveOfSix,
}

/// Requests of both arms under one share.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    requests: f64,
    weight: Weight,
}

/// Forecasts a plan for traffic that stays as it is and a candidate as good as the baseline.
pub fn forecast(plan: &Plan, traffic: Traffic<'_>) -> Forecast {
    let mut walk = Walk::new(plan, traffic, Pace::FiveOfSix);
    let mut bottleneck = None;
    let mut steps = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        if let Step::Bake(_) = step {
            walk.enter_bake();
            bottleneck = walk.bottleneck();
        }
        steps.push(walk.step(index, step));
    }
    let mut soonest = Walk::new(plan, traffic, Pace::OneOfSix);
    let takes = plan.steps.iter().enumerate().map(|(index, step)| soonest.step(index, step).takes);
    Forecast { steps, soonest: takes.sum(), bottleneck, guards: walk.outlooks() }
}

impl Pace {
    const fn share(self) -> f64 {
        match self {
            Self::OneOfSix => 1.0 / 6.0,
            Self::FiveOfSix => 5.0 / 6.0,
        }
    }
}

#[cfg(test)]
mod tests;
