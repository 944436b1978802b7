//! Boundaries that hold at every time, and the confidence sequences made of them.
//!
//! [`normal`] and [`beta_binomial`] bound sums, [`asymptotic`] and [`ranks`] turn them into ranges of a mean and of a
//! quantile.

pub mod normal;
pub mod beta_binomial;
pub mod asymptotic;
pub mod ranks;
