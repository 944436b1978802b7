//! What the counts leave open is read in more than one way, and what is said of the arms has to hold in every [`Reading`].
//!
//! Early failures are requests that failed before they could be slow. How long their answers would have taken is not known, and
//! it must not be guessed in favour of either arm. One of two readings is always true to a candidate that is no slower. Where the
//! baseline fails more, counting its early failures as slow leaves the candidate no more slow answers than it has; where the
//! candidate fails more, counting them as quick does. So the least of the evidence is evidence, and the errors of both arms may
//! differ. Whose cases are which is a question of its own, so each of the two is asked with each of the following.
//!
//! Of most metrics not every request is a case: answers that failed have no cost, those that were turned away no time, few get an
//! opinion, and how many are cases is an arm's own affair. With the parts `q_T` and `q_C` of either arm's requests that are, the bets on a difference by the draw are
//! bets on `q_T (mu_T - c) - q_C (mu_C - c)`, and a race by the draw is one of `q_T mu_T` and `q_C mu_C`: exact at every look where
//! the parts are the same, and beside the point where they are not. With the candidate's part of the cases in place of its part
//! of the draw both ask for `mu_T - mu_C` and `mu_T / mu_C` alone. Given how many cases each arm has, they are e-values then: with
//! `d_T` and `d_C` the means of `Y - c` of arms that differ by no more than the margin, and `pi` the candidate's part of `n` cases,
//! the bets come to `(1 + h d_T / pi)^(pi n) (1 - h d_C / (1 - pi))^((1 - pi) n) <= (1 + h (d_T - d_C))^n` on average, because the
//! logarithm bends downwards (Jensen), and the events of a race are drawn without putting back, which varies less than the race
//! allows for (Hoeffding, "Probability inequalities for sums of bounded random variables", JASA 58, 1963, theorem 4). Given that one
//! arm has none, an epoch says nothing. That holds at each look by itself; over all looks it is measured (docs/error-rates.md).

use crate::analysis::measurement::EpochCounts;
use crate::analysis::tally::Counts;
use crate::metric::Metric;

/// What is taken for granted of both arms alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// As large a part of either arm's requests are cases as the other's; early failures would have been quick.
    Quick,
    /// The same; they would have been slow.
    Slow,
    /// Each arm has its own part of the cases; early failures would have been quick.
    Told,
    /// The same; they would have been slow.
    ToldSlow,
}

/// The cases of an epoch in a reading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cases {
    /// The candidate's part of them.
    pub(super) probability: f64,
    /// Its counts.
    pub(super) candidate: Counts,
    /// The baseline's.
    pub(super) baseline: Counts,
}

impl Cases {
    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.candidate.is_nothing() && self.baseline.is_nothing()
    }
}

impl Reading {
    /// The readings in which a finding about requests that are drawn one by one has to hold.
    pub(super) const fn all(metric: Metric) -> &'static [Self] {
        match (metric.is_time(), metric.cases_are_drawn()) {
            (true, _) => &[Self::Quick, Self::Slow, Self::Told, Self::ToldSlow],
            (false, true) => &[Self::Quick],
            (false, false) => &[Self::Quick, Self::Told],
        }
    }

    /// Those of early failures alone: sums by group say by themselves how many cases an arm has.
    pub(super) const fn of_failures(metric: Metric) -> &'static [Self] {
        if metric.is_time() { &[Self::Quick, Self::Slow] } else { &[Self::Quick] }
    }

    /// The one by which the best guess and the range around it are told, where one has to do.
    pub(super) const fn told_of(metric: Metric) -> Self {
        if metric.cases_are_drawn() { Self::Quick } else { Self::Told }
    }

    /// What the arms' counts of an epoch are taken for, and the candidate's part of its cases. Where the arms have their own parts
    /// an epoch in which either has no case is one without any.
    pub(super) fn of(self, metric: Metric, counts: &EpochCounts) -> Cases {
        let probability = counts.epoch.weight.probability();
        let [candidate, baseline] = [&counts.candidate, &counts.baseline].map(|arm| arm.counts(metric));
        let trials = [candidate, baseline].map(|counts| counts.trials);
        if !self.compares(trials) {
            return Cases { probability, candidate: Counts::default(), baseline: Counts::default() };
        }
        let probability = match self {
            Self::Quick | Self::Slow => probability,
            Self::Told | Self::ToldSlow => {
                candidate.trials as f64 / (candidate.trials + baseline.trials) as f64
            }
        };
        Cases { probability, candidate, baseline }
    }

    /// Whether an epoch says anything in which the arms have so many cases.
    fn compares(self, trials: [u64; 2]) -> bool {
        match self {
            Self::Quick | Self::Slow => true,
            Self::Told | Self::ToldSlow => trials.iter().all(|trials| *trials > 0),
        }
    }

    /// Bad requests.
    pub(super) const fn bad(self, counts: Counts) -> u64 {
        counts.events + self.early(counts)
    }

    /// Requests that are bad even with the margin granted.
    pub(super) const fn bad_if_granted(self, counts: Counts) -> u64 {
        counts.scaled + self.early(counts)
    }

    /// What amounts come to under their cap, which is also what a slow answer comes to.
    pub(super) const fn sum(self, counts: Counts, cap: u64) -> u64 {
        counts.events.saturating_add(self.early(counts).saturating_mul(cap))
    }

    /// What early failures count as under a cap, and how many there are.
    pub(super) const fn early_amounts(self, counts: Counts, cap: u64) -> (u64, u64) {
        match self {
            Self::Quick | Self::Told => (0, counts.failed_early),
            Self::Slow | Self::ToldSlow => (cap, counts.failed_early),
        }
    }

    const fn early(self, counts: Counts) -> u64 {
        match self {
            Self::Quick | Self::Told => 0,
            Self::Slow | Self::ToldSlow => counts.failed_early,
        }
    }
}
