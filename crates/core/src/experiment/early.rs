//! Requests that failed before they could be slow, in an experiment about how long answers take: [`Early`]. How long theirs would have
//! taken is not known, and an arm is neither quick nor slow for them. What decides has to hold in every reading, as for a rollout; what
//! is only shown leaves them out.

use crate::metric::Metric;
use crate::stats::moments::Moments;

/// What early failures are taken for, on all arms alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Early {
    /// Nothing: the answers that came are compared.
    LeftOut,
    /// Their answers would have been quick.
    Quick,
    /// Their answers would have taken as long as any is counted with.
    Slow,
}

impl Early {
    /// The readings in which a finding about the metric has to hold, the one that is shown first.
    pub(super) const fn readings(metric: Metric) -> &'static [Self] {
        if metric.is_time() { &[Self::LeftOut, Self::Quick, Self::Slow] } else { &[Self::LeftOut] }
    }

    /// What so many of them come to under a cap.
    pub(super) fn moments(self, failed: u64, cap: Option<u64>) -> Moments {
        match self {
            Self::LeftOut => Moments::default(),
            Self::Quick => Moments::of(failed as f64, 0.0),
            Self::Slow => cap.map_or_else(Moments::default, |cap| Moments::of(failed as f64, cap as f64)),
        }
    }
}
