//! Several p-values at one look: adjusted so that each may be held against the error of all.
//!
//! For those who ask for one look; nothing in the product calls it.
//!
//! Start with [`holm`]. Every function returns the adjusted p-values in the order given; a hypothesis is rejected when its
//! own is at most the error. Several e-values are joined by [`crate::stats::evidence::discovery`].

/// Step down: any of the true hypotheses is rejected with probability at most the error, whatever the dependence.
///
/// Source: Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let order = rising(p_values);
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (place, index) in order.iter().enumerate() {
        largest = largest.max(p_values[*index] * (p_values.len() - place) as f64);
        adjusted[*index] = largest.min(1.0);
    }
    adjusted
}

/// Step up: as [`holm`] with more power, for p-values that are independent or positively dependent.
///
/// Source: Hochberg, "A sharper Bonferroni procedure for multiple tests of significance", Biometrika 75, 1988.
#[must_use]
pub fn hochberg(p_values: &[f64]) -> Vec<f64> {
    step_up(p_values, |count, place| (count - place) as f64)
}

/// The share of false rejections among all is at most the error on average, for p-values that are independent or
/// positively dependent.
///
/// Source: Benjamini and Hochberg, "Controlling the false discovery rate", JRSS B 57, 1995.
#[must_use]
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    step_up(p_values, |count, place| count as f64 / (place + 1) as f64)
}

/// Every group of hypotheses tested by Simes: more power than [`hochberg`] under the same assumption.
///
/// Source: Hommel, "A stagewise rejective multiple test procedure based on a modified Bonferroni test", Biometrika 75, 1988;
/// computed after Wright, "Adjusted p-values for simultaneous inference", Biometrics 48, 1992.
#[must_use]
pub fn hommel(p_values: &[f64]) -> Vec<f64> {
    let count = p_values.len();
    let order = rising(p_values);
    let sorted: Vec<f64> = order.iter().map(|index| p_values[*index]).collect();
    let simes = |size: usize, from: usize, first_rank: usize| {
        let shares = sorted[from..].iter().zip(first_rank..).map(|(p, rank)| size as f64 * p / rank as f64);
        shares.fold(f64::INFINITY, f64::min)
    };
    let mut adjusted = vec![simes(count, 0, 1); count];
    for group in (2..count).rev() {
        // The largest of the group but one are shared by all groups of this size; the smallest is each one's own.
        let shared_from = count - group + 1;
        let shared = simes(group, shared_from, 2);
        let own = |place: usize| shared.min(group as f64 * sorted[place.min(shared_from - 1)]);
        for (place, value) in adjusted.iter_mut().enumerate() {
            *value = value.max(own(place));
        }
    }
    for (value, p) in adjusted.iter_mut().zip(&sorted) {
        *value = value.max(*p);
    }
    let mut in_order = vec![0.0; count];
    for (place, index) in order.iter().enumerate() {
        in_order[*index] = adjusted[place].min(1.0);
    }
    in_order
}

fn step_up(p_values: &[f64], factor: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let order = rising(p_values);
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least = 1.0_f64;
    for (place, index) in order.iter().enumerate().rev() {
        least = least.min(p_values[*index] * factor(p_values.len(), place));
        adjusted[*index] = least;
    }
    adjusted
}

/// The indices of the values in rising order.
fn rising(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    order
}
