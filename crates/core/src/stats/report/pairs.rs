//! McNemar's test: whether one of two arms fails more often on the same cases, at one look.
//!
//! For those who ask for one look; nothing in the product calls it.
//!
//! Hypothesis: a case on which only one arm failed is as likely one's as the other's. Assumes independent cases. Source:
//! McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", Psychometrika
//! 12, 1947. The test that may be looked at after every case is [`crate::stats::evidence::paired`].

use crate::stats::special::{chi_square_above, ln_incomplete_beta};

/// The exact two-sided p-value, `2 P(Binomial(n, 1/2) <= min)` of the cases on which only one arm failed; one without any.
#[must_use]
pub fn exact_p(only_candidate_failed: u64, only_baseline_failed: u64) -> f64 {
    let discordant = only_candidate_failed + only_baseline_failed;
    let fewer = only_candidate_failed.min(only_baseline_failed);
    if discordant == 2 * fewer {
        return 1.0;
    }
    let at_most = ln_incomplete_beta((discordant - fewer) as f64, fewer as f64 + 1.0, 0.5).exp();
    (2.0 * at_most).min(1.0)
}

/// The chi-square statistic with correction for continuity, `(|b - c| - 1)^2 / (b + c)`; zero without discordant cases.
#[must_use]
pub fn corrected_chi_square(only_candidate_failed: u64, only_baseline_failed: u64) -> f64 {
    let discordant = (only_candidate_failed + only_baseline_failed) as f64;
    let apart = only_candidate_failed.abs_diff(only_baseline_failed) as f64;
    if discordant > 0.0 { (apart - 1.0).max(0.0).powi(2) / discordant } else { 0.0 }
}

/// The p-value of [`corrected_chi_square`].
#[must_use]
pub fn corrected_p(only_candidate_failed: u64, only_baseline_failed: u64) -> f64 {
    chi_square_above(corrected_chi_square(only_candidate_failed, only_baseline_failed), 1.0)
}
