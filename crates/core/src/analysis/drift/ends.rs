//! The two ends of a rollout so far: its first epochs and its newest ones, as far back as they say enough.

use crate::analysis::judge::{MIN_UNITS, Units};
use crate::analysis::measurement::EpochCounts;
use crate::analysis::tally::UnitSketch;
use crate::arm::Arm;
use crate::metric::Metric;
use crate::unit::GROUPS;
use std::collections::{BTreeMap, BTreeSet};

/// An end that says enough has so many counts of what is compared; the chance that is told is that of large samples.
const ENOUGH: u64 = 500;

/// Counts by cell.
pub(super) type Spread<K> = BTreeMap<K, u64>;

/// What was counted at both ends.
pub(super) struct Ends<K> {
    pub(super) first: Spread<K>,
    pub(super) newest: Spread<K>,
    /// What one count weighs at each end, at most one: counts of one unit are not independent.
    weights: [f64; 2],
}

impl<K: Ord + Copy> Ends<K> {
    /// Those of what these arms served, of which a metric has a trial for each count. Nothing while they would overlap, or have too few
    /// units to say anything.
    pub(super) fn of<'e>(
        epochs: &[&'e EpochCounts],
        (units, arms, of): (Units, &[Arm], Metric),
        spread: impl Fn(&'e EpochCounts) -> Spread<K>,
    ) -> Option<Self> {
        let spreads: Vec<Spread<K>> = epochs.iter().map(|counts| spread(counts)).collect();
        let first = reach(spreads.iter())?;
        let newest = spreads.len() - reach(spreads.iter().rev())?;
        if first > newest {
            return None;
        }
        let weights = match units {
            Units::Independent => [1.0; 2],
            Units::Sticky => [weight(&epochs[..first], (arms, of))?, weight(&epochs[newest..], (arms, of))?],
        };
        Some(Self { first: sum(&spreads[..first]), newest: sum(&spreads[newest..]), weights })
    }

    /// Every cell that has counts at either end.
    pub(super) fn cells(&self) -> BTreeSet<K> {
        self.first.keys().chain(self.newest.keys()).copied().collect()
    }

    /// Counts as they weigh, at both ends.
    pub(super) fn weighed(&self, cells: &[(u64, u64)]) -> [Vec<u64>; 2] {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the count")]
        let weigh = |count: u64, weight: f64| (count as f64 * weight).round() as u64;
        [
            cells.iter().map(|(first, _)| weigh(*first, self.weights[0])).collect(),
            cells.iter().map(|(_, newest)| weigh(*newest, self.weights[1])).collect(),
        ]
    }

    /// The counts of one cell at both ends.
    pub(super) fn at(&self, cell: K) -> (u64, u64) {
        let count = |spread: &Spread<K>| spread.get(&cell).copied().unwrap_or_default();
        (count(&self.first), count(&self.newest))
    }
}

/// How many there have to be until they say enough.
fn reach<'a, K: 'a>(spreads: impl Iterator<Item = &'a Spread<K>>) -> Option<usize> {
    let mut counted = 0;
    let mut sums = spreads.map(|spread| {
        counted += spread.values().sum::<u64>();
        counted
    });
    sums.position(|counted| counted >= ENOUGH).map(|last| last + 1)
}

fn sum<K: Ord + Copy>(spreads: &[Spread<K>]) -> Spread<K> {
    let mut sum = Spread::new();
    for (cell, count) in spreads.iter().flatten() {
        *sum.entry(*cell).or_default() += count;
    }
    sum
}

/// What one request of these arms, or one of their answers that got a score, weighs when those of one unit may all be the same: as they tell as much as fewer
/// independent ones would, and no more than there are units. Requests that belong to no unit stand for themselves.
fn weight(epochs: &[&EpochCounts], (arms, of): (&[Arm], Metric)) -> Option<f64> {
    let mut units = UnitSketch::default();
    let mut sums = [0.0; GROUPS];
    let mut requests = 0;
    for arm in epochs.iter().flat_map(|counts| arms.iter().map(|arm| counts.arm(*arm))) {
        requests += arm.counts(of).trials;
        units.add(&arm.groups.units);
        let counted = arm.groups.counts(of);
        sums.iter_mut().zip(counted).for_each(|(sum, counts)| *sum += counts.trials as f64);
    }
    let all: f64 = sums.iter().sum();
    let units = units.count();
    let independent = as_independent(&sums).min(units as f64);
    let loners = (requests as f64 - all).max(0.0);
    (units >= MIN_UNITS).then(|| ((independent + loners) / requests.max(1) as f64).min(1.0))
}

/// As how many independent requests these tell, by their sums per group, when those of one unit are all the same.
///
/// `n` requests, `m_i` of them by unit `i`, tell as much as `(sum_i m_i)^2 / sum_i m_i^2` independent ones. The squares follow
/// from how the sums of the groups that units fall into scatter: `sum_i m_i^2` is on average `G/(G - 1) sum_g (S_g - S/G)^2`
/// over `G` groups, whoever is heavy. Source: Kish, "Survey sampling", 1965, section 8.2, at full correlation within units.
pub(super) fn as_independent(sums: &[f64; GROUPS]) -> f64 {
    let all: f64 = sums.iter().sum();
    let mean = all / GROUPS as f64;
    let scatter: f64 = sums.iter().map(|sum| (sum - mean).powi(2)).sum();
    let squares = scatter * GROUPS as f64 / (GROUPS - 1) as f64;
    (all * all / squares.max(1.0)).min(all)
}
