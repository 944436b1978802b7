//! The test of Mann and Whitney: whether values of one sample tend to be larger than those of another, at one look.
//!
//! For those who ask for one look; nothing in the product calls it.
//!
//! Start with [`MannWhitney::of`]. Hypothesis: both samples come from one distribution. Assumes independent values; points
//! of a time series are not. Source: Mann and Whitney, "On a test of whether one of two random variables is stochastically
//! larger than the other", Annals of Mathematical Statistics 18, 1947; shift and its interval: Hodges and Lehmann,
//! "Estimates of location based on rank tests", same journal 34, 1963.

use crate::stats::interval::Interval;
use crate::stats::special::{normal_cdf, normal_quantile};

/// Up to so many pairs the distribution without ties is counted out; beyond, the normal one cannot be told from it.
const COUNTED_PAIRS: usize = 2_500;

/// The statistic, and what it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannWhitney {
    /// Pairs in which the candidate's value is larger, ties counting half.
    pub larger_pairs: f64,
    /// The chance of a statistic as far from the middle, under the hypothesis.
    pub two_sided_p: f64,
}

impl MannWhitney {
    /// Compares the samples; nothing when one of them is empty or a value is not a number.
    ///
    /// Exact without ties for few values, otherwise normal with corrections for ties and continuity.
    #[must_use]
    pub fn of(baseline: &[f64], candidate: &[f64]) -> Option<Self> {
        let ranked = Ranked::of(baseline, candidate)?;
        let pairs = baseline.len() * candidate.len();
        let two_sided_p = if ranked.tie_term == 0.0 && pairs <= COUNTED_PAIRS {
            exact_p(ranked.larger_pairs, baseline.len(), candidate.len())
        } else {
            let distance = (ranked.larger_pairs - 0.5 * pairs as f64).abs() - 0.5;
            if ranked.deviation > 0.0 { 2.0 * normal_cdf(-distance.max(0.0) / ranked.deviation) } else { 1.0 }
        };
        Some(Self { larger_pairs: ranked.larger_pairs, two_sided_p: two_sided_p.min(1.0) })
    }
}

/// How far the candidate's values are shifted: the median of all differences between the samples, candidate less
/// baseline. Nothing without values.
#[must_use]
pub fn shift(baseline: &[f64], candidate: &[f64]) -> Option<f64> {
    let differences = differences(baseline, candidate)?;
    let middle = differences.len() / 2;
    let upper = differences.get(middle)?;
    Some(if differences.len() % 2 == 1 { *upper } else { 0.5 * (differences[middle - 1] + upper) })
}

/// The interval of the shift at confidence `1 - alpha`: the differences at the ranks that the test does not reject, by
/// the normal approximation with correction for continuity. Unbounded where there are too few.
#[must_use]
pub fn shift_interval(baseline: &[f64], candidate: &[f64], alpha: f64) -> Option<Interval> {
    let differences = differences(baseline, candidate)?;
    let (n, m, pairs) = (baseline.len() as f64, candidate.len() as f64, differences.len() as f64);
    let deviation = (n * m * (n + m + 1.0) / 12.0).sqrt();
    let skipped = 0.5 * pairs - 0.5 - normal_quantile(1.0 - alpha / 2.0) * deviation;
    if skipped < 0.0 {
        return Some(Interval { lower: f64::NEG_INFINITY, upper: f64::INFINITY });
    }
    let skipped = skipped.floor() as usize;
    Some(Interval { lower: differences[skipped], upper: differences[differences.len() - 1 - skipped] })
}

/// All differences between the samples in rising order.
fn differences(baseline: &[f64], candidate: &[f64]) -> Option<Vec<f64>> {
    let pairs = candidate.iter().flat_map(|value| baseline.iter().map(move |other| value - other));
    let mut differences: Vec<f64> = pairs.collect();
    differences.sort_by(f64::total_cmp);
    let is_comparable = !differences.is_empty() && differences.iter().all(|value| !value.is_nan());
    is_comparable.then_some(differences)
}

/// Both samples in one order.
struct Ranked {
    larger_pairs: f64,
    /// `sum(t^3 - t)` over the sizes `t` of groups of equal values; zero without ties.
    tie_term: f64,
    /// The standard deviation of the statistic under the hypothesis.
    deviation: f64,
}

