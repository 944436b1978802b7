//! The beta-binomial mixture: how far a sum of centred coin flips strays at any time.

use super::normal::mixing_parameter;
use crate::stats::special::{bisect, ln_beta, ln_incomplete_beta};

/// The least mixing parameter, as a share of `g h`: keeps the prior proper when tuned for very few observations.
const LEAST_MIXING: f64 = 1e-3;

/// A sub-binomial mixture boundary: how far the sum of centred coin flips strays above zero.
///
/// Flips step up by `h` or down by `g`. Source: Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform, nonparametric,
/// nonasymptotic confidence sequences", Annals of Statistics 49(2), 2021, proposition 7, one-sided mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetaBinomial {
    /// The step down.
    pub g: f64,
    /// The step up.
    pub h: f64,
    /// The mixing parameter, from [`BetaBinomial::tuned`].
    r: f64,
    sides: Sides,
}

/// Where a boundary is tightest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// The intrinsic time.
    pub v_opt: f64,
    /// The error.
    pub alpha: f64,
}

/// Whether a boundary must hold on one side only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Only deviations above zero are bounded.
    One,
    /// Deviations to both sides are bounded.
    Two,
}

impl BetaBinomial {
    /// The mixture tightest for the tuning, with steps `g` down and `h` up.
    #[must_use]
    pub fn tuned(tuning: Tuning, g: f64, h: f64, sides: Sides) -> Self {
        let error_of_both_sides = match sides {
            Sides::One => 2.0 * tuning.alpha,
            Sides::Two => tuning.alpha,
        };
        let r = (mixing_parameter(tuning.v_opt, error_of_both_sides) - g * h).max(LEAST_MIXING * g * h);
        Self { g, h, r, sides }
    }

    /// The log of the mixture supermartingale at sum `s` and intrinsic time `v`.
    #[must_use]
    pub fn log_mixture(&self, s: f64, v: f64) -> f64 {
        let Self { g, h, r, .. } = *self;
        let width = g + h;
        let likelihood = v / (g * h) * width.ln()
            - (v + h * s) / (h * width) * g.ln()
            - (v - g * s) / (g * width) * h.ln();
        likelihood + self.log_prior_mass((r + v - g * s) / (g * width), (r + v + h * s) / (h * width))
            - self.log_prior_mass(r / (g * width), r / (h * width))
    }

    /// The boundary at intrinsic time `v` and error `alpha`: at most `v / g`, where all steps were upwards.
    #[must_use]
    pub fn bound(&self, v: f64, alpha: f64) -> f64 {
        let threshold = -alpha.ln();
        bisect(0.0, v / self.g, |s| self.log_mixture(s, v) >= threshold)
    }

    fn log_prior_mass(&self, a: f64, b: f64) -> f64 {
        match self.sides {
            Sides::One => ln_beta(a, b) + ln_incomplete_beta(a, b, self.h / (self.g + self.h)),
            Sides::Two => ln_beta(a, b),
        }
    }
}
