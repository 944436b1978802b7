//! The Bayesian card: how likely the candidate is better and what choosing wrongly would cost, in words people ask for.
//!
//! Start with [`Shares`] and [`Belief`]. For display only: looked at often enough, a chance of 95 % comes by itself, so no
//! decision follows from it. Sources: the chance in closed form as in Miller, "Formulas for Bayesian A/B testing", 2015; the
//! loss as in Stucchio, "Bayesian A/B testing at VWO", 2015.

use crate::stats::interval::Interval;
use crate::stats::special::{ln_beta, normal_cdf, normal_density, normal_quantile};

/// Beyond so many terms of the closed form the beta distributions are as good as normal.
const MOST_TERMS: f64 = 20_000.0;

/// Standard deviations beyond which a belief has no mass worth counting; skewed ones reach farther than a normal one.
const REACH: f64 = 15.0;

/// A beta distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beta {
    /// Prior and seen events.
    pub a: f64,
    /// Prior and seen trials without.
    pub b: f64,
}

impl Beta {
    /// What is believed of a share after so many events among so many trials, when every share was as likely before.
    #[must_use]
    pub fn after(events: u64, trials: u64) -> Self {
        Self { a: events as f64 + 1.0, b: trials.saturating_sub(events) as f64 + 1.0 }
    }

    /// The mean.
    #[must_use]
    pub fn mean(self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// The range outside of which lies nothing that a number tells from zero.
    #[must_use]
    pub fn reach(self) -> (f64, f64) {
        let reach = REACH * self.variance().sqrt();
        ((self.mean() - reach).max(0.0), (self.mean() + reach).min(1.0))
    }

    fn variance(self) -> f64 {
        self.mean() * (1.0 - self.mean()) / (self.a + self.b + 1.0)
    }
}

/// What is believed of the share of successes on both arms; the parameters are whole numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// The baseline's.
    pub baseline: Beta,
    /// The candidate's.
    pub candidate: Beta,
}

impl Shares {
    /// The chance that the candidate's share is higher.
    #[must_use]
    pub fn chance_higher(&self) -> f64 {
        chance_higher(self.candidate, self.baseline)
    }

    /// The share that is lost on average by choosing the candidate, zero where it is better: `E max(p_C - p_T, 0)`.
    #[must_use]
    pub fn loss_of_candidate(&self) -> f64 {
        loss(self.candidate, self.baseline)
    }

    /// The share that is lost on average by choosing the baseline.
    #[must_use]
    pub fn loss_of_baseline(&self) -> f64 {
        loss(self.baseline, self.candidate)
    }
}

/// `E max(p_other - p_chosen, 0)`: the mean of each over the region where the other is larger, which is a beta
/// distribution with one more event.
fn loss(chosen: Beta, other: Beta) -> f64 {
    let more = |beta: Beta| Beta { a: beta.a + 1.0, ..beta };
    let lost = other.mean() * chance_higher(more(other), chosen)
        - chosen.mean() * chance_higher(other, more(chosen));
    lost.max(0.0)
}

/// The chance that a variable of the first distribution exceeds one of the second.
///
/// `sum_i B(c + i, d + b) / ((b + i) B(1 + i, b) B(c, d))` over whole `i` below the first's `a`, or the same from another
/// side with fewer terms.
fn chance_higher(first: Beta, second: Beta) -> f64 {
    let mirrored = |beta: Beta| Beta { a: beta.b, b: beta.a };
    let sides = [
        (first.a, first, second, 1.0),
        (second.a, second, first, -1.0),
        (second.b, mirrored(second), mirrored(first), 1.0),
        (first.b, mirrored(first), mirrored(second), -1.0),
    ];
    let fewest = sides.into_iter().min_by(|x, y| x.0.total_cmp(&y.0));
    match fewest {
        Some((terms, higher, lower, sign)) if terms <= MOST_TERMS => {
            // Of a hundred million trials the sum is known to six digits, and so may lie beyond one.
            let chance = closed_form(higher, lower).clamp(0.0, 1.0);
            if sign > 0.0 { chance } else { 1.0 - chance }
        }
        _ => {
            let apart = first.mean() - second.mean();
            normal_cdf(apart / (first.variance() + second.variance()).sqrt())
        }
    }
}

