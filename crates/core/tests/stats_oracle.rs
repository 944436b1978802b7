//! Reproduces reference values that other statistics packages computed, each to its stated tolerance.
//!
//! `oracle.json` holds one vector per entry: where it comes from, its inputs, its output, its tolerance. A vector that
//! no case here reproduces fails the test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a malformed vector fails the test")]

use serde_json::Value;
use viridian_core::stats::evidence::betting::{self, BinaryEpoch, Trials};
use viridian_core::stats::evidence::combine::{self, WeightedEvidence};
use viridian_core::stats::evidence::race::{self, RaceEpoch};
use viridian_core::stats::evidence::srm::{self, SplitEpoch};
use viridian_core::stats::histogram;
use viridian_core::stats::planning::{self, FixedSample};
use viridian_core::stats::report::proportion;
use viridian_core::stats::sequence::asymptotic::{self, Precision};
use viridian_core::stats::sequence::beta_binomial::{BetaBinomial, Sides, Tuning};
use viridian_core::stats::sequence::normal;
use viridian_core::stats::sequence::ranks::{self, RankQuery};

#[test]
fn every_vector_is_reproduced() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("oracle.json")).unwrap();
    assert!(!vectors.is_empty());
    for vector in &vectors {
        let id = vector["id"].as_str().unwrap();
        let actual = reproduce(id, &vector["inputs"]);
        assert_close(&actual, &vector["output"], number(&vector["tol"]), id);
    }
}

/// Computes with our functions what the vector's source computed; panics for a vector it does not know.
fn reproduce(id: &str, inputs: &Value) -> Value {
    let get = |name: &str| number(&inputs[name]);
    match id {
        "spec.race_grid" => race::grid().into(),
        "spec.bet_grid" => betting::grid().into(),
        _ if id.starts_with("spec.race.") => race_vector(inputs),
        _ if id.starts_with("spec.bet_binary.") => betting_vector(inputs),
        "cs.rho_two_sided" => normal::mixing_parameter(get("v_opt"), get("alpha")).into(),
        _ if id.starts_with("cs.normal_mixture_bound.") => {
            let rho = normal::mixing_parameter(get("v_opt"), get("alpha_opt"));
            normal::normal_mixture_bound(get("v"), get("alpha"), rho).into()
        }
        "gb.equals_normal_mixture" => {
            let radius = asymptotic::two_sided_radius(precision(inputs, STANDARD_ERROR), get("alpha"));
            serde_json::json!({"halfwidth_gb": radius, "halfwidth_mixture": radius})
        }
        "spec.asymp_cs_one_sided" => {
            asymptotic::one_sided_radius(precision(inputs, get("se")), get("alpha")).into()
        }
        "ht.wilson" => {
            let (events, trials) = (counts(&inputs["x"]), counts(&inputs["n"]));
            let wilson = |(x, n): (&u64, &u64)| proportion::wilson(*x, *n, 0.05);
            events.iter().zip(&trials).map(wilson).map(|i| Value::from(vec![i.lower, i.upper])).collect()
        }
        _ if id.starts_with("cs.beta_binomial_log_mixture.") => {
            mixture(inputs).log_mixture(get("s"), get("v")).into()
        }
        _ if id.starts_with("cs.beta_binomial_bound.") => {
            mixture(inputs).bound(get("v"), get("alpha")).into()
        }
        _ if id.starts_with("q.cs_ranks.") => rank_vector(inputs),
        "sketch.ddsketch" => sketch_vector(inputs),
        "srm.sequential" => sequential_srm(inputs),
        "srm.sequential_c100" => sequential_srm(inputs)["p"].clone(),
        "mult.e_mean" => mean_vector(inputs),
        "plan.n_prop_unpooled" => plan_vector(inputs),
        _ => panic!("no case reproduces vector {id}"),
    }
}

/// The standard error behind `gb.equals_normal_mixture`, given in the vector of the one-sided sequence.
const STANDARD_ERROR: f64 = 0.006_155_582_831_868_969;

fn precision(inputs: &Value, standard_error: f64) -> Precision {
    Precision { standard_error, sample_size: number(&inputs["N"]), tuned_for: number(&inputs["tuning"]) }
}

fn race_vector(inputs: &Value) -> Value {
    let epoch =
        |e: &Value| RaceEpoch { probability: number(&e[0]), candidate: count(&e[1]), baseline: count(&e[2]) };
    let epochs: Vec<RaceEpoch> = inputs["epochs"].as_array().unwrap().iter().map(epoch).collect();
    let interval = race::confidence(&epochs, 0.025);
    serde_json::json!({
        "log_e_harm_r1": race::log_e_harm(&epochs, 1.0),
        "log_e_harm_r1.25": race::log_e_harm(&epochs, 1.25),
        "log_e_safe_r1.25": race::log_e_safe(&epochs, 1.25),
        "log_e_safe_r1.5": race::log_e_safe(&epochs, 1.5),
        "lcb": interval.lower,
        "ucb": interval.upper, // JSON has no infinity: null there and here
    })
}

