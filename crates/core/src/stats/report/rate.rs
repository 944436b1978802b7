//! Rates of events over time or exposure: whether one is higher than another, at one look.
//!
//! For those who ask for one look; nothing in the product calls it.
//!
//! Hypothesis: the rates are equal, or the first is lower. Given how many events there were in all, those of the first arm
//! are binomial with its part of the exposure. Assumes independent events. Source: Przyborowski and Wilenski, "Homogeneity
//! of results in testing samples from Poisson series", Biometrika 31, 1940.

use crate::stats::special::ln_incomplete_beta;

/// Events over an exposure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// How many events.
    pub events: u64,
    /// Time or requests, in any unit that both arms share.
    pub exposure: f64,
}

/// The chance of so many or more of all events on the first arm: `P(Binomial(x + y, t / (t + u)) >= x)`.
#[must_use]
pub fn higher_p(first: Rate, second: Rate) -> f64 {
    if first.events == 0 {
        return 1.0;
    }
    let part = first.exposure / (first.exposure + second.exposure);
    ln_incomplete_beta(first.events as f64, second.events as f64 + 1.0, part).exp()
}
