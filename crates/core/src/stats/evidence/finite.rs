//! A finite set of cases answered in random order, without replacement: an offline eval that may stop early.
//!
//! Start with [`Finite`]. After some of the cases the mean of the rest is known if the mean of all is claimed, so bets against
//! the claim sharpen as the set runs out, and at the end the mean is simply known. Assumes only that the order was random.
//!
//! For paired evals the value of a case is `(1 + D) / 2`, see [`super::paired`]. Source: Waudby-Smith and Ramdas, "Confidence
//! sequences for sampling without replacement", NeurIPS 2020, with the bets of "Estimating means of bounded random variables
//! by betting", JRSS B 86(1), 2024.

use crate::stats::interval::Interval;

/// Bets are taken to this share of the largest that cannot lose all.
const LARGEST_BET: f64 = 0.5;

/// Before any case the values are taken to have this mean and variance, with the weight of one case.
const PRIOR_MEAN: f64 = 0.5;
const PRIOR_VARIANCE: f64 = 0.25;

/// What is asked of the cases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finite {
    /// How many cases there are in all; nothing for a population without an end.
    pub cases: Option<u64>,
    /// The error over all looks, both directions together.
    pub alpha: f64,
}

impl Finite {
    /// The log e-value against "the mean of all cases is `mean`", after each of the values so far, between 0 and 1.
    ///
    /// The larger half of the capital of two gamblers, one on more and one on less, with bets
    /// `sqrt(2 ln(2/alpha) / (t ln(1+t) v))` from the variance `v` of the cases before. With `N` cases and the sum `S` so far the
    /// next one's mean under the claim is `(N mean - S) / (N - t + 1)`; a claim under which it would be no share is refuted.
    #[must_use]
    pub fn log_e(&self, values: &[f64], mean: f64) -> Vec<f64> {
        let mut bets = Bets::default();
        let (mut sum, mut more, mut less) = (0.0, 0.5_f64.ln(), 0.5_f64.ln());
        let mut refuted = false;
        let mut log_es = Vec::with_capacity(values.len());
        for (seen, value) in values.iter().enumerate() {
            let expected = self.expected(mean, sum, seen);
            let bet = bets.next(self.alpha / 2.0, *value);
            refuted |= !(0.0..=1.0).contains(&expected);
            more += stake(bet, LARGEST_BET / expected, value - expected);
            less += stake(bet, LARGEST_BET / (1.0 - expected), expected - value);
            sum += value;
            log_es.push(if refuted { f64::INFINITY } else { more.max(less) });
        }
        log_es
    }

    /// The range of the mean of all cases after the values so far, at error `alpha` over all looks, to one part in
    /// `parts` of the whole range, rounded outwards.
    ///
    /// Keeps what any earlier look has excluded.
    #[must_use]
    pub fn interval(&self, values: &[f64], parts: u32) -> Interval {
        let threshold = -self.alpha.ln();
        let mut range = Interval { lower: 0.0, upper: 1.0 };
        let step = 1.0 / f64::from(parts);
        let claims: Vec<Vec<f64>> =
            (0..=parts).map(|part| self.log_e(values, f64::from(part) * step)).collect();
        for look in 0..values.len() {
            let is_kept = |log_es: &Vec<f64>| log_es[look] <= threshold;
            if let (Some(first), Some(last)) =
                (claims.iter().position(is_kept), claims.iter().rposition(is_kept))
            {
                range.lower = range.lower.max((first as f64 - 1.0) * step);
                range.upper = range.upper.min((last as f64 + 1.0) * step);
            }
        }
        if let Some(cases) = self.cases {
            let (sum, seen): (f64, f64) = (values.iter().sum(), values.len() as f64);
            range.lower = range.lower.max(sum / cases as f64);
            range.upper = range.upper.min(1.0 - (seen - sum) / cases as f64);
        }
        range
    }

    fn expected(&self, mean: f64, sum: f64, seen: usize) -> f64 {
        match self.cases {
            Some(cases) => (cases as f64 * mean - sum) / (cases as f64 - seen as f64),
            None => mean,
        }
    }
}

/// The log payoff of a bet of at most `largest` on a gain; nothing is staked where nothing can happen.
fn stake(bet: f64, largest: f64, gain: f64) -> f64 {
    if gain == 0.0 { 0.0 } else { (bet.min(largest) * gain).ln_1p() }
}

/// The size of bets, from the variance of the values before.
#[derive(Default)]
struct Bets {
    seen: f64,
    sum: f64,
    deviations: f64,
}

impl Bets {
    /// The bet on the next value, which is taken in afterwards.
    fn next(&mut self, alpha: f64, value: f64) -> f64 {
        let variance = (PRIOR_VARIANCE + self.deviations) / (self.seen + 1.0);
        self.seen += 1.0;
        self.sum += value;
        let mean = ((PRIOR_MEAN + self.sum) / (self.seen + 1.0)).min(1.0);
        self.deviations += (value - mean).powi(2);
        (-2.0 * alpha.ln() / (self.seen * self.seen.ln_1p() * variance)).sqrt()
    }
}
