//! Several e-values, and which of them stand out: slices that got worse, metrics that were to blame.
//!
//! Start with [`worst`] for slices and [`attributed`] for metrics. Both hold whatever the dependence between the e-values, and
//! at any moment one looks, because each e-value does. They assume that how many are asked was fixed before, and that whatever
//! is an e-value for its own null is one at the moment that is looked at: evidence on a clock of its own is not.

/// The indices whose e-values stand out so that the share of false ones among them is at most `alpha` on average: the
/// Benjamini-Hochberg procedure on e-values. In the order given.
///
/// The largest `k` for which the `k`-th largest e-value is at least `K / (k alpha)`, `K` being how many there are. Source: Wang
/// and Ramdas, "False discovery rate control with e-values", JRSS B 84(3), 2022.
#[must_use]
pub fn worst(log_es: &[f64], alpha: f64) -> Vec<usize> {
    let order = falling(log_es);
    let needed = |found: usize| (log_es.len() as f64 / (found as f64 * alpha)).ln();
    let found = (1..=order.len()).rev().find(|found| log_es[order[found - 1]] >= needed(*found)).unwrap_or(0);
    let mut indices = order[..found].to_vec();
    indices.sort_unstable();
    indices
}

/// The indices whose nulls are false, with an error of at most `alpha` that any of them is true: Holm's procedure on one over
/// the e-values. In the order given.
///
/// The largest e-value is held against `K / alpha`, the next against `(K - 1) / alpha`, until one does not reach it. Source: Vovk
/// and Wang, "E-values: calibration, combination and applications", Annals of Statistics 49(3), 2021.
#[must_use]
pub fn attributed(log_es: &[f64], alpha: f64) -> Vec<usize> {
    let order = falling(log_es);
    let is_shown =
        |(place, index): &(usize, &usize)| log_es[**index] >= ((log_es.len() - place) as f64 / alpha).ln();
    let mut indices: Vec<usize> =
        order.iter().enumerate().take_while(is_shown).map(|(_, index)| *index).collect();
    indices.sort_unstable();
    indices
}

/// The indices in falling order of their values.
fn falling(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_broken_slice_among_many_is_named_alone() {
        let mut log_es = vec![-0.5; 100];
        log_es[37] = 7.5;
        assert_eq!(worst(&log_es, 0.1), [37]);
        assert_eq!(attributed(&log_es, 0.1), [37]);
        log_es[37] = 6.5;
        assert!(worst(&log_es, 0.1).is_empty());
    }

    #[test]
    fn nothing_stands_out_of_nothing() {
        assert!(worst(&[], 0.1).is_empty() && attributed(&[], 0.1).is_empty());
    }
}
