//! What came of one run under one rule, and of many.

use serde::Serialize;
use viridian_core::stats::report::proportion::wilson;

/// The error of the bounds on every rate: 95 % confidence.
const ALPHA: f64 = 0.05;

/// What came of one run.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) end: End,
    /// When it ended.
    pub(crate) seconds: f64,
    /// Requests the candidate had been sent by then.
    pub(crate) candidate: u64,
    /// Bad answers that would not have been given without the candidate, expected.
    pub(crate) excess: f64,
    /// Which guards ever called it safe.
    pub(crate) passed: Vec<bool>,
    /// When the plan said that it would be promoted.
    pub(crate) predicted: Option<f64>,
    /// Between when and when it was said to be promoted, once it was under way.
    pub(crate) told: Option<(f64, f64)>,
    /// Whether the split was ever called broken.
    pub(crate) split_broken: bool,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    RolledBack,
    Promoted,
    /// It had not ended when the scenario was over.
    Open,
}

/// A rate with its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Rate {
    pub(crate) events: u64,
    pub(crate) runs: u64,
}

impl Rate {
    /// How often something is the case.
    pub(crate) fn of<T>(runs: &[T], is: impl Fn(&T) -> bool) -> Self {
        Self { events: runs.iter().filter(|run| is(run)).count() as u64, runs: runs.len() as u64 }
    }

    /// The part of the runs.
    pub(crate) fn share(self) -> f64 {
        if self.runs == 0 { 0.0 } else { self.events as f64 / self.runs as f64 }
    }

    /// The 95 % bounds (Wilson).
    pub(crate) fn bounds(self) -> (f64, f64) {
        let interval = wilson(self.events, self.runs, ALPHA);
        (interval.lower, interval.upper)
    }
}

/// A quantile over so many runs, of which those without a value come after all others; nothing when it is one of them.
pub(crate) fn quantile(values: impl Iterator<Item = f64>, runs: usize, at: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    let place = (at * runs.saturating_sub(1) as f64).round() as usize;
    sorted.get(place).copied()
}

/// The mean and its standard error; nothing without values.
pub(crate) fn mean(values: &[f64]) -> Option<(f64, f64)> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    (count > 0.0).then(|| (mean, (variance / count).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_among_the_values() {
        let values = [3.0, 1.0, 2.0, 5.0, 4.0];
        assert_eq!(quantile(values.into_iter(), 5, 0.5), Some(3.0));
        assert_eq!(quantile(values.into_iter(), 5, 0.9), Some(5.0));
        assert_eq!(quantile(values.into_iter(), 9, 0.5), Some(5.0));
        assert_eq!(quantile(values.into_iter(), 12, 0.5), None);
        assert_eq!(quantile([].into_iter(), 0, 0.5), None);
    }

    #[test]
    fn a_rate_of_nothing_seen_is_bounded() {
        let rate = Rate { events: 0, runs: 2_000 };
        assert!(rate.bounds().1 < 0.002, "{rate:?}");
    }
}
