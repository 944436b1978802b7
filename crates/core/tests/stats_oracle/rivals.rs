//! What other products compute, from our functions: where theirs is one of ours in other words, the vector shows it.

use serde_json::{Value, json};
use viridian_core::arm::Arm;
use viridian_core::stats::evidence::bounded::{Rule, Worse};
use viridian_core::stats::evidence::contrast::Hypothesis;
use viridian_core::stats::moments::Moments;
use viridian_core::stats::report::effect::Effect;
use viridian_core::stats::report::sample::Sample;
use viridian_core::stats::report::welch;
use viridian_core::stats::sequence::asymptotic::{self, Precision};
use viridian_core::stats::sequence::normal;

use crate::values::number;

pub(crate) fn reproduce(id: &str, inputs: &Value) -> Option<Value> {
    let found = match id {
        "msprt.ci_halfwidth" => msprt_radius(inputs),
        "eppo.sequential" => eppo(inputs),
        "tensorzero.stop" => tensorzero(inputs),
        "ville.asymptotic_ab" => ville(inputs),
        _ if id.starts_with("msprt.") => msprt(inputs),
        _ => return None,
    };
    Some(found)
}

/// The mixture likelihood ratio of `n` pairs: Robbins' mixture of their sum in standard deviations, with the prior's
/// variance as one over its parameter.
fn msprt(inputs: &Value) -> Value {
    let get = |name: &str| number(&inputs[name]);
    let variance = 2.0 * get("sigma2");
    let sum = get("n") * get("diff") / variance.sqrt();
    let ratio = normal::log_mixture(sum, get("n"), variance / get("tau2")).exp();
    json!({"lambda": ratio, "p": (1.0 / ratio).min(1.0), "numeric_integral": ratio})
}

/// Statsig's half-width: the same mixture's boundary in the scale of the estimate.
fn msprt_radius(inputs: &Value) -> Value {
    let (variance, prior) = (number(&inputs["V"]), number(&inputs["tau2"]));
    let bound = normal::normal_mixture_bound(1.0 / variance, number(&inputs["alpha"]), 1.0 / prior);
    (variance * bound).into()
}

/// Eppo's sequence is GrowthBook's, tuned for another number.
fn eppo(inputs: &Value) -> Value {
    let get = |name: &str| number(&inputs[name]);
    let precision = Precision { standard_error: get("se"), sample_size: get("t"), tuned_for: get("N_tune") };
    let radius = asymptotic::two_sided_radius(precision, 1.0 - get("c"));
    json!({"eppo": radius, "growthbook_with_N*=10000": radius})
}

/// The generalised likelihood ratio is half the square of Welch's statistic.
fn tensorzero(inputs: &Value) -> Value {
    let sample = |name: &str| {
        let arm = &inputs[name];
        Sample { mean: number(&arm[0]), variance: number(&arm[1]), count: number(&arm[2]) }
    };
    let effect = Effect::absolute(&sample("challenger"), &sample("leader"));
    assert_eq!(number(&inputs["eps"]), 0.0);
    let threshold = ((1.0 + effect.sample_size.ln()) / number(&inputs["delta"])).ln();
    json!({"glr": 0.5 * welch::statistic(&effect).powi(2), "threshold": threshold})
}

/// The least number of observations at which the package reports a range.
const LEAST: f64 = 100.0;
const VILLE_ALPHA: f64 = 0.05;

/// Each unit's `z` around the running mean of both arms; the asymptotic sequence of their mean after each unit.
fn ville(inputs: &Value) -> Value {
    let draws: Value = serde_json::from_str(include_str!("../oracle_draws.json")).unwrap();
    let (arms, events) = (bits(&draws["candidate"]), bits(&draws["event"]));
    let rule = Rule {
        probability: number(&inputs["propensity"]),
        range: (0.0, 1.0),
        worse: Worse::Higher,
        boundary: Hypothesis::EQUAL,
    };
    let (mut sums, mut past) = (Moments::default(), Moments::default());
    let mut range = (f64::NEG_INFINITY, f64::INFINITY);
    let (mut estimate, mut stop) = (0.0, None);
    let rho = number(&inputs["t_opt"]) / best_information(VILLE_ALPHA);
    for (on_candidate, event) in arms.iter().zip(&events) {
        let (arm, outcome) =
            (if *on_candidate { Arm::Candidate } else { Arm::Baseline }, f64::from(u8::from(*event)));
        let centre = if past.count > 0.0 { past.sum / past.count } else { 0.0 };
        sums += Moments::one(rule.z(arm, outcome, centre));
        past += Moments::one(outcome);
        let Some(effect) = Effect::of_draws(&sums).filter(|_| sums.count >= LEAST) else { continue };
        estimate = effect.estimate;
        let bound = normal::normal_mixture_bound(sums.count, VILLE_ALPHA, rho);
        let radius = effect.standard_error * bound / sums.count.sqrt();
        range = (estimate - radius, estimate + radius);
        if stop.is_none() && estimate.abs() > radius {
            stop = Some(sums.count);
        }
    }
    assert_eq!(sums.count, number(&inputs["n"]));
    json!({"estimate": estimate, "lower_running": range.0, "upper_running": range.1, "stop": stop})
}

/// The package finds the tightest mixture by search; ours is tuned by the usual approximation of it, which is looser by a
/// thousandth. The search ends where `u = 2 ln(1/alpha) + ln(1 + u)`, with `u` the tuned time over the parameter.
fn best_information(alpha: f64) -> f64 {
    (0..200).fold(1.0, |u: f64, _| u.ln_1p() - 2.0 * alpha.ln())
}

/// Eight draws to a byte, the first one highest.
fn bits(hexadecimal: &Value) -> Vec<bool> {
    let digits = hexadecimal.as_str().unwrap().chars().map(|digit| digit.to_digit(16).unwrap());
    digits.flat_map(|digit| (0..4).rev().map(move |bit| digit >> bit & 1 == 1)).collect()
}
