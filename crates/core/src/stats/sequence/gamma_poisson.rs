//! The gamma-Poisson mixture: how far a sub-Poisson sum strays above zero at any time.
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

    /// The log of the mixture supermartingale at sum `s` and intrinsic time `v`.
    #[must_use]
    pub fn log_mixture(&self, s: f64, v: f64) -> f64 {
        let square = self.step * self.step;
        let prior = self.rho / square;
        let time = (v + self.rho) / square;
        let seen = s / self.step + time;
        let upper_mass = |a: f64, x: f64| ln_gamma(a) + ln_incomplete_gamma(a, x).1;
        prior * prior.ln() - upper_mass(prior, prior) + upper_mass(seen, time) - seen * time.ln() + v / square
    }

    /// The boundary at intrinsic time `v` and error `alpha`.
    #[must_use]
    pub fn bound(&self, v: f64, alpha: f64) -> f64 {
        above(v, -alpha.ln(), |s| self.log_mixture(s, v))
    }
}
