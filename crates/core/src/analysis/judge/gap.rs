//! The best guess of how much worse the candidate is, on the scale of a guard's margin: [`Gap`] adds over epochs.
//!
//! The arms are compared within each epoch, and epochs are weighted by how well they compare them, so that a drift of
//! both arms across epochs does not look like a difference between them.

use super::is_relative;
use super::reading::Cases;
use crate::analysis::measurement::EpochCounts;
use crate::analysis::remembered::{Compared, Scale};
use crate::analysis::tally::Counts;
use crate::guard::Guard;
use crate::metric::{Metric, Percentile};
use crate::score::LEVELS;
use std::iter::Sum;
use std::ops::AddAssign;

/// How much worse the candidate is, as a weighted sum and its weight.
///
/// - Points: differences of shares, or of mean scores, each weighted by the harmonic number of trials (Mantel and Haenszel).
/// - Per cent of a share: events of each arm, weighted by the other's part of the cases.
/// - Per cent of a percentile, or of an amount: logarithms of ratios of percentiles, or of means, weighted as points are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gap {
    sum: f64,
    weight: f64,
}

impl Gap {
    /// What one epoch says.
    pub(super) fn of(guard: &Guard, counts: &EpochCounts) -> Self {
        let scale = if is_relative(guard.margin) { Scale::Ratio } else { Scale::Points };
        Self::remembered(guard, scale, counts, Self::found)
    }

    /// What one epoch says of an amount as it is, beyond the cap as well.
    pub(super) fn uncapped(guard: &Guard, counts: &EpochCounts) -> Self {
        Self::remembered(guard, Scale::Uncapped, counts, Self::found_uncapped)
    }

    fn remembered(
        guard: &Guard,
        scale: Scale,
        counts: &EpochCounts,
        find: impl FnOnce(&Guard, &EpochCounts) -> Self,
    ) -> Self {
        let [sum, weight] = counts.gap(Compared { metric: guard.metric, scale }, || {
            let Self { sum, weight } = find(guard, counts);
            [sum, weight]
        });
        Self { sum, weight }
    }

    fn found(guard: &Guard, counts: &EpochCounts) -> Self {
        if let Some(percentile) = guard.metric.percentile() {
            return Self::of_times(percentile, counts);
        }
        let (baseline, candidate) =
            (counts.baseline.counts(guard.metric), counts.candidate.counts(guard.metric));
        if guard.metric.is_amount() {
            let weight = harmonic(compared(baseline), compared(candidate));
            return Self::of_means(mean(baseline), mean(candidate), weight);
        }
        if is_relative(guard.margin) {
            let cases = Cases::of(guard.metric, counts);
            return Self {
                sum: cases.candidate.events as f64 * (1.0 - cases.probability),
                weight: cases.baseline.events as f64 * cases.probability,
            };
        }
        let Some((before, now)) = baseline.share().zip(candidate.share()) else { return Self::default() };
        let weight = harmonic(baseline.trials, candidate.trials);
        let unit = match guard.metric {
            Metric::Score(score) => score.width() / f64::from(LEVELS),
            _ => 1.0,
        };
        Self { sum: weight * (now - before) * unit, weight }
    }

    fn found_uncapped(guard: &Guard, counts: &EpochCounts) -> Self {
        let [baseline, candidate] =
            [&counts.baseline, &counts.candidate].map(|arm| arm.tally.amounts(guard.metric));
        let Some((baseline, candidate)) = baseline.zip(candidate) else { return Self::default() };
        let weight = harmonic(baseline.count(), candidate.count());
        if guard.metric == Metric::CostPerSuccess {
            let [baseline, candidate] = [&counts.baseline, &counts.candidate].map(|arm| {
                let counts = arm.counts(guard.metric);
                mean(Counts { events: arm.tally.cost.sum(), ..counts })
            });
            return Self::of_means(baseline, candidate, weight);
        }
        Self::of_means(baseline.mean(), candidate.mean(), weight)
    }

    fn of_means(before: Option<f64>, now: Option<f64>, weight: f64) -> Self {
        let Some((before, now)) = before.zip(now) else { return Self::default() };
        Self { sum: weight * (now.max(LEAST_MEAN) / before.max(LEAST_MEAN)).ln(), weight }
    }

    fn of_times(percentile: Percentile, counts: &EpochCounts) -> Self {
        let [baseline, candidate] =
            [&counts.baseline, &counts.candidate].map(|arm| arm.tally.times(percentile.of));
        let [before, now] = [baseline, candidate].map(|times| times.quantile(percentile.level));
        let Some((before, now)) = before.zip(now) else {
            return Self::default();
        };
        let weight = harmonic(baseline.count(), candidate.count());
        Self { sum: weight * (now as f64 / before.max(1) as f64).ln(), weight }
    }

    /// The best guess on the margin's scale; absent while nothing can be guessed.
    pub(super) fn estimate(&self, guard: &Guard) -> Option<f64> {
        let guess = self.guess(guard)?;
        Some(if is_logarithm(guard) { guess.exp() - 1.0 } else { guess })
    }

    /// Whether the best guess lies at the margin or beyond, which is [`margin_of`] the guard.
    pub(super) fn is_at(&self, guard: &Guard, margin: f64) -> bool {
        self.guess(guard).is_some_and(|guess| guess >= margin)
    }

    /// The best guess on the scale that epochs are compared on.
    fn guess(&self, guard: &Guard) -> Option<f64> {
        let Self { sum, weight } = *self;
        if !is_logarithm(guard) && is_relative(guard.margin) {
            return match weight > 0.0 {
                true => Some(sum / weight - 1.0),
                false => (sum > 0.0).then_some(f64::MAX),
            };
        }
        (weight > 0.0).then(|| sum / weight)
    }
}

/// The margin on the scale that epochs are compared on.
pub(super) fn margin_of(guard: &Guard) -> f64 {
    let margin = guard.margin.fraction();
    if is_logarithm(guard) { margin.ln_1p() } else { margin }
}

/// Whether epochs are compared by logarithms of ratios.
const fn is_logarithm(guard: &Guard) -> bool {
    guard.metric.percentile().is_some() || guard.metric.is_amount()
}

/// A mean below this is as good as none: amounts are whole numbers.
const LEAST_MEAN: f64 = 1e-3;

impl AddAssign for Gap {
    fn add_assign(&mut self, more: Self) {
        self.sum += more.sum;
        self.weight += more.weight;
    }
}

impl Sum for Gap {
    fn sum<I: Iterator<Item = Self>>(gaps: I) -> Self {
        gaps.fold(Self::default(), |mut sum, gap| {
            sum += gap;
            sum
        })
    }
}

/// The trials a mean rests on: one at least where there is something to divide, so that an arm without a single good answer
/// has a cost per good answer, too low as it is.
const fn compared(counts: Counts) -> u64 {
    let known = counts.known();
    if known == 0 && counts.events > 0 { 1 } else { known }
}

/// The mean of what is known.
fn mean(counts: Counts) -> Option<f64> {
    let known = compared(counts);
    (known > 0).then(|| counts.events as f64 / known as f64)
}

fn harmonic(a: u64, b: u64) -> f64 {
    let (a, b) = (a as f64, b as f64);
    if a + b > 0.0 { a * b / (a + b) } else { 0.0 }
}
