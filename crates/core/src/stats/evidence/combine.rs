//! Joining the evidence of several guards into one decision with one error bound.
//!
//! Start with [`weighted_mean`]. It serves evidence that comes with the answers, of requests one by one or of their units: all
//! guards see them in the same order. Evidence that arrives late or on another clock, and what an interval finds, is held to
//! [`bonferroni_threshold`], which needs no common order.

use crate::stats::special::log_sum_exp;

/// The log of the weighted mean of e-values given by their logs; weights are positive and sum to one.
///
/// The mean of e-processes in one filtration is an e-process for "all the nulls are true": when it ever reaches
/// `1/alpha`, at least one guard is worse, with family-wise error at most `alpha`. Source: Vovk and Wang, "E-values:
/// calibration, combination and applications", Annals of Statistics 49(3), 2021. Assumes that weights were fixed before the
/// outcomes, and that all are looked at after the same outcomes.
#[must_use]
pub fn weighted_mean(log_e_values: &[WeightedEvidence]) -> f64 {
    let terms: Vec<f64> = log_e_values.iter().map(|evidence| evidence.weight.ln() + evidence.log_e).collect();
    log_sum_exp(&terms)
}

/// One guard's evidence and its share of the error budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightedEvidence {
    /// The share of the error budget.
    pub weight: f64,
    /// The natural logarithm of the e-value.
    pub log_e: f64,
}

/// The log e-value that one guard must reach alone when it holds the share `weight` of the error `alpha`.
///
/// Union bound: guards held to this threshold are wrong together with probability at most `alpha`. Assumes that the shares
/// sum to at most one; nothing of how the guards depend on each other, nor that they are looked at together. Sources: for
/// each guard Ville, "Étude critique de la notion de collectif", 1939; for all of them Bonferroni, "Teoria statistica delle
/// classi e calcolo delle probabilità", 1936.
#[must_use]
pub fn bonferroni_threshold(alpha: f64, weight: f64) -> f64 {
    -(alpha * weight).ln()
}
