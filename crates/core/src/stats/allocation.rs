//! How much traffic each arm of an experiment gets while it learns.
//!
//! Start with [`chance_best`], and put a floor under it with [`floored`]. Because the probability of each
//! draw is stamped on the request, evidence stays valid under any of these weights; a winner is declared by evidence and
//! never by a chance of being best. Source: Thompson, "On the likelihood that one unknown probability exceeds another",
//! Biometrika 25, 1933.

use super::report::card::Beta;
use super::special::{integral, ln_beta, ln_incomplete_beta};

/// Halves of the steps of the integral; doubling them changes no digit before the tenth.
const STEPS: usize = 2_000;

/// Weights of `n` arms, which sum to one, with a floor under each: `f + (1 - n f) w`, which sums to one as well. A floor above one over
/// the number of arms is taken for that. Every arm goes on being drawn, so what is known of it goes on growing.
#[must_use]
pub fn floored(weights: &[f64], floor: f64) -> Vec<f64> {
    let count = weights.len() as f64;
    let floor = floor.min(1.0 / count);
    weights.iter().map(|weight| floor + (1.0 - count * floor) * weight).collect()
}

/// The chance of each arm to have the highest share, by integration of `f_k(x) prod_{j != k} F_j(x)`: what
/// drawing from the beliefs again and again tends to (Thompson sampling).
#[must_use]
pub fn chance_best(arms: &[Beta]) -> Vec<f64> {
    let chance = |index: usize| {
        let (low, high) = arms[index].reach();
        integral(low, high, STEPS, |x| {
            let others = arms.iter().enumerate().filter(|(other, _)| *other != index);
            density(arms[index], x) * others.map(|(_, arm)| below(*arm, x)).product::<f64>()
        })
    };
    (0..arms.len()).map(chance).collect()
}

fn density(arm: Beta, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        // Only at the very end, where a belief from whole counts is finite.
        let at_end = if x <= 0.0 { arm.a <= 1.0 } else { arm.b <= 1.0 };
        return if at_end { (-ln_beta(arm.a, arm.b)).exp() } else { 0.0 };
    }
    ((arm.a - 1.0) * x.ln() + (arm.b - 1.0) * (-x).ln_1p() - ln_beta(arm.a, arm.b)).exp()
}

fn below(arm: Beta, x: f64) -> f64 {
    if x <= 0.0 {
        0.0
    } else if x >= 1.0 {
        1.0
    } else {
        ln_incomplete_beta(arm.a, arm.b, x).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_close(actual: &[f64], expected: &[f64]) -> bool {
        actual.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9)
    }

    #[test]
    fn a_floor_leaves_a_sum_of_one() {
        let weights = floored(&[0.98, 0.02, 0.0], 0.05);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(weights.iter().all(|weight| *weight >= 0.05));
        assert!(is_close(&floored(&[1.0, 0.0], 0.9), &[0.5, 0.5]));
    }

    #[test]
    fn equal_beliefs_have_equal_chances() {
        let arms = vec![Beta::after(0, 0); 4];
        assert!(is_close(&chance_best(&arms), &[0.25; 4]));
    }
}
