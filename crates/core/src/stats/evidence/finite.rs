//! A finite set of cases answered in random order, without replacement: an offline eval that may stop early.
//!
//! For evals that may stop early, of which the product has none yet; nothing in it calls this.
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

/// What sums of many values miss zero by.
const ROUNDING: f64 = 1e-9;

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
        let half = Self { alpha: self.alpha / 2.0, ..*self };
        let (more, less) = (half.log_e_above(values, mean), half.log_e_below(values, mean));
        more.iter().zip(less).map(|(more, less)| more.max(less) - std::f64::consts::LN_2).collect()
    }

    /// The log e-value against "the mean of all cases is at most `mean`", after each of the values so far.
    ///
    /// One gambler on more, with all of the error, who stakes nothing where nothing can be won. The claim is refuted where the
    /// cases left cannot bring the mean down to it.
    #[must_use]
    pub fn log_e_above(&self, values: &[f64], mean: f64) -> Vec<f64> {
        let mut bets = Bets::default();
        let (mut sum, mut capital) = (0.0, 0.0);
        let after = |(seen, value): (usize, &f64)| {
            let expected = self.expected(mean, sum, seen);
            let bet = bets.next(self.alpha, *value).min(LARGEST_BET / expected.max(0.0));
            let gain = value - expected;
            capital += match expected {
                impossible if impossible < -ROUNDING => f64::INFINITY,
                certain if certain >= 1.0 || gain == 0.0 => 0.0,
                _ => (bet * gain).ln_1p(),
            };
            sum += value;
            capital
        };
        values.iter().enumerate().map(after).collect()
    }

    /// The log e-value against "the mean of all cases is at least `mean`", after each of the values so far: SAFE of an eval
    /// whose values are how much worse the candidate was. It is [`Finite::log_e_above`] of one less everything.
    #[must_use]
    pub fn log_e_below(&self, values: &[f64], mean: f64) -> Vec<f64> {
        let mirrored: Vec<f64> = values.iter().map(|value| 1.0 - value).collect();
        self.log_e_above(&mirrored, 1.0 - mean)
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
