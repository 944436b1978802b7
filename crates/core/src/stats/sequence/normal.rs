//! Robbins' normal mixture: how far a sub-Gaussian sum strays at any time.

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