impl Ranked {
    fn of(baseline: &[f64], candidate: &[f64]) -> Option<Self> {
        if baseline.is_empty() || candidate.is_empty() || baseline.iter().chain(candidate).any(|v| v.is_nan())
        {
            return None;
        }
        let labelled = |values: &[f64], of_candidate: f64| -> Vec<(f64, f64)> {
            values.iter().map(|value| (*value, of_candidate)).collect()
        };
        let mut all = labelled(baseline, 0.0);
        all.extend(labelled(candidate, 1.0));
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut rank_sum, mut tie_term, mut before) = (0.0, 0.0, 0.0);
        for equal in all.chunk_by(|a, b| a.0 == b.0) {
            let size = equal.len() as f64;
            let rank = before + 0.5 * (size + 1.0);
            rank_sum += rank * equal.iter().map(|(_, of_candidate)| of_candidate).sum::<f64>();
            tie_term += size.powi(3) - size;
            before += size;
        }
        let (n, m) = (baseline.len() as f64, candidate.len() as f64);
        let all = n + m;
        let variance = n * m / 12.0 * (all + 1.0 - tie_term / (all * (all - 1.0)).max(1.0));
        Some(Self {
            larger_pairs: rank_sum - 0.5 * m * (m + 1.0),
            tie_term,
            deviation: variance.max(0.0).sqrt(),
        })
    }
}

/// Twice the chance of a statistic at least as far from the middle, by counting the orders of two samples.
///
/// The orders of `i` and `j` values with `u` larger pairs: the largest value is one of the first sample's or of the
/// second's, so `ways(i, j, u) = ways(i - 1, j, u) + ways(i, j - 1, u - i)`. Shares of all orders are kept, not counts.
fn exact_p(larger_pairs: f64, baseline: usize, candidate: usize) -> f64 {
    let pairs = baseline * candidate;
    let mut shares = vec![vec![0.0; pairs + 1]; candidate + 1];
    for row in &mut shares {
        row[0] = 1.0;
    }
    for i in 1..=baseline {
        for j in 1..=candidate {
            let of_second = j as f64 / (i + j) as f64;
            let (done, open) = shares.split_at_mut(j);
            let (fewer, row) = (&done[j - 1], &mut open[0]);
            for u in (0..=i * j).rev() {
                let from_second = if u >= i { fewer[u - i] } else { 0.0 };
                row[u] = (1.0 - of_second) * row[u] + of_second * from_second;
            }
        }
    }
    let farther = larger_pairs.max(pairs as f64 - larger_pairs).round() as usize;
    2.0 * shares[candidate][farther..].iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_against_two_has_six_orders() {
        let check = |candidate: &[f64], pairs: f64, p: f64| {
            let test = MannWhitney::of(&[1.0, 2.0], candidate).unwrap();
            assert_eq!(test.larger_pairs, pairs);
            assert!((test.two_sided_p - p).abs() < 1e-12, "{test:?}");
        };
        check(&[3.0, 4.0], 4.0, 2.0 / 6.0);
        check(&[-3.0, -4.0], 0.0, 2.0 / 6.0);
        check(&[0.0, 3.0], 2.0, 1.0);
    }

    #[test]
    fn ties_count_half_and_nothing_is_said_of_nothing() {
        let test = MannWhitney::of(&[1.0, 1.0, 1.0], &[1.0, 1.0]).unwrap();
        assert_eq!((test.larger_pairs, test.two_sided_p), (3.0, 1.0));
        assert_eq!(MannWhitney::of(&[], &[1.0]), None);
        assert_eq!(MannWhitney::of(&[f64::NAN], &[1.0]), None);
        assert_eq!(shift(&[1.0], &[f64::NAN]), None);
    }

    #[test]
    fn the_shift_of_shifted_values_is_the_shift() {
        let baseline: Vec<f64> = (0..40).map(|k| f64::from(k * k % 97)).collect();
        let candidate: Vec<f64> = baseline.iter().map(|value| value + 12.5).collect();
        assert!((shift(&baseline, &candidate).unwrap() - 12.5).abs() < 1e-12);
        let interval = shift_interval(&baseline, &candidate, 0.05).unwrap();
        assert!(interval.lower < 12.5 && interval.upper > 12.5, "{interval:?}");
        let few = shift_interval(&[1.0], &[2.0], 0.05).unwrap();
        assert_eq!((few.lower, few.upper), (f64::NEG_INFINITY, f64::INFINITY));
    }
}
