//! When evidence will be there: the log of an e-value as a walk with a drift, and the time it takes to reach a level.
//!
//! Start with [`pace`].

use crate::stats::special::{bisect, normal_cdf};

/// The longest that is told, in expected times.
const LONGEST: f64 = 100.0;

/// The time, in parts of the expected one, by which the share `share` of runs have gathered `needed` of log evidence.
///
/// Where bets grow at the rate `g` per outcome their log varies by `2 g`, to second order in the size of one bet: a
/// Brownian motion with drift. Its first passage of the level `a` is inverse Gaussian with mean `a / g` and shape
/// `a^2 / (2 g)`, which is `a / 2` means: the more is needed, the surer the time. Assumes that what is compared stays as
/// it is. `0 < share < 1`, `needed > 0`. Source: Schrodinger, "Zur Theorie der Fall- und Steigversuche an Teilchen mit
/// Brownscher Bewegung", Physikalische Zeitschrift 16, 1915.
#[must_use]
pub fn pace(share: f64, needed: f64) -> f64 {
    let shape = needed / 2.0;
    bisect(0.0, LONGEST, |time| passed_by(time, shape) >= share)
}

/// The inverse Gaussian distribution with mean one.
fn passed_by(time: f64, shape: f64) -> f64 {
    let scale = (shape / time).sqrt();
    // The first factor may be too large for a number where the second is nearly nothing.
    let reflected = (2.0 * shape + normal_cdf(-scale * (time + 1.0)).ln()).exp();
    normal_cdf(scale * (time - 1.0)) + reflected
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed from the distribution's formula with scipy's normal distribution.
    #[test]
    fn published_quantiles() {
        let check = |share: f64, needed: f64, expected: f64| {
            let actual = pace(share, needed);
            assert!((actual - expected).abs() < 1e-3, "{actual} is not {expected}");
        };
        check(5.0 / 6.0, 4.5, 1.517);
        check(0.5, 4.5, 0.822);
        check(1.0 / 6.0, 4.5, 0.454);
        check(5.0 / 6.0, 2.0, 1.622);
    }

    #[test]
    fn the_more_is_needed_the_surer_the_time() {
        let spread = |needed| pace(0.9, needed) - pace(0.1, needed);
        assert!(spread(1.0) > spread(4.0) && spread(4.0) > spread(16.0));
        assert!((pace(0.5, 400.0) - 1.0).abs() < 0.01);
    }
}
