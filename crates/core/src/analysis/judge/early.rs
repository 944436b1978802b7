//! Early failures: requests that failed before they could be slow. How long their answers would have taken is not
//! known, and it must not be guessed in favour of either arm: what is said of times has to hold in every [`Reading`].
//!
//! One of the two readings is always true to a candidate that is no slower. Where the baseline fails more, counting its
//! early failures as slow leaves the candidate no more slow answers than it has; where the candidate fails more,
//! counting them as quick does. So the least of the evidence is evidence, and the errors of both arms may differ.

use crate::analysis::tally::Counts;
use crate::metric::Metric;

/// What early failures are taken for, on both arms alike.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reading {
    /// Their answers would have been quick.
    Quick,
    /// Their answers would have been slow.
    Slow,
}

impl Reading {
    /// The readings in which a finding about the metric has to hold.
    pub(super) const fn all(metric: Metric) -> &'static [Self] {
        if metric.is_time() { &[Self::Quick, Self::Slow] } else { &[Self::Quick] }
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
