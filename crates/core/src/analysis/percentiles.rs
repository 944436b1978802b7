//! The percentiles of the times that answers took, arm by arm, each with the range in which it lies: [`percentiles`].
//!
//! For display only. The ranges hold at every look (Howard and Ramdas, [`crate::stats::sequence::ranks`]) for independent times from one
//! distribution, so they are told for requests drawn one by one and not for sticky units; where times drift they are about what the
//! arm did on average. Arms whose share changed served at different hours: that one range lies above the other is no verdict. Those
//! compare the arms within spans, by the race of exceedances.

use super::judge::Units;
use super::measurement::Evidence;
use crate::arm::Arm;
use crate::metric::Metric;
use crate::stats::histogram::Histogram;
use crate::stats::sequence::ranks::{QuantileBounds, RankQuery, quantile_bounds};

/// The error of each range, both ends together, over all looks.
pub const ALPHA: f64 = 0.05;

/// As many times as the ranges are tightest at.
const TUNED_FOR: f64 = 1_000.0;

/// What is told.
const METRICS: [Metric; 8] = [
    Metric::LatencyP50,
    Metric::LatencyP95,
    Metric::LatencyP99,
    Metric::FirstTokenP50,
    Metric::FirstTokenP95,
    Metric::FirstTokenP99,
    Metric::PerTokenP50,
    Metric::PerTokenP95,
];

/// One percentile of both arms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentile {
    /// Which.
    pub metric: Metric,
    /// The baseline's.
    pub baseline: Told,
    /// The candidate's.
    pub candidate: Told,
}

/// What one arm's times tell of a percentile, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// How many times were measured.
    pub measured: u64,
    /// The best guess, rounded up to the edge of a bucket; absent without times.
    pub estimate: Option<u64>,
    /// Where it lies, rounded outwards to edges of buckets.
    pub bounds: QuantileBounds,
}

/// The percentiles of every kind of time that was measured on either arm, over the epochs that compare them; none of sticky units.
pub fn percentiles(evidence: &Evidence, units: Units) -> Vec<Percentile> {
    if units == Units::Sticky {
        return Vec::new();
    }
    METRICS.into_iter().filter_map(|metric| percentile(evidence, metric)).collect()
}

fn percentile(evidence: &Evidence, metric: Metric) -> Option<Percentile> {
    let asked = metric.percentile()?;
    let told = |arm: Arm| {
        let mut times = Histogram::default();
        for counts in evidence.compared() {
            times.merge(counts.arm(arm).tally.times(asked.of));
        }
        let query = RankQuery { quantile: asked.level, alpha: ALPHA, tuned_for: TUNED_FOR };
        Told {
            measured: times.count(),
            estimate: times.quantile(asked.level),
            bounds: quantile_bounds(&times, query),
        }
    };
    let (baseline, candidate) = (told(Arm::Baseline), told(Arm::Candidate));
    (baseline.measured + candidate.measured > 0).then_some(Percentile { metric, baseline, candidate })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::measurement::EpochCounts;
    use crate::epoch::{Centres, Epoch, Thresholds};
    use crate::id::EpochId;
    use crate::time::Timestamp;
    use crate::weight::Weight;

    fn evidence(baseline: u64, candidate: u64, weight: Weight) -> Evidence {
        let epoch = Epoch {
            id: EpochId(1),
            weight,
            thresholds: Thresholds::default(),
            centres: Centres::default(),
            started_at: Timestamp(0),
            allotment: None,
        };
        let mut counts = EpochCounts::empty(epoch);
        for (arm, times) in [(Arm::Baseline, baseline), (Arm::Candidate, candidate)] {
            // From a tenth of a second to a second.
            for time in 0..times {
                counts.arm_mut(arm).tally.latency.record(100_000 + 900_000 * time / times);
            }
        }
        Evidence { epochs: vec![counts] }
    }

    #[test]
    fn each_arm_has_its_own_range_around_its_own_percentile() {
        let half = Weight::from_basis_points(5_000).unwrap();
        let found = percentiles(&evidence(20_000, 60, half), Units::Independent);
        let metrics: Vec<Metric> = found.iter().map(|percentile| percentile.metric).collect();
        assert_eq!(metrics, [Metric::LatencyP50, Metric::LatencyP95, Metric::LatencyP99]);
        for (percentile, truth) in found.iter().zip([550_000, 955_000, 991_000]) {
            let QuantileBounds { lower, upper } = percentile.baseline.bounds;
            let (lower, upper) = (lower.unwrap(), upper.unwrap());
            assert!(lower < truth && truth < upper && upper < lower * 5 / 4, "{percentile:?}");
        }
        let few = found[1].candidate;
        assert_eq!(
            (few.measured, few.bounds.upper),
            (60, None),
            "sixty times do not bound a 95th percentile"
        );
        assert!(few.bounds.lower.is_some() && few.estimate.is_some());
    }

    #[test]
    fn what_is_not_compared_or_not_independent_is_not_told() {
        let half = Weight::from_basis_points(5_000).unwrap();
        assert_eq!(percentiles(&evidence(1_000, 1_000, half), Units::Sticky), []);
        assert_eq!(percentiles(&evidence(1_000, 0, Weight::ZERO), Units::Independent), []);
        assert_eq!(percentiles(&Evidence::default(), Units::Independent), []);
    }
}
