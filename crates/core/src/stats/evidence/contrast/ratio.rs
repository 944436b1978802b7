//! How many times as large a mean of amounts is on the candidate: the ratios that [`Contrast::of_amounts`] does not rule out.

use super::{Contrast, Distance, EpochSums, Hypothesis};
use crate::stats::interval::Interval;
use crate::stats::special::bisect_within;

/// Ratios are searched up to here; beyond, an end counts as open.
const LARGEST: f64 = 1e6;
/// Ends are found to this and rounded outwards: nobody reads or decides more finely.
const PRECISION: f64 = 1e-6;

/// The confidence sequence of the ratio of means, with error `alpha_per_side` on each side over all looks together; nothing while no
/// epoch has requests on both arms.
///
/// An end is the ratio `r` at which the bound of the distance from `m_T = r m_C` is zero, so that what is not known of the
/// baseline's mean counts as well as of the candidate's. Source: Fieller, "Some problems in interval estimation", JRSS B 16, 1954,
/// with the bounds of [`Contrast`] and what these assume.
#[must_use]
pub fn confidence(epochs: &[EpochSums], alpha_per_side: f64) -> Option<Interval> {
    let lines = Lines::of(epochs);
    let of_ratio = |log_ratio: f64| lines.at(log_ratio.exp());
    let reach = LARGEST.ln();
    of_ratio(0.0)?;
    let is_above =
        |log_ratio| of_ratio(log_ratio).is_some_and(|distance| distance.lower(alpha_per_side) > 0.0);
    let is_below =
        |log_ratio| of_ratio(log_ratio).is_some_and(|distance| distance.upper(alpha_per_side) < 0.0);
    let lower = bisect_within(PRECISION, reach, -reach, is_above);
    let upper = bisect_within(PRECISION, -reach, reach, is_below);
    Some(Interval {
        lower: if lower <= -reach { 0.0 } else { lower.exp() },
        upper: if upper >= reach { f64::INFINITY } else { upper.exp() },
    })
}

/// The distance at every ratio, which it follows in a straight line.
struct Lines {
    at_none: Distance,
    at_one: Distance,
}

impl Lines {
    fn of(epochs: &[EpochSums]) -> Self {
        let at = |ratio| Distance::of(epochs, Hypothesis { ratio, difference: 0.0 });
        Self { at_none: at(0.0), at_one: at(1.0) }
    }

    fn at(&self, ratio: f64) -> Option<Contrast> {
        let between = |none: f64, one: f64| none + ratio * (one - none);
        let mut distance = self.at_none.clone();
        for (none, one) in distance.contributions.iter_mut().zip(&self.at_one.contributions) {
            *none = between(*none, *one);
        }
        let estimate = between(self.at_none.estimate.value()?, self.at_one.estimate.value()?);
        distance.of_amounts().map(|found| Contrast { estimate, ..found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::contrast::GroupSums;

    fn epochs(dearer: f64) -> Vec<EpochSums> {
        let group = |number: usize| {
            let (candidate, baseline) = (10.0 + (number % 7) as f64, 30.0 + (number % 5) as f64);
            GroupSums {
                candidate,
                candidate_events: dearer * candidate * (2.0 + (number % 3) as f64),
                baseline,
                baseline_events: baseline * (2.0 + (number % 4) as f64 * 0.6),
            }
        };
        (0..2).map(|_| EpochSums { probability: 0.25, groups: (0..64).map(group).collect() }).collect()
    }

    #[test]
    fn ends_are_where_the_bounds_of_the_distance_are_zero() {
        let epochs = epochs(1.3);
        let found = confidence(&epochs, 0.025).unwrap();
        let at = |ratio| Contrast::of_amounts(&epochs, Hypothesis { ratio, difference: 0.0 }).unwrap();
        assert!(at(found.lower).lower(0.025).abs() < 1e-4, "{found:?}");
        assert!(at(found.upper).upper(0.025).abs() < 1e-4, "{found:?}");
        assert!(1.0 < found.lower && found.lower < found.upper, "{found:?}");
    }

    #[test]
    fn nothing_is_said_of_one_arm_and_an_open_end_is_open() {
        assert_eq!(confidence(&[], 0.025), None);
        let free = |group: &mut GroupSums| group.baseline_events = 0.0;
        let mut epochs = epochs(1.0);
        epochs.iter_mut().flat_map(|epoch| &mut epoch.groups).for_each(free);
        assert_eq!(confidence(&epochs, 0.025).unwrap().upper, f64::INFINITY);
    }
}
