//! What a guard will find in the traffic to come.

use super::{Pace, Sight, Stretch};
use crate::analysis::judge::{ALPHA_PROMOTE, ALPHA_ROLLBACK, MIN_LOAD};
use crate::analysis::tally::Tally;
use crate::guard::{Guard, Margin};
use crate::metric::Metric;
use crate::stats::evidence::exceedance::scaled_threshold;
use crate::stats::planning::arrival::pace;
use crate::stats::planning::{MIXTURE_PRICE, betting_trials, betting_variance, race_events};
use crate::weight::Weight;

/// By definition one answer in twenty is slower than the 95th percentile.
const SLOW: f64 = 0.05;
/// What the bets of SAFE pay for mixing, in log evidence; measured by simulation of equal candidates.
pub(super) const PRICE: f64 = 2.0;

/// The log of evidence that SAFE takes: its level, and what the bets pay for mixing.
pub(super) fn level() -> f64 {
    PRICE - ALPHA_PROMOTE.ln()
}

/// How closely the smallest regression is searched for: a part of itself.
const CLOSENESS: f64 = 0.01;

/// A guard and what the baseline does by its measure.
pub(super) struct Watched {
    pub(super) guard: Guard,
    /// Measured outcomes per request.
    pub(super) coverage: f64,
    /// Bad outcomes per measured one.
    share: f64,
    /// Bad outcomes per measured one when the margin is granted, for a margin on a quantile.
    granted: f64,
    /// Requests that fail before they can be slow, per measured one: what is said of a quantile has to hold if they
    /// would have been slow.
    early: f64,
    /// The error it may make in calling the candidate worse.
    alpha: f64,
    /// The part of the evidence for SAFE that is still missing, where a rollout has some of it.
    pub(super) missing: f64,
    /// How many times as many requests it takes as independent ones would.
    pub(super) slower: f64,
}

impl Watched {
    /// One of so many guards, and what the baseline did.
    pub(super) fn new(guard: Guard, guards: usize, baseline: &Tally) -> Self {
        let (outcomes, trials) = (baseline.outcomes(), baseline.metrics[guard.metric.index()].trials);
        Self {
            guard,
            coverage: match guard.metric {
                Metric::Feedback if outcomes > 0 => trials as f64 / outcomes as f64,
                Metric::Feedback => 0.0,
                Metric::Errors | Metric::LatencyP95 => 1.0,
            },
            share: share(baseline, guard.metric),
            granted: granted(guard, baseline),
            early: share(baseline, Metric::Errors),
            alpha: ALPHA_ROLLBACK / guards.max(1) as f64,
            missing: 1.0,
            slower: 1.0,
        }
    }

    /// What of the expected requests it takes until so many candidates as good as the baseline are shown safe.
    pub(super) fn parts(&self, of_six: Pace) -> f64 {
        if self.missing <= 0.0 {
            return 0.0;
        }
        self.missing * pace(of_six.share(), level() * self.missing)
    }

    /// The same after these stretches; not above zero when there is enough.
    pub(super) fn missing_after(&self, stretches: &[Stretch], of_six: Pace) -> f64 {
        self.parts(of_six) - brought(stretches, |weight| self.requests_until_safe(weight))
    }

    /// Requests of both arms under one share in which evidence is expected to show a candidate as good as the baseline
    /// safe.
    pub(super) fn requests_until_safe(&self, weight: Weight) -> f64 {
        let probability = weight.probability();
        if self.guard.metric.depends_on_load() && weight < MIN_LOAD {
            return f64::INFINITY;
        }
        let trials = match (self.guard.metric, self.guard.margin) {
            (Metric::LatencyP95, _) => {
                let slow = self.share + self.early;
                let ratio = (self.granted + self.early) / slow;
                if ratio >= 1.0 {
                    return f64::INFINITY;
                }
                let events = race_events(ratio, probability, ALPHA_PROMOTE);
                events / (slow * (1.0 - probability + probability * ratio))
            }
            (_, Margin::Relative(_)) => {
                // The race against the margin: at the margin the candidate would have this part of the events.
                let odds = probability * (1.0 + self.guard.margin.fraction());
                let expected = odds / (odds + 1.0 - probability);
                let ratio = 1.0 / (1.0 + self.guard.margin.fraction());
                self.trials(race_events(ratio, expected, ALPHA_PROMOTE), 1.0, probability)
            }
            (_, Margin::Points(_)) => {
                let variance = betting_variance(self.share, probability);
                betting_trials(self.guard.margin.fraction(), variance, ALPHA_PROMOTE)
            }
        };
        self.slower * trials / self.coverage * level() / (MIXTURE_PRICE - ALPHA_PROMOTE.ln())
    }

    /// The smallest regression that would be found in these stretches.
    pub(super) fn sight(&self, stretches: &[Stretch]) -> Sight {
        let worst = 1.0 / self.share;
        let found = |ratio: f64| {
            let part = |stretch: &Stretch| self.events(stretch, ratio) / self.needed(stretch.weight, ratio);
            stretches.iter().filter(|stretch| stretch.weight.compares()).map(part).sum::<f64>() >= 1.0
        };
        let (mut low, mut high) = (1.0, worst);
        while found(high) && high - low > CLOSENESS * low {
            let middle = f64::midpoint(low, high);
            if found(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        let smallest = found(high).then_some(high * self.share);
        Sight { metric: self.guard.metric, now: self.share, smallest }
    }

    /// Bad outcomes of both arms, when the candidate has `ratio` times as many.
    fn events(&self, stretch: &Stretch, ratio: f64) -> f64 {
        let probability = stretch.weight.probability();
        stretch.requests * self.coverage * self.share * (1.0 - probability + probability * ratio)
    }

    fn needed(&self, weight: Weight, ratio: f64) -> f64 {
        race_events(ratio, weight.probability(), self.alpha)
    }

    /// Measured outcomes of both arms that bring so many events.
    fn trials(&self, events: f64, ratio: f64, probability: f64) -> f64 {
        events / (self.share * (1.0 - probability + probability * ratio))
    }
}

/// The parts that stretches have brought, when so many requests under one share alone bring one.
pub(super) fn brought(stretches: &[Stretch], need: impl Fn(Weight) -> f64) -> f64 {
    let compared = stretches.iter().filter(|stretch| stretch.weight.compares());
    compared.map(|stretch| stretch.requests / need(stretch.weight)).sum()
}

/// Bad outcomes per measured one on the baseline. Half an event is added to what was counted: that none was seen
/// does not mean that there are none.
pub(super) fn share(baseline: &Tally, metric: Metric) -> f64 {
    if metric == Metric::LatencyP95 {
        return SLOW;
    }
    let counts = baseline.metrics[metric.index()];
    (counts.events as f64 + 0.5) / (counts.trials as f64 + 1.0)
}

/// The part of the baseline's answers that would be slow with the margin granted; all that are slow when nothing is
/// known.
fn granted(guard: Guard, baseline: &Tally) -> f64 {
    let latency = &baseline.latency;
    let Some(slowest) = latency.quantile(1.0 - SLOW) else { return SLOW };
    let edge = scaled_threshold(slowest, guard.margin.fraction());
    // Half an answer is added, as above.
    (latency.count_above(edge) as f64 + 0.5) / (latency.count() as f64 + 1.0)
}