fn closed_form(higher: Beta, lower: Beta) -> f64 {
    let ln_norm = ln_beta(lower.a, lower.b);
    let term = |i: f64| {
        let ln_term = ln_beta(lower.a + i, lower.b + higher.b) - ln_beta(1.0 + i, higher.b) - ln_norm;
        ln_term.exp() / (higher.b + i)
    };
    (0..higher.a as u64).map(|i| term(i as f64)).sum()
}

/// What is believed of an effect that was estimated with a normal error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Belief {
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub deviation: f64,
}

impl Belief {
    /// After an estimate with a standard error, when any effect was as likely before.
    #[must_use]
    pub fn from_estimate(estimate: f64, standard_error: f64) -> Self {
        Self { mean: estimate, deviation: standard_error }
    }

    /// After an estimate, when this was believed before: means weighted by one over their variances.
    #[must_use]
    pub fn updated(self, estimate: f64, standard_error: f64) -> Self {
        let (prior, data) = (self.deviation.powi(-2), standard_error.powi(-2));
        Self {
            mean: (prior * self.mean + data * estimate) / (prior + data),
            deviation: (prior + data).sqrt().recip(),
        }
    }

    /// The chance that the effect is above zero.
    #[must_use]
    pub fn chance_above_zero(&self) -> f64 {
        normal_cdf(self.mean / self.deviation)
    }

    /// The range that holds the effect with probability `1 - alpha`.
    #[must_use]
    pub fn interval(&self, alpha: f64) -> Interval {
        let radius = normal_quantile(1.0 - alpha / 2.0) * self.deviation;
        Interval { lower: self.mean - radius, upper: self.mean + radius }
    }

    /// What is lost on average by going without an effect that is above zero: `E max(effect, 0)`.
    #[must_use]
    pub fn loss_of_baseline(&self) -> f64 {
        let z = self.mean / self.deviation;
        self.mean * normal_cdf(z) + self.deviation * normal_density(z)
    }

    /// What is lost on average by taking an effect that is below zero: `E max(-effect, 0)`.
    #[must_use]
    pub fn loss_of_candidate(&self) -> f64 {
        self.loss_of_baseline() - self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_trials_are_as_good_as_normal() {
        let shares = |scale: u64| Shares {
            baseline: Beta::after(10_000 * scale, 30_000 * scale),
            candidate: Beta::after(10_100 * scale, 30_000 * scale),
        };
        // Just below and just above where the closed form ends.
        let (counted, approximated) = (shares(1).chance_higher(), shares(3).chance_higher());
        let expected = normal_cdf(3.0_f64.sqrt() * crate::stats::special::normal_quantile(counted));
        assert!((approximated - expected).abs() < 1e-4, "{approximated} {expected}");
    }

    #[test]
    fn chances_of_both_sides_sum_to_one_and_losses_differ_by_the_means() {
        for (a, n, b, m) in [(0, 10, 1, 10), (3, 7, 90, 100), (500, 1000, 480, 1000), (0, 0, 0, 0)] {
            let shares = Shares { baseline: Beta::after(a, n), candidate: Beta::after(b, m) };
            let swapped = Shares { baseline: shares.candidate, candidate: shares.baseline };
            assert!((shares.chance_higher() + swapped.chance_higher() - 1.0).abs() < 1e-10);
            let apart = shares.candidate.mean() - shares.baseline.mean();
            assert!((shares.loss_of_baseline() - shares.loss_of_candidate() - apart).abs() < 1e-10);
        }
    }
}
