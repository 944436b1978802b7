//! Bounds that hold for every quantile and at every time at once.
//!
//! For those who want all quantiles at once; nothing in the product calls it.
//!
//! Start with [`rank_deviation`] for one quantile and [`distribution`] for the whole distribution function. Source: Howard
//! and Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm identification",
//! Bernoulli 28(3), 2022, theorems 2 and 3. They assume independent observations of one distribution.

use crate::stats::special::{bisect, zeta};

/// How the bound that holds for every quantile spends its error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stitching {
    /// The number of observations from which it is tight.
    pub tuned_for: f64,
    /// How finely quantiles are told apart, in log odds at `tuned_for`.
    pub spacing: f64,
    /// How fast the error falls over spans of time; above one.
    pub decay: f64,
    /// The factor between spans of time; above one.
    pub factor: f64,
}

/// How far the number of observations below the quantile strays from its mean after `count` observations, for all quantiles
/// and times at once with error `alpha`.
///
/// Theorem 3: `delta sqrt(eta t r (1-r) / m) + sqrt(k1^2 r (1-r) t l + (k2 c l)^2) + k2 c l`, with `r` the quantile one grid step
/// nearer to one half, `c = (1 - 2p) / 3` and `l` the log of what the error is divided into.
#[must_use]
pub fn rank_deviation(quantile: f64, count: f64, alpha: f64, stitching: Stitching) -> f64 {
    let Stitching { tuned_for, spacing, decay, factor } = stitching;
    let t = count.max(tuned_for);
    let log_odds = (quantile / (1.0 - quantile)).ln();
    let nearer = log_odds + 2.0 * spacing * (tuned_for * factor / t).sqrt();
    let r = if quantile >= 0.5 { quantile } else { (1.0 / (1.0 + (-nearer).exp())).min(0.5) };
    let variance = r * (1.0 - r);
    let grid_steps = (t / tuned_for).sqrt() * log_odds.abs() / (2.0 * spacing) + 1.0;
    let all = zeta(decay);
    let spans = decay * (factor * t / tuned_for).ln().ln() + decay * grid_steps.ln();
    let parts = spans + (2.0 * all * (2.0 * all + 1.0) / (alpha * factor.ln().powf(decay))).ln();
    let k1 = (factor.powf(0.25) + factor.powf(-0.25)) / std::f64::consts::SQRT_2;
    let skew = f64::midpoint(factor.sqrt(), 1.0) * (1.0 - 2.0 * quantile) / 3.0 * parts;
    spacing * (factor * t * variance / tuned_for).sqrt()
        + (k1 * k1 * variance * t * parts + skew * skew).sqrt()
        + skew
}

/// How far the observed distribution function strays from the true one anywhere, for all times from `from` on at once, with
/// error `alpha`; infinite before.
///
/// Theorem 2: `A sqrt((ln(1 + ln(t / m)) + C) / t)` with the least `C` whose error is `alpha`. `leading` is `A`, above `sqrt(1/2)`.
#[must_use]
pub fn distribution(count: f64, alpha: f64, from: f64, leading: f64) -> f64 {
    if count < from {
        return f64::INFINITY;
    }
    let constant = bisect(0.0, LARGEST_CONSTANT, |constant| least_error(constant, leading) <= alpha);
    leading * (((count / from).ln().ln_1p() + constant) / count).sqrt()
}

/// Errors below 1e-40 need a larger constant; nobody asks for them.
const LARGEST_CONSTANT: f64 = 200.0;

/// Steps of the search for the best factor between spans; each narrows it by a golden section.
const SECTIONS: usize = 80;

/// The least error of the bound with this constant, over the factors between spans.
///
/// `4 exp(-g C) (1 + 1 / ((g - 1) ln eta))` with `g = 2/eta (A - sqrt(2 (eta - 1) / C))^2`; infinite where `g <= 1`.
fn least_error(constant: f64, leading: f64) -> f64 {
    let error = |factor: f64| {
        let room = leading - (2.0 * (factor - 1.0) / constant).sqrt();
        let square = 2.0 / factor * room * room;
        if room <= 0.0 || square <= 1.0 {
            return f64::INFINITY;
        }
        4.0 * (-square * constant).exp() * (1.0 + 1.0 / ((square - 1.0) * factor.ln()))
    };
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    // Beyond the largest factor the error is infinite.
    let largest = bisect(1.0, 2.0 * leading * leading, |factor| {
        (factor / 2.0).sqrt() + (2.0 * (factor - 1.0) / constant).sqrt() >= leading
    });
    let (mut low, mut high) = (1.0, largest);
    for _ in 0..SECTIONS {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if error(left) <= error(right) {
            high = right;
        } else {
            low = left;
        }
    }
    error(f64::midpoint(low, high))
}
