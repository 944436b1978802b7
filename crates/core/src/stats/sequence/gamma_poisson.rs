//! The gamma-Poisson mixture: how far a sub-Poisson sum strays above zero at any time.
//!
//! For those who count events over time; nothing in the product calls it.
//!
//! For counts of events less their expected number, with the expected number as time. Source: Howard, Ramdas, McAuliffe,
//! Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49(2), 2021,
//! proposition 10.

use super::above;
use super::beta_binomial::Tuning;
use super::normal::mixing_parameter;
use crate::stats::special::{ln_gamma, ln_incomplete_gamma};

/// The mixture for steps of size `c`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GammaPoisson {
    rho: f64,
    step: f64,
}

impl GammaPoisson {
    /// The mixture tightest for the tuning.
    #[must_use]
    pub fn tuned(tuning: Tuning, step: f64) -> Self {
        Self { rho: mixing_parameter(tuning.v_opt, 2.0 * tuning.alpha), step }
    }

    /// The log of the mixture supermartingale at sum `s` and intrinsic time `v`: the log e-value against "no more events than expected".
    ///
    /// `a ln a - U(a, a) + U(x, b) - x ln b + v / c^2` with `a = rho / c^2`, `b = (v + rho) / c^2`, `x = s / c + b` and `U(a, x)` the logarithm of the upper
    /// incomplete gamma function.
    #[must_use]
    pub fn log_mixture(&self, s: f64, v: f64) -> f64 {
        let square = self.step * self.step;
        let prior = self.rho / square;
        let time = (v + self.rho) / square;
        let seen = s / self.step + time;
        let upper_mass = |a: f64, x: f64| ln_gamma(a) + ln_incomplete_gamma(a, x).1;
        prior * prior.ln() - upper_mass(prior, prior) + upper_mass(seen, time) - seen * time.ln() + v / square
    }

    /// The boundary at intrinsic time `v` and error `alpha`: the least sum whose mixture reaches `1/alpha`. The chance that the sum ever
    /// exceeds it is at most `alpha`.
    #[must_use]
    pub fn bound(&self, v: f64, alpha: f64) -> f64 {
        above(v, -alpha.ln(), |s| self.log_mixture(s, v))
    }
}
