//! What a guard will find in the traffic to come.

use super::{Pace, Sight, Stretch};
use crate::analysis::judge::{ALPHA_PROMOTE, ALPHA_ROLLBACK, MIN_LOAD};
use crate::analysis::tally::Tally;
use crate::guard::{Guard, Margin, maturity, sharing};
use crate::metric::{Metric, Witness};
use crate::score::Score;
use crate::stats::amounts::{Amounts, cap_at_or_above};
use crate::stats::evidence::capped::Cap;
use crate::stats::evidence::exceedance::scaled_threshold;
use crate::stats::evidence::scored;
use crate::stats::planning::arrival::pace;
use crate::stats::planning::{MIXTURE_PRICE, betting_trials, betting_variance, race_events};
use crate::stats::special::bisect;
use crate::weight::Weight;

/// What the bets of SAFE pay for mixing, in log evidence; measured by simulation of equal candidates.
pub(super) const PRICE: f64 = 2.0;

/// How many times as many amounts it takes as their variance says, because they lean to one side. With it 85 in 100 equal
/// candidates are shown safe within 1.04 times what is told by their mean latency and within 1.21 by their cost, which leans
/// farther, as within 1.03 by errors and 1.14 by a percentile; measured by simulation.
const LEANING: f64 = 1.25;

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
    /// Seconds from a request to the moment when what is measured of it counts; none for what comes with the answer.
    pub(super) ripens: f64,
    /// Bad outcomes per measured one.
    share: f64,
    /// Bad outcomes per measured one when the margin is granted, for a margin on a quantile.
    granted: f64,
    /// Requests that fail before they can be slow, per measured one: what is said of a quantile has to hold if they
    /// would have been slow.
    early: f64,
    /// What amounts vary by: the variance over the squared mean, under their cap; of scores the variance, of parts of the
    /// scale. Zero for a share.
    spread: f64,
    /// The error it may make in calling the candidate worse.
    alpha: f64,
    /// The part of the evidence for SAFE that is still missing, where a rollout has some of it.
    pub(super) missing: f64,
    /// How many times as many requests it takes as independent ones would.
    pub(super) slower: f64,
}

impl Watched {
    /// The guards of a rollout, and what the baseline did.
    pub(super) fn all(guards: &[Guard], baseline: &Tally) -> Vec<Self> {
        guards.iter().map(|guard| Self::one(*guard, guards, baseline)).collect()
    }

