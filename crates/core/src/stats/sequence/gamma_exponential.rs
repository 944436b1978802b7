//! The gamma-exponential mixture: how far a sub-exponential sum strays above zero at any time.
//!
//! [`super::mean`] is made of it; nothing in the product calls it.
//!
//! For sums of bounded observations less their predicted means, with the sum of squared errors as time. Source: Howard,
//! Ramdas, McAuliffe, Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics
//! 49(2), 2021, proposition 9.

use super::above;
use super::beta_binomial::Tuning;
use super::normal::mixing_parameter;
use crate::stats::special::{ln_gamma, ln_incomplete_gamma};

/// The mixture for steps whose scale is `c`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GammaExponential {
    rho: f64,
    scale: f64,
}

impl GammaExponential {
    /// The mixture tightest for the tuning.
    #[must_use]
    pub fn tuned(tuning: Tuning, scale: f64) -> Self {
        Self { rho: mixing_parameter(tuning.v_opt, 2.0 * tuning.alpha), scale }
    }

    /// The log of the mixture supermartingale at sum `s` and intrinsic time `v`: the log e-value against "the sum drifts upwards by
    /// nothing", for sums whose increments are sub-exponential with scale `c`.
    ///
    /// `a ln a - L(a, a) + L(b, x) - b ln x + x - a` with `a = rho / c^2`, `b = (v + rho) / c^2`, `x = (c s + v + rho) / c^2` and `L(a, x)` the logarithm of
    /// the lower incomplete gamma function.
    #[must_use]
    pub fn log_mixture(&self, s: f64, v: f64) -> f64 {
        let square = self.scale * self.scale;
        let prior = self.rho / square;
        let shape = (v + self.rho) / square;
        let seen = (self.scale * s + v) / square;
        let lower_mass = |a: f64, x: f64| ln_gamma(a) + ln_incomplete_gamma(a, x).0;
        prior * prior.ln() - lower_mass(prior, prior) + lower_mass(shape, seen + prior)
            - shape * (seen + prior).ln()
            + seen
    }

    /// The boundary at intrinsic time `v` and error `alpha`: the least sum whose mixture reaches `1/alpha`. The chance that the sum ever
    /// exceeds it is at most `alpha`.
    #[must_use]
    pub fn bound(&self, v: f64, alpha: f64) -> f64 {
        above(v, -alpha.ln(), |s| self.log_mixture(s, v))
    }
}
