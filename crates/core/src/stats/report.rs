//! What is shown and never decides: valid at one look, or descriptions without an error bound.
//!
//! The product shows the Bayesian [`card`] of an experiment's arms and warns by [`drift`]. All else is a library for those who ask for
//! one look, tested like the rest; nothing in the product calls it.
//!
//! A [`sample`] of a mean, a [`ratio`], a [`quantile`] or an [`adjusted`] mean becomes an [`effect`]. [`welch`] and
//! [`mann_whitney`] test it at one look; [`proportion`], [`pairs`] and [`rate`] do so for counts, and [`multiplicity`] for
//! several at once. [`drift`] says whether a population is still the one it was, the [`card`] how likely which arm is better.

pub mod sample;
pub mod effect;
pub mod ratio;
pub mod quantile;
pub mod adjusted;
pub mod welch;
pub mod mann_whitney;
pub mod proportion;
pub mod pairs;
pub mod rate;
pub mod multiplicity;
pub mod drift;
pub mod card;
