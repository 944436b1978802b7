//! Robbins' normal mixture: how far a sub-Gaussian sum strays at any time.

use crate::stats::special::{bisect, normal_cdf};

/// Robbins' mixing parameter for a sequence that is tightest at intrinsic time `v_opt` for a two-sided error `alpha`.
///
/// `rho = v_opt / (2 ln(1/alpha) + ln(1 + 2 ln(1/alpha)))`. Source: Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform,
/// nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49(2), 2021, section 3.5.
#[must_use]
pub fn mixing_parameter(v_opt: f64, alpha: f64) -> f64 {
    let log_threshold = -2.0 * alpha.ln();
    v_opt / (log_threshold + log_threshold.ln_1p())
}

/// The two-sided normal mixture boundary at intrinsic time `v`: a sub-Gaussian sum stays within it at all times with
/// probability at least `1 - alpha`.
///
/// `sqrt((v + rho) (ln(1 + v / rho) + 2 ln(1/alpha)))`. Source: as [`mixing_parameter`], equation 14.
#[must_use]
pub fn normal_mixture_bound(v: f64, alpha: f64, rho: f64) -> f64 {
    ((v + rho) * ((v / rho).ln_1p() - 2.0 * alpha.ln())).sqrt()
}

/// The log of the two-sided mixture supermartingale at sum `s` and intrinsic time `v`: the log e-value against a mean of
/// zero.
///
/// `ln sqrt(rho / (v + rho)) + s^2 / (2 (v + rho))`. Source: as [`mixing_parameter`].
#[must_use]
pub fn log_mixture(s: f64, v: f64, rho: f64) -> f64 {
    0.5 * (rho / (v + rho)).ln() + s * s / (2.0 * (v + rho))
}

/// The log of the one-sided mixture supermartingale: against a mean of at most zero.
///
/// `ln sqrt(4 rho / (v + rho)) + s^2 / (2 (v + rho)) + ln Phi(s / sqrt(v + rho))`: half a normal prior, on means above zero.
/// Tune `rho` for twice the error. Source: as [`mixing_parameter`], proposition 6.
#[must_use]
pub fn log_mixture_above(s: f64, v: f64, rho: f64) -> f64 {
    std::f64::consts::LN_2 + log_mixture(s, v, rho) + normal_cdf(s / (v + rho).sqrt()).ln()
}

/// The one-sided boundary at intrinsic time `v`: a sub-Gaussian sum stays below it at all times with probability at least
/// `1 - alpha`. It is the least `s` at which [`log_mixture_above`] reaches `ln(1/alpha)`.
#[must_use]
pub fn bound_above(v: f64, alpha: f64, rho: f64) -> f64 {
    let threshold = -alpha.ln();
    // The two-sided boundary at twice the error lies below, at the same error above.
    let farthest = normal_mixture_bound(v, alpha, rho);
    bisect(0.0, farthest, |s| log_mixture_above(s, v, rho) >= threshold)
}