fn betting_vector(inputs: &Value) -> Value {
    let trials = |n: &str, x: &str| Trials { trials: count(&inputs[n]), events: count(&inputs[x]) };
    let epochs = [BinaryEpoch {
        probability: number(&inputs["pi"]),
        centre: number(&inputs["c"]),
        candidate: trials("n_t", "x_t"),
        baseline: trials("n_c", "x_c"),
    }];
    serde_json::json!({
        "log_e_harm": betting::log_e_harm(&epochs, 0.0),
        "log_e_safe": betting::log_e_safe(&epochs, number(&inputs["delta"])),
        "z_mean": betting::difference(&epochs),
    })
}

fn mixture(inputs: &Value) -> BetaBinomial {
    let sides = if inputs["one_sided"].as_bool().unwrap() { Sides::One } else { Sides::Two };
    let tuning = Tuning { v_opt: number(&inputs["v_opt"]), alpha: number(&inputs["alpha_opt"]) };
    BetaBinomial::tuned(tuning, number(&inputs["g"]), number(&inputs["h"]), sides)
}

fn rank_vector(inputs: &Value) -> Value {
    let get = |name: &str| number(&inputs[name]);
    let query = RankQuery { quantile: get("p"), alpha: get("alpha"), tuned_for: get("t_opt") };
    let (above, below) = ranks::deviations(get("n"), query);
    let ranks = ranks::rank_bounds(count(&inputs["n"]), query);
    serde_json::json!({"u_up": above, "u_lo": below, "rank_lo": ranks.lower, "rank_hi": ranks.upper})
}

/// The sketch counts in its own unit from 1; our edges are the same powers of the growth factor in microseconds.
fn sketch_vector(inputs: &Value) -> Value {
    let mut index = Vec::new();
    let mut upper_edge = Vec::new();
    assert!((number(&inputs["gamma"]) - histogram::GROWTH).abs() < 1e-13);
    for value in inputs["values"].as_array().unwrap() {
        let power = (number(value).ln() / histogram::GROWTH.ln()).ceil();
        index.push(power);
        upper_edge.push(histogram::GROWTH.powf(power));
        // The layout in use has the edge of the same power, 345 powers of the growth factor further up.
        let shifted = histogram::GROWTH.powf(power + 345.0);
        assert_eq!(histogram::edge_at_or_above(shifted as u64), shifted as u64);
    }
    serde_json::json!({"index": index, "upper_edge": upper_edge})
}

/// The package reports the Bayes factor after each day and the running p-value.
fn sequential_srm(inputs: &Value) -> Value {
    let mut epoch = SplitEpoch { probability: number(&inputs["p0"][0]), candidate: 0, baseline: 0 };
    let mut p_values = vec![];
    let mut bayes_factors = vec![];
    let mut p_value = 1.0_f64;
    for day in inputs["data"].as_array().unwrap() {
        epoch.candidate += count(&day[0]);
        epoch.baseline += count(&day[1]);
        let factor = srm::log_bayes_factor(&epoch, number(&inputs["concentration"])).exp();
        p_value = p_value.min(1.0 / factor);
        bayes_factors.push(factor);
        p_values.push(p_value);
    }
    serde_json::json!({"p": p_values, "bf": bayes_factors})
}

fn mean_vector(inputs: &Value) -> Value {
    let e_values: Vec<f64> = inputs["e"].as_array().unwrap().iter().map(number).collect();
    let weight = 1.0 / e_values.len() as f64;
    let evidence: Vec<WeightedEvidence> =
        e_values.iter().map(|e| WeightedEvidence { weight, log_e: e.ln() }).collect();
    serde_json::json!({"mean": combine::weighted_mean(&evidence).exp()})
}

/// The last case has no effect of its own: it tests safety at a margin.
fn plan_vector(inputs: &Value) -> Value {
    let cases = inputs["cases"].as_array().unwrap();
    let needed = |case: &Value| {
        let (baseline, candidate) = (number(&case[0]), number(&case[1]));
        let difference = candidate - baseline;
        planning::fixed_sample(&FixedSample {
            candidate_variance: candidate * (1.0 - candidate),
            baseline_variance: baseline * (1.0 - baseline),
            baseline_per_candidate: number(&case[4]),
            effect: if difference == 0.0 { number(&inputs["margin_last"]) } else { difference },
            alpha: number(&case[2]),
            power: number(&case[3]),
        })
    };
    cases.iter().map(needed).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is not a count"))
}

fn counts(values: &Value) -> Vec<u64> {
    values.as_array().unwrap().iter().map(count).collect()
}

/// Compares numbers, lists and objects; tolerances are relative above one and absolute below.
fn assert_close(actual: &Value, expected: &Value, tolerance: f64, at: &str) {
    match (actual, expected) {
        (Value::Object(_), Value::Object(fields)) => {
            for (name, field) in fields {
                assert_close(&actual[name], field, tolerance, &format!("{at}.{name}"));
            }
        }
        (Value::Array(items), Value::Array(expected_items)) => {
            assert_eq!(items.len(), expected_items.len(), "{at}");
            for (index, (item, expected_item)) in items.iter().zip(expected_items).enumerate() {
                assert_close(item, expected_item, tolerance, &format!("{at}[{index}]"));
            }
        }
        (Value::Null, Value::Null) => {}
        _ => {
            let (actual, expected) = (number(actual), number(expected));
            let allowed = tolerance * expected.abs().max(1.0);
            assert!((actual - expected).abs() <= allowed, "{at}: {actual} is not {expected}");
        }
    }
}
