//! How far the arms are apart, without what that varies by: sums that add over epochs.

use super::{EpochSums, GroupSums, Hypothesis};

/// The estimate of [`super::Contrast`] by itself: sums that add over epochs, in any order.
#[derive(Debug, Clone)]
pub struct Estimate {
    pub(super) hypothesis: Hypothesis,
    /// The distances of the epochs, each times how well it compares the arms.
    sum: f64,
    pub(super) worth: f64,
}

impl Estimate {
    /// That of no epochs yet.
    #[must_use]
    pub const fn from(hypothesis: Hypothesis) -> Self {
        Self { hypothesis, sum: 0.0, worth: 0.0 }
    }

    /// Adds an epoch, if the arms can be compared in it.
    pub fn add(&mut self, epoch: &EpochSums) {
        self.compared(epoch);
    }

    /// The distance so far; nothing while no epoch has requests on both arms.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        (self.worth > 0.0).then(|| self.sum / self.worth)
    }

    /// The same, and answers the epoch's totals and how well it compares the arms.
    pub(super) fn compared(&mut self, epoch: &EpochSums) -> Option<(GroupSums, f64)> {
        let total = total(&epoch.groups);
        let is_compared = total.candidate > 0.0 && total.baseline > 0.0 && !is_one_group(epoch, &total);
        if !is_compared {
            return None;
        }
        let Hypothesis { ratio, difference } = self.hypothesis;
        let weight = total.candidate * total.baseline / (total.candidate + total.baseline);
        let shares = Shares::of(&total);
        self.sum += weight * (shares.candidate - ratio * shares.baseline - difference);
        self.worth += weight;
        Some((total, weight))
    }
}

/// The shares of bad requests on both arms.
#[derive(Clone, Copy)]
pub(super) struct Shares {
    pub(super) candidate: f64,
    pub(super) baseline: f64,
}

impl Shares {
    pub(super) fn of(sums: &GroupSums) -> Self {
        Self {
            candidate: sums.candidate_events / sums.candidate,
            baseline: sums.baseline_events / sums.baseline,
        }
    }

    /// What they most likely are if the hypothesis is true.
    pub(super) fn under(Hypothesis { ratio, difference }: Hypothesis, total: &GroupSums) -> Self {
        let events = total.candidate_events + total.baseline_events - difference * total.candidate;
        let baseline = (events / (ratio * total.candidate + total.baseline)).clamp(0.0, 1.0);
        Self { candidate: (ratio * baseline + difference).clamp(0.0, 1.0), baseline }
    }
}

fn total(groups: &[GroupSums]) -> GroupSums {
    groups.iter().fold(GroupSums::default(), |sum, group| GroupSums {
        candidate: sum.candidate + group.candidate,
        candidate_events: sum.candidate_events + group.candidate_events,
        baseline: sum.baseline + group.baseline,
        baseline_events: sum.baseline_events + group.baseline_events,
    })
}

/// Whether one of several groups makes all requests of an arm: then nothing can be said of that arm without it.
fn is_one_group(epoch: &EpochSums, total: &GroupSums) -> bool {
    let is_all = |group: &GroupSums| group.candidate >= total.candidate || group.baseline >= total.baseline;
    epoch.groups.len() > 1 && epoch.groups.iter().any(is_all)
}
