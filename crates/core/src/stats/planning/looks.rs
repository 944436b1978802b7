//! A fixed schedule of looks for people who ask for one: group-sequential bounds.
//!
//! Start with [`bounds`]. They are a little tighter than evidence that may be looked at always, and hold only for the looks
//! that were planned, at the shares of information that were planned. For those who ask for fixed looks; nothing in the product calls it.
//!
//! Source: Lan and DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70, 1983, computed by the
//! recursion of Armitage, McPherson and Rowe, "Repeated significance tests on accumulating data", JRSS A 132, 1969.

use crate::stats::special::{bisect_within, integral, normal_cdf, normal_density, normal_quantile};

/// How the error is spent as information comes in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spending {
    /// `alpha t^phi`.
    Power(f64),
    /// `2 - 2 Phi(z / sqrt(t))` with `z` the quantile at `1 - alpha / 2`: almost nothing early, close to O'Brien and
    /// Fleming's bounds.
    OBrienFleming,
}

/// The directions in which the null is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directions {
    /// Upwards only.
    Up,
    /// Both, with half of the error each.
    Both,
}

/// Beyond so many standard deviations nothing is integrated.
const REACH: f64 = 8.0;
/// Bounds are searched up to here; one that is never reached is reported as this.
const HIGHEST: f64 = 12.0;
/// Halves of the steps of each integral.
const STEPS: usize = 300;
/// Bounds are found to this.
const PRECISION: f64 = 1e-9;

impl Spending {
    /// The error spent on one side by the time the share `t` of the information is in, of `alpha` in all.
    #[must_use]
    pub fn spent(self, t: f64, alpha: f64) -> f64 {
        match self {
            Self::Power(phi) => alpha * t.powf(phi),
            Self::OBrienFleming => 2.0 * normal_cdf(-normal_quantile(1.0 - alpha / 2.0) / t.sqrt()),
        }
    }
}

/// The bounds of the normal statistic at each look, for shares of information in rising order, the last at most one.
///
/// Under the null the scores are a Brownian motion at the shares of information. Each look's bound is the one that the
/// motion, not having crossed before, exceeds with the error that is newly spent.
#[must_use]
pub fn bounds(information: &[f64], alpha: f64, spending: Spending, directions: Directions) -> Vec<f64> {
    let error = match directions {
        Directions::Up => alpha,
        Directions::Both => alpha / 2.0,
    };
    let mut walk = Walk { at: 0.0, low: 0.0, high: 0.0, density: vec![] };
    let mut spent = 0.0;
    let mut found = Vec::with_capacity(information.len());
    for share in information {
        let now = spending.spent(*share, error);
        let bound = bisect_within(PRECISION, 0.0, HIGHEST, |z| walk.crosses(*share, z) <= now - spent);
        walk = walk.after(*share, bound, directions);
        spent = now;
        found.push(bound);
    }
    found
}

/// Where the scores may be that have not crossed, and how likely each place is.
struct Walk {
    /// The share of information so far.
    at: f64,
    low: f64,
    high: f64,
    /// Densities at equal steps from `low` to `high`; none before the first look.
    density: Vec<f64>,
}

impl Walk {
    /// The chance that the statistic exceeds `z` at the share `next` of the information, not having crossed before.
    fn crosses(&self, next: f64, z: f64) -> f64 {
        let deviation = (next - self.at).sqrt();
        self.sum(|score| normal_cdf((score - z * next.sqrt()) / deviation))
    }

    fn after(&self, next: f64, bound: f64, directions: Directions) -> Self {
        let deviation = (next - self.at).sqrt();
        let high = bound * next.sqrt();
        let low = match directions {
            Directions::Up => -REACH * next.sqrt(),
            Directions::Both => -high,
        };
        let step = (high - low) / (2 * STEPS) as f64;
        let density = (0..=2 * STEPS)
            .map(|place| {
                let score = low + step * place as f64;
                self.sum(|before| normal_density((score - before) / deviation) / deviation)
            })
            .collect();
        Self { at: next, low, high, density }
    }

    /// The mean of a function of the score, over those that have not crossed.
    fn sum(&self, value: impl Fn(f64) -> f64) -> f64 {
        if self.density.is_empty() {
            return value(0.0);
        }
        let step = (self.high - self.low) / (2 * STEPS) as f64;
        integral(self.low, self.high, STEPS, |score| {
            let place = ((score - self.low) / step).round() as usize;
            self.density[place.min(2 * STEPS)] * value(score)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(directions: Directions, alpha: f64, expected: [f64; 5]) {
        let information = [0.2, 0.4, 0.6, 0.8, 1.0];
        let actual = bounds(&information, alpha, Spending::OBrienFleming, directions);
        for (actual, expected) in actual.iter().zip(expected) {
            assert!((actual - expected).abs() < 2e-3, "{actual} is not {expected}");
        }
    }

    /// The table every text on the method prints.
    #[test]
    fn published_bounds_of_five_equal_looks() {
        check(Directions::Both, 0.05, [4.877, 3.357, 2.680, 2.290, 2.031]);
        check(Directions::Up, 0.025, [4.877, 3.357, 2.680, 2.290, 2.031]);
    }

    #[test]
    fn a_single_look_is_the_plain_test() {
        let bound = bounds(&[1.0], 0.05, Spending::Power(2.0), Directions::Both);
        assert!((bound[0] - normal_quantile(0.975)).abs() < 1e-8, "{bound:?}");
    }
}
