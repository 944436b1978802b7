//! Sample ratio mismatch: does the split of requests between the arms follow the draw probabilities?
//!
//! Start with [`log_e`]. A mismatch means that requests are lost, counted twice or drawn wrongly on one arm, and that
//! nothing measured in this rollout can be trusted; the analysis then holds. Assumes that the draw of a request knows nothing
//! of the draws before it and that its epoch's probability was fixed before. Exact for requests drawn one by one; sticky units
//! are left to [`super::contrast`].

use crate::stats::special::{chi_square_above, ln_beta, ln_gamma, log_sum_exp};

/// The requests of one epoch, during which the draw probability did not change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SplitEpoch {
    /// The probability with which a request was drawn for the candidate, strictly between 0 and 1.
    pub probability: f64,
    /// Requests counted on the candidate.
    pub candidate: u64,
    /// Requests counted on the baseline.
    pub baseline: u64,
}

/// Prior sample sizes around the drawn share: one bets on small mismatches, one on gross ones seen early.
const CONCENTRATIONS: [f64; 2] = [10_000.0, 100.0];

/// The log e-value against "each request fell on the candidate with its epoch's draw probability".
///
/// Two Bayes factors of a beta prior around the drawn share, mixed half and half. Epochs with the same probability are
/// one sequence of draws and are counted together. The chance that it ever reaches `ln(1/alpha)` under the null is at
/// most `alpha`. Source: Lindon and Malek, "Anytime-valid inference for multinomial count data", 2022; the second,
/// wide prior is ours.
#[must_use]
pub fn log_e(epochs: &[SplitEpoch]) -> f64 {
    let merged = merge(epochs);
    mixed(|concentration| merged.iter().map(|epoch| log_bayes_factor(epoch, concentration)).sum())
}

/// The log factors of the priors, mixed half and half.
fn mixed(log_factor: impl Fn(f64) -> f64) -> f64 {
    log_sum_exp(&CONCENTRATIONS.map(|prior| log_factor(prior) - (CONCENTRATIONS.len() as f64).ln()))
}

/// The log Bayes factor of one epoch's counts: share ~ Beta(c p, c (1 - p)) against share = p.
#[must_use]
pub fn log_bayes_factor(epoch: &SplitEpoch, concentration: f64) -> f64 {
    let SplitEpoch { probability, candidate, baseline } = *epoch;
    let (prior_candidate, prior_baseline) =
        (concentration * probability, concentration * (1.0 - probability));
    let (candidate, baseline) = (candidate as f64, baseline as f64);
    ln_beta(prior_candidate + candidate, prior_baseline + baseline)
        - ln_beta(prior_candidate, prior_baseline)
        - candidate * probability.ln()
        - baseline * (-probability).ln_1p()
}

/// The log e-value against "each request fell into a cell with that cell's probability", for any number of cells: the arms of
/// an experiment, or the crossed arms of two.
///
/// The same two Bayes factors, of Dirichlet priors around the probabilities. Probabilities sum to one and are above zero.
#[must_use]
pub fn log_e_of_cells(cells: &[(f64, u64)]) -> f64 {
    mixed(|concentration| log_bayes_factor_of_cells(cells, concentration))
}

/// The same over several sequences of draws, each with probabilities of its own: per prior their factors multiply.
#[must_use]
pub fn log_e_of_sequences(sequences: &[Vec<(f64, u64)>]) -> f64 {
    mixed(|concentration| sequences.iter().map(|cells| log_bayes_factor_of_cells(cells, concentration)).sum())
}

/// The log Bayes factor of the cells' counts: shares ~ Dirichlet(c p) against shares = p.
///
/// `ln Gamma(c) - ln Gamma(c + n) + sum_k (ln Gamma(c p_k + x_k) - ln Gamma(c p_k) - x_k ln p_k)`.
#[must_use]
pub fn log_bayes_factor_of_cells(cells: &[(f64, u64)], concentration: f64) -> f64 {
    let all: u64 = cells.iter().map(|(_, count)| count).sum();
    let of_cell = |(probability, count): &(f64, u64)| {
        let (prior, count) = (concentration * probability, *count as f64);
        ln_gamma(prior + count) - ln_gamma(prior) - count * probability.ln()
    };
    let cells: f64 = cells.iter().map(of_cell).sum();
    ln_gamma(concentration) - ln_gamma(concentration + all as f64) + cells
}

/// The p-value of the same at one look, by the chi-square statistic; for reports.
///
/// `sum (x - n p)^2 / (n p)` with one degree of freedom less than cells; one without requests or with a single cell.
#[must_use]
pub fn chi_square_p(cells: &[(f64, u64)]) -> f64 {
    let all: u64 = cells.iter().map(|(_, count)| count).sum();
    if all == 0 || cells.len() < 2 {
        return 1.0;
    }
    let distance = |(probability, count): &(f64, u64)| {
        let expected = all as f64 * probability;
        (*count as f64 - expected).powi(2) / expected
    };
    chi_square_above(cells.iter().map(distance).sum(), (cells.len() - 1) as f64)
}

/// The epochs with equal draw probability added up, in order of their first appearance.
fn merge(epochs: &[SplitEpoch]) -> Vec<SplitEpoch> {
    let mut merged: Vec<SplitEpoch> = Vec::new();
    for epoch in epochs {
        match merged.iter_mut().find(|earlier| earlier.probability == epoch.probability) {
            Some(earlier) => {
                earlier.candidate += epoch.candidate;
                earlier.baseline += epoch.baseline;
            }
            None => merged.push(*epoch),
        }
    }
    merged
}
