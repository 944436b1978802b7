//! The arms' observations as sums, in one reading of early failures: [`Sums`].

use super::{LARGEST_RATIO, PRECISION, Raw};
use crate::analysis::judge::Units;
use crate::experiment::early::Early;
use crate::experiment::evidence::{Counted, kind, merged};
use crate::metric::Metric;
use crate::stats::evidence::linear::{self, Kind, Linear};
use crate::stats::special::turn_within;

/// The observations after the draw and before it.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    after: Vec<linear::Span>,
    before: Vec<linear::Span>,
    kind: Kind,
}

impl Sums {
    /// Those of a metric.
    pub(super) fn of(counted: &Counted, (metric, units): (Metric, Units), early: Early) -> Self {
        let merged = |spans| merged(spans, (metric, units), early);
        Self { after: merged(&counted.spans), before: merged(&counted.lead_in), kind: kind(metric) }
    }

    /// Whether the arms had the same shares all along.
    pub(super) const fn is_drawn_alike(&self) -> bool {
        self.after.len() == 1
    }

    /// A weighted sum of the arms' means, with what the lead-in explains taken out.
    pub(super) fn weighted(&self, weights: &[f64]) -> Option<Linear> {
        Linear::adjusted(&self.after, &self.before, weights, self.kind)
    }

    /// An arm less so many times another.
    pub(super) fn linear(&self, arm: usize, against: usize, ratio: f64) -> Option<Linear> {
        let arms = self.after.first()?.len();
        let weight = |place: usize| match place {
            place if place == arm => 1.0,
            place if place == against => -ratio,
            _ => 0.0,
        };
        self.weighted(&(0..arms).map(weight).collect::<Vec<_>>())
    }

    /// How far apart two arms are, with an interval.
    pub(super) fn points(&self, arm: usize, against: usize, alpha: f64) -> Option<Raw> {
        self.linear(arm, against, 1.0).map(|sum| Raw {
            estimate: sum.estimate,
            lower: Some(sum.lower(alpha)),
            upper: Some(sum.upper(alpha)),
        })
    }

    /// The ratios less one at which the arm's mean is neither above nor below so many times the other's: Fieller's interval with
    /// the sequence's bounds, so that the uncertainty of both means is in it.
    pub(super) fn ratio(&self, arm: usize, against: usize, alpha: f64) -> Option<Raw> {
        let equal = self.linear(arm, against, 1.0)?;
        // How much the distance falls per unit of the ratio is the other arm's mean, as the spans weigh it.
        let scale = equal.estimate - self.linear(arm, against, 2.0)?.estimate;
        if scale <= 0.0 {
            return None;
        }
        let estimate = turn_within(PRECISION, LARGEST_RATIO, 0.0, |ratio| {
            self.linear(arm, against, ratio).map_or(f64::NAN, |sum| sum.estimate)
        });
        let lower = turn_within(PRECISION, LARGEST_RATIO, 0.0, |ratio| {
            self.linear(arm, against, ratio).map_or(f64::NAN, |sum| sum.lower(alpha))
        });
        let upper = turn_within(PRECISION, 0.0, LARGEST_RATIO, |ratio| {
            self.linear(arm, against, ratio).map_or(f64::NAN, |sum| -sum.upper(alpha))
        });
        Some(Raw {
            estimate: estimate - 1.0,
            lower: Some(lower - 1.0),
            upper: (upper < LARGEST_RATIO).then_some(upper - 1.0),
        })
    }
}
