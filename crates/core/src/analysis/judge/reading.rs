//! What the counts leave open is read in more than one way, and what is said of the arms has to hold in every [`Reading`].
//!
//! Early failures are requests that failed before they could be slow, or, where a margin is granted, slow beyond it. How long their answers would have taken is not known, and
//! it must not be guessed in favour of either arm. One of two readings is always true to a candidate that is no slower. Where the
//! baseline fails more, counting its early failures as slow leaves the candidate no more slow answers than it has; where the
//! candidate fails more, counting them as quick does. So the least of the evidence is evidence, and the errors of both arms may
//! differ.
//!
//! Of most metrics not every request is a case: answers that failed have no cost, those that were turned away no time, few get an
//! opinion, and how many are cases is an arm's own affair. With the parts `q_T` and `q_C` of either arm's requests that are, bets on a
//! difference by the draw would be bets on `q_T (mu_T - c) - q_C (mu_C - c)`, and a race by the draw one of `q_T mu_T` and `q_C mu_C`.
//! With the candidate's part of the cases of an epoch in place of its part of the draw both ask for `mu_T - mu_C` and `mu_T / mu_C`
//! alone. Given how many cases each arm has, they are e-values: with `d_T` and `d_C` the means of `Y - c` of arms that differ by
//! no more than the margin, and `pi` the candidate's part of `n` cases, the bets come to
//! `(1 + h d_T / pi)^(pi n) (1 - h d_C / (1 - pi))^((1 - pi) n) <= (1 + h (d_T - d_C))^n` on average, because the logarithm bends
//! downwards (Jensen), and the events of a race are drawn without putting back, which varies less than the race allows for (Hoeffding,
//! "Probability inequalities for sums of bounded random variables", JASA 58, 1963, theorem 4) and is known to the end where both
//! shares are held to be equal ([`conditional`]). Given that one arm has none, an epoch says nothing. All of that
//! holds at each look by itself, and over all looks for the epochs whose cases have all come; for open ones it is measured
//! (docs/error-rates.md).
//!
//! [`conditional`]: crate::stats::evidence::conditional

use crate::analysis::measurement::EpochCounts;
use crate::analysis::tally::Counts;
use crate::metric::Metric;

/// What is taken for granted of early failures, of both arms alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// They would have been quick.
    Quick,
    /// They would have been slow.
    Slow,
}

/// The cases of an epoch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cases {
    /// The candidate's part of them: what was drawn where every request is one, and what was counted elsewhere.
    pub(super) probability: f64,
    /// Its counts.
    pub(super) candidate: Counts,
    /// The baseline's.
    pub(super) baseline: Counts,
}

impl Cases {
    /// Those of an epoch: none where either arm has none, unless every request is one.
    pub(super) fn of(metric: Metric, counts: &EpochCounts) -> Self {
        let drawn = counts.epoch.weight.probability();
        let [candidate, baseline] = [&counts.candidate, &counts.baseline].map(|arm| arm.counts(metric));
        if metric.cases_are_drawn() {
            return Self { probability: drawn, candidate, baseline };
        }
        if candidate.trials == 0 || baseline.trials == 0 {
            return Self { probability: drawn, candidate: Counts::default(), baseline: Counts::default() };
        }
        let probability = candidate.trials as f64 / (candidate.trials + baseline.trials) as f64;
        Self { probability, candidate, baseline }
    }

    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.candidate.is_nothing() && self.baseline.is_nothing()
    }
}

impl Reading {
    /// The readings in which what is said of a metric has to hold.
    pub(super) const fn all(metric: Metric) -> &'static [Self] {
        if metric.is_time() { &[Self::Quick, Self::Slow] } else { &[Self::Quick] }
    }

    /// Bad requests.
    pub(super) const fn bad(self, counts: Counts) -> u64 {
        counts.events + self.early(counts)
    }

    /// Requests that are bad even with the margin granted; what was given up within it would have been as the reading has it.
    pub(super) const fn bad_if_granted(self, counts: Counts) -> u64 {
        match self {
            Self::Quick => counts.scaled,
            Self::Slow => counts.scaled + counts.given_up + counts.failed_early,
        }
    }

    /// What amounts come to under their cap, which is also what a slow answer comes to.
    pub(super) const fn sum(self, counts: Counts, cap: u64) -> u64 {
        counts.events.saturating_add(self.early(counts).saturating_mul(cap))
    }

    /// What early failures count as under a cap, and how many there are.
    pub(super) const fn early_amounts(self, counts: Counts, cap: u64) -> (u64, u64) {
        match self {
            Self::Quick => (0, counts.failed_early),
            Self::Slow => (cap, counts.failed_early),
        }
    }

    const fn early(self, counts: Counts) -> u64 {
        match self {
            Self::Quick => 0,
            Self::Slow => counts.failed_early,
        }
    }
}