    fn one(guard: Guard, guards: &[Guard], baseline: &Tally) -> Self {
        let (outcomes, trials) = (baseline.outcomes(), baseline.counts(guard.metric).trials);
        Self {
            guard,
            coverage: match (guard.metric, guard.metric.percentile()) {
                (_, Some(percentile)) => part(baseline.times(percentile.of).count(), outcomes),
                (metric, None) => match (metric.witness(), baseline.expected_amounts(metric)) {
                    (_, Some(amounts)) => part(amounts.count(), outcomes),
                    _ if matches!(metric, Metric::Declared(_)) => part(trials, outcomes),
                    (Witness::Passing, None) => 1.0,
                    (Witness::Contents | Witness::Callers, None) => part(trials, outcomes),
                },
            },
            ripens: if guard.metric.arrives_late() { maturity(guards).as_secs_f64() } else { 0.0 },
            share: share(baseline, guard.metric),
            granted: granted(guard, baseline),
            early: share(baseline, Metric::Errors),
            spread: spread_of(guard.metric, baseline),
            alpha: ALPHA_ROLLBACK / sharing(guards).max(1) as f64,
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
        let trials = match (self.guard.metric.percentile(), self.guard.margin) {
            (_, Margin::Score(_)) => self.scores(self.guard.margin.fraction(), probability, ALPHA_PROMOTE),
            _ if self.guard.metric.is_amount() => {
                LEANING * self.amounts(self.guard.margin.fraction(), probability, ALPHA_PROMOTE)
            }
            (Some(_), _) => {
                let slow = self.share + self.early;
                let ratio = (self.granted + self.early) / slow;
                if ratio >= 1.0 {
                    return f64::INFINITY;
                }
                let events = race_events(ratio, probability, ALPHA_PROMOTE);
                events / (slow * (1.0 - probability + probability * ratio))
            }
            (None, Margin::Relative(_)) => {
                // The race against the margin: at the margin the candidate would have this part of the events.
                let odds = probability * (1.0 + self.guard.margin.fraction());
                let expected = odds / (odds + 1.0 - probability);
                let ratio = 1.0 / (1.0 + self.guard.margin.fraction());
                self.trials(race_events(ratio, expected, ALPHA_PROMOTE), 1.0, probability)
            }
            (None, Margin::Points(_)) => {
                let variance = betting_variance(self.share, probability);
                betting_trials(self.guard.margin.fraction(), variance, ALPHA_PROMOTE)
            }
        };
        self.slower * trials / self.coverage * level() / (MIXTURE_PRICE - ALPHA_PROMOTE.ln())
    }

    /// The smallest regression that would be found in these stretches.
    pub(super) fn sight(&self, stretches: &[Stretch]) -> Sight {
        if let Metric::Score(score) = self.guard.metric {
            return self.sight_of(score, stretches);
        }
        let is_amount = self.guard.metric.is_amount();
        let worst = if is_amount { WORST_AMOUNT } else { 1.0 / self.share };
        let tolerated = self.tolerated();
        let found = |ratio: f64| {
            let part = |stretch: &Stretch| {
                if is_amount {
                    let needed = self.amounts(ratio - tolerated, stretch.weight.probability(), self.alpha);
                    return stretch.requests * self.coverage / needed;
                }
                self.events(stretch, ratio) / self.needed(stretch.weight, ratio / tolerated)
            };
            stretches.iter().filter(|stretch| stretch.weight.compares()).map(part).sum::<f64>() >= 1.0
        };
        let (mut low, mut high) = (tolerated, worst);
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

    /// How many times as bad a candidate may be and is not called worse.
    fn tolerated(&self) -> f64 {
        match self.guard.margin {
            _ if !self.guard.strict => 1.0,
            _ if self.guard.metric.percentile().is_some() => self.share / self.granted.max(f64::MIN_POSITIVE),
            Margin::Points(_) => 1.0 + self.guard.tolerated() / self.share,
            Margin::Relative(_) | Margin::Score(_) => 1.0 + self.guard.tolerated(),
        }
    }

    /// Amounts of both arms until bets tell means apart that differ by a part of the baseline's.
    fn amounts(&self, gap: f64, probability: f64, alpha: f64) -> f64 {
        betting_trials(gap, self.spread / (probability * (1.0 - probability)), alpha)
    }

    /// Scores of both arms until bets tell means apart that differ by so many points.
    fn scores(&self, points: f64, probability: f64, alpha: f64) -> f64 {
        let Metric::Score(score) = self.guard.metric else { return f64::INFINITY };
        betting_trials(points / score.width(), self.spread / (probability * (1.0 - probability)), alpha)
    }

    /// The least drop of the mean of a score that would be found, as what the mean would be.
    fn sight_of(&self, score: Score, stretches: &[Stretch]) -> Sight {
        let mean = score.below_top(self.share);
        let needed = |points: f64| {
            let beyond = (points - self.guard.tolerated()).max(f64::MIN_POSITIVE);
            move |weight: Weight| self.scores(beyond, weight.probability(), self.alpha) / self.coverage
        };
        let largest = mean - f64::from(score.from());
        let least = bisect(0.0, largest, |points| brought(stretches, needed(points)) >= 1.0);
        let is_found = brought(stretches, needed(largest)) >= 1.0;
        Sight { metric: self.guard.metric, now: mean, smallest: is_found.then_some(mean - least) }
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

/// How many of the outcomes are measured; none when there were no outcomes.
fn part(measured: u64, outcomes: u64) -> f64 {
    if outcomes > 0 { (measured as f64 / outcomes as f64).min(1.0) } else { 0.0 }
}

/// The largest regression of an amount that is looked for: a hundredfold.
const WORST_AMOUNT: f64 = 100.0;

fn spread_of(metric: Metric, baseline: &Tally) -> f64 {
    match (metric, baseline.expected_amounts(metric)) {
        (Metric::Score(score), _) => scored::variance(baseline.scores(score)).unwrap_or(0.0),
        (Metric::CostPerSuccess, _) => spread_per_success(baseline),
        (metric, Some(amounts)) => {
            let early = if metric.is_time() { share(baseline, Metric::Errors) } else { 0.0 };
            spread(&amounts, early)
        }
        (_, None) => 0.0,
    }
}

/// The variance of amounts over their squared mean, under the cap they would have. Of times what is said has to hold if so
/// many of the answers, which failed early, would have taken as long as the cap.
fn spread(amounts: &Amounts, early: f64) -> f64 {
    let Some((mean, largest)) = amounts.mean().zip(amounts.quantile(0.999)).filter(|(mean, _)| *mean > 0.0)
    else {
        return 0.0;
    };
    let cap = cap_at_or_above(Cap::published(mean, largest as f64).0);
    let squares: f64 =
        amounts.at_ends(cap).into_iter().map(|(end, part)| part * (end as f64 - mean).powi(2)).sum();
    let (variance, beyond) = (squares / amounts.count() as f64, cap as f64 - mean);
    // Of a mixture of what is known and what lies beyond the mean by this.
    let mixed = (1.0 - early) * (variance + early * beyond * beyond);
    mixed / (mean + early * beyond).powi(2)
}

/// The same of costs per good answer: how far a cost lies from what its answer would cost at the mean ratio.
fn spread_per_success(baseline: &Tally) -> f64 {
    let (all, wasted) = (&baseline.cost, &baseline.wasted_cost);
    let good = all.count().saturating_sub(wasted.count());
    let Some(mean) = all.mean().filter(|mean| *mean > 0.0 && good > 0) else { return 0.0 };
    let ratio = all.sum() as f64 / good as f64;
    let cap = cap_at_or_above(Cap::published(mean, all.quantile(0.999).unwrap_or(0) as f64).0);
    let squares = |amounts: &Amounts, centre: f64| -> f64 {
        amounts.at_ends(cap).into_iter().map(|(end, part)| part * (end as f64 - centre).powi(2)).sum()
    };
    // The wasted ones are among all, where they are held against the ratio.
    let sum = squares(all, ratio) - squares(wasted, ratio) + squares(wasted, 0.0);
    sum.max(0.0) / all.count() as f64 / (mean * mean)
}

/// Bad outcomes per measured one on the baseline, or the mean of an amount, or of a score in hundredths below the top: by
/// definition one answer in twenty is slower than the 95th percentile.
/// Half an event is added to what was counted: that none was seen does not mean that there are none.
pub(super) fn share(baseline: &Tally, metric: Metric) -> f64 {
    if let Some(percentile) = metric.percentile() {
        return 1.0 - percentile.level;
    }
    if let Some(amounts) = baseline.expected_amounts(metric) {
        return amounts.mean().unwrap_or(0.0);
    }
    let counts = baseline.counts(metric);
    if let Metric::Score(_) = metric {
        return counts.share().unwrap_or(0.0);
    }
    (counts.events as f64 + 0.5) / (counts.trials as f64 + 1.0)
}

/// The part of the baseline's answers that would be slow with the margin granted; all that are slow when nothing is
/// known. It has a meaning for percentiles only.
fn granted(guard: Guard, baseline: &Tally) -> f64 {
    let slow = share(baseline, guard.metric);
    let Some(percentile) = guard.metric.percentile() else { return slow };
    let times = baseline.times(percentile.of);
    let Some(slowest) = times.quantile(percentile.level) else { return slow };
    let edge = scaled_threshold(slowest, guard.margin.fraction());
    // Half an answer is added, as above.
    (times.count_above(edge) as f64 + 0.5) / (times.count() as f64 + 1.0)
}
