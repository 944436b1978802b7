//! How much traffic each arm of an experiment gets while it learns.
//!
//! Start with [`thompson`] from draws that are passed in, or [`chance_best`] by integration. Because the probability of each
//! draw is stamped on the request, evidence stays valid under any of these weights; a winner is declared by evidence and
//! never by a chance of being best. Sources: Thompson, "On the likelihood that one unknown probability exceeds another",
//! Biometrika 25, 1933; Russo, "Simple Bayesian algorithms for best-arm identification", Operations Research 68, 2020.

use super::report::card::Beta;
use super::special::{integral, ln_beta, ln_incomplete_beta};

/// Halves of the steps of the integral; doubling them changes no digit before the tenth.
const STEPS: usize = 2_000;

/// The share of rounds in which each arm was best. A round holds one draw per arm from what is believed of it; ties are
/// shared. Equal shares without rounds.
#[must_use]
pub fn thompson(arms: usize, rounds: &[Vec<f64>]) -> Vec<f64> {
    tally(arms, rounds, |round| best(round, None))
}

/// Top-two sampling: half of each round to its best arm, half to its second, so that the runner-up is learned about as well.
#[must_use]
pub fn top_two(arms: usize, rounds: &[Vec<f64>]) -> Vec<f64> {
    tally(arms, rounds, |round| {
        let first = best(round, None);
        let second = first.first().map_or_else(Vec::new, |first| {
            let others = if first.0.len() > 1 { None } else { first.0.first().copied() };
            best(round, others)
        });
        first.into_iter().chain(second).map(|(arms, part)| (arms, part / 2.0)).collect()
    })
}

/// Weights with a floor under each: `f + (1 - n f) w`. The floor is at most one over the number of arms.
#[must_use]
pub fn floored(weights: &[f64], floor: f64) -> Vec<f64> {
    let count = weights.len() as f64;
    let floor = floor.min(1.0 / count);
    weights.iter().map(|weight| floor + (1.0 - count * floor) * weight).collect()
}

/// The chance of each arm to have the highest share, by integration of `f_k(x) prod_{j != k} F_j(x)`: what [`thompson`] tends
/// to with many rounds.
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

/// Arms that share a part of a round.
type Part = (Vec<usize>, f64);

/// The arms with the largest draw, without the arm left out.
fn best(round: &[f64], without: Option<usize>) -> Vec<Part> {
    let open = || round.iter().enumerate().filter(move |(arm, _)| Some(*arm) != without);
    let largest = open().map(|(_, draw)| *draw).fold(f64::NEG_INFINITY, f64::max);
    let arms: Vec<usize> = open().filter(|(_, draw)| **draw >= largest).map(|(arm, _)| arm).collect();
    if arms.is_empty() { vec![] } else { vec![(arms, 1.0)] }
}

fn tally(arms: usize, rounds: &[Vec<f64>], parts: impl Fn(&[f64]) -> Vec<Part>) -> Vec<f64> {
    let mut weights = vec![0.0; arms];
    for (winners, part) in rounds.iter().flat_map(|round| parts(round)) {
        for winner in &winners {
            weights[*winner] += part / winners.len() as f64;
        }
    }
    let all: f64 = weights.iter().sum();
    if all > 0.0 {
        weights.iter().map(|weight| weight / all).collect()
    } else {
        vec![1.0 / arms as f64; arms]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_close(actual: &[f64], expected: &[f64]) -> bool {
        actual.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9)
    }

    #[test]
    fn rounds_are_counted_and_ties_shared() {
        let rounds = vec![vec![0.9, 0.5, 0.1], vec![0.2, 0.5, 0.1], vec![0.5, 0.5, 0.1], vec![0.9, 0.1, 0.2]];
        assert!(is_close(&thompson(3, &rounds), &[0.625, 0.375, 0.0]));
        assert!(is_close(&thompson(3, &[]), &[1.0 / 3.0; 3]));
        assert!(is_close(&top_two(3, &rounds[..2]), &[0.5, 0.5, 0.0]));
        assert!(is_close(&top_two(3, &rounds[3..]), &[0.5, 0.0, 0.5]));
        assert!(is_close(&top_two(1, &[vec![0.3]]), &[1.0]));
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
