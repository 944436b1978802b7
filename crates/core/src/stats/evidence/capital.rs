//! The capital of sixteen bets on one question: the form in which all additive evidence is kept.
//!
//! Start with [`Capital`]. A test that mixes sixteen bets multiplies, for each outcome, every bet's capital by a payoff
//! whose mean is at most one under the null. The logarithms add, in any order and over any gateways, and the e-value is
//! the mean of the sixteen capitals. Where outcomes come in a few kinds, [`Payoffs`] gives the capital from their counts.

use std::iter::Sum;
use std::ops::AddAssign;

use crate::stats::special::log_sum_exp;

/// How many bets share the capital.
pub const BETS: usize = 16;

/// What bets are placed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The candidate is worse.
    Harm,
    /// It is not worse by the margin.
    Safe,
}

/// The log capital of each bet, every one of which began with a capital of one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Capital(pub [f64; BETS]);

impl Capital {
    /// That of bets before their first outcome.
    #[must_use]
    pub const fn none() -> Self {
        Self([0.0; BETS])
    }

    /// Adds what so many outcomes pay, or a part of one.
    pub(super) fn add(&mut self, count: f64, payoff: &[f64; BETS]) {
        self.0.iter_mut().zip(payoff).for_each(|(sum, log)| *sum += count * log);
    }

    /// The log e-value: the logarithm of the mean of the capitals.
    ///
    /// Hypothesis: that of the bets. Each payoff has a mean of at most one under it given the past, so the mean capital is a
    /// non-negative supermartingale from one, and the chance that it ever reaches `1/alpha` is at most `alpha` (Ville).
    #[must_use]
    pub fn log_e(&self) -> f64 {
        log_sum_exp(&self.0) - (BETS as f64).ln()
    }

    /// The same of bets that did not begin alike: with the logarithms of what each began with, which come to one in all.
    #[must_use]
    pub fn log_e_weighted(&self, log_weights: &[f64; BETS]) -> f64 {
        let mut terms = self.0;
        terms.iter_mut().zip(log_weights).for_each(|(term, weight)| *term += weight);
        log_sum_exp(&terms)
    }
}

/// A log e-value on a scale on which it is nearly straight in the hypothesis: it grows with the square of the distance
/// between the hypothesis and the estimate.
pub(super) fn straightened(log_e: f64) -> f64 {
    if log_e > 0.0 { log_e.sqrt() } else { log_e }
}

impl AddAssign for Capital {
    fn add_assign(&mut self, more: Self) {
        for (sum, log) in self.0.iter_mut().zip(more.0) {
            *sum += log;
        }
    }
}

impl Sum for Capital {
    fn sum<I: Iterator<Item = Self>>(capitals: I) -> Self {
        capitals.fold(Self::default(), |mut sum, capital| {
            sum += capital;
            sum
        })
    }
}

/// What one outcome of each kind adds to the log capital of each bet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Payoffs<const KINDS: usize>([[f64; BETS]; KINDS]);

impl<const KINDS: usize> Payoffs<KINDS> {
    /// The payoffs from what every bet is paid by an outcome of each kind, counted from zero.
    pub fn of(log_payoffs: impl Fn(usize) -> [f64; BETS]) -> Self {
        Self(std::array::from_fn(log_payoffs))
    }

    /// The capital after so many outcomes of each kind.
    #[must_use]
    pub fn capital(&self, counts: [u64; KINDS]) -> Capital {
        self.weighted(counts.map(|count| count as f64))
    }

    /// The same where outcomes count in part.
    #[must_use]
    pub fn weighted(&self, counts: [f64; KINDS]) -> Capital {
        let mut capital = Capital::default();
        for (payoffs, count) in self.0.iter().zip(counts) {
            for (sum, payoff) in capital.0.iter_mut().zip(payoffs) {
                *sum += count * payoff;
            }
        }
        capital
    }
}

/// The capitals of spans with the payoffs of each; neighbours whose payoffs follow from the same key share them.
pub(super) fn capitals<'a, T, K, const KINDS: usize>(
    spans: &'a [T],
    key: impl Fn(&T) -> K + 'a,
    payoffs: impl Fn(&T) -> Payoffs<KINDS> + 'a,
    counts: impl Fn(&T) -> [u64; KINDS] + 'a,
) -> impl Iterator<Item = Capital> + 'a
where
    K: PartialEq + 'a,
{
    let mut latest: Option<(K, Payoffs<KINDS>)> = None;
    spans.iter().map(move |span| {
        let key = key(span);
        match &latest {
            Some((earlier, payoffs)) if *earlier == key => payoffs.capital(counts(span)),
            _ => {
                let payoffs = payoffs(span);
                latest = Some((key, payoffs));
                payoffs.capital(counts(span))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_outcomes_say_nothing() {
        assert!(Capital::default().log_e().abs() < 1e-15);
    }

    #[test]
    fn capital_is_counts_times_payoffs() {
        let payoffs = Payoffs::<2>::of(|kind| std::array::from_fn(|bet| (kind as f64 - 0.5) * bet as f64));
        let capital = payoffs.capital([3, 5]);
        assert!(capital.0.iter().enumerate().all(|(bet, log)| (log - bet as f64).abs() < 1e-12));
    }
}
