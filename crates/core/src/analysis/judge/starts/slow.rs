//! The best guess by a percentile where the times of answers are not kept, as in a slice: [`SlowAnswers`].

use super::BestGuess;
use crate::analysis::measurement::EpochCounts;
use crate::analysis::tally::Counts;
use crate::metric::Metric;
use crate::stats::evidence::contrast::{EpochSums, Estimate, GroupSums, Hypothesis};

/// How much more often the candidate's answers take longer than the threshold and the margin than the baseline's take longer than
/// the threshold, each epoch weighted by how well it compares the arms. If that is not less often, the candidate's percentile is
/// beyond the baseline's by the margin or more: not the one that the guard names, but the one that the threshold is in the slice.
pub(super) struct SlowAnswers<'a> {
    metric: Metric,
    epochs: &'a [&'a EpochCounts],
    distance: Estimate,
}

impl<'a> SlowAnswers<'a> {
    /// By the counts of each compared epoch.
    pub(super) const fn of(metric: Metric, epochs: &'a [&'a EpochCounts]) -> Self {
        Self { metric, epochs, distance: Estimate::from(Hypothesis::EQUAL) }
    }
}

impl BestGuess for SlowAnswers<'_> {
    fn add(&mut self, epoch: usize) {
        let counts = self.epochs[epoch];
        let [candidate, baseline]: [Counts; 2] =
            [&counts.candidate, &counts.baseline].map(|arm| arm.counts(self.metric));
        let all = GroupSums {
            candidate: candidate.known() as f64,
            candidate_events: candidate.scaled as f64,
            baseline: baseline.known() as f64,
            baseline_events: baseline.events as f64,
        };
        let probability = counts.epoch.weight.probability();
        self.distance.add(&EpochSums { probability, groups: vec![all] });
    }

    fn is_material(&self) -> bool {
        self.distance.value().is_some_and(|distance| distance >= 0.0)
    }
}
