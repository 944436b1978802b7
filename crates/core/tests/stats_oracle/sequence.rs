//! Boundaries, confidence sequences and the histogram's layout.

use serde_json::{Value, json};
use viridian_core::stats::evidence::finite::Finite;
use viridian_core::stats::histogram;
use viridian_core::stats::sequence::beta_binomial::{BetaBinomial, Sides, Tuning};
use viridian_core::stats::sequence::gamma_exponential::GammaExponential;
use viridian_core::stats::sequence::gamma_poisson::GammaPoisson;
use viridian_core::stats::sequence::ranks::{self, RankQuery};
use viridian_core::stats::sequence::stitched::{self, Stitching};
use viridian_core::stats::sequence::{mean, normal, share, two_quantiles};

use crate::values::{count, ends, number, numbers};

pub(crate) fn reproduce(id: &str, inputs: &Value) -> Option<Value> {
    let get = |name: &str| number(&inputs[name]);
    let found = match id {
        "cs.rho_two_sided" => normal::mixing_parameter(get("v_opt"), get("alpha")).into(),
        "cs.gamma_exp_bound" => {
            GammaExponential::tuned(tuning(inputs), get("c")).bound(get("v"), get("alpha")).into()
        }
        "cs.gamma_poisson_log_mixture" => {
            GammaPoisson::tuned(tuning(inputs), get("c")).log_mixture(get("s"), get("v")).into()
        }
        "cs.gamma_poisson_bound" => {
            GammaPoisson::tuned(tuning(inputs), get("c")).bound(get("v"), get("alpha")).into()
        }
        "q.double_stitching" => double_stitching(inputs),
        "q.dkw_lil" => distribution(inputs),
        "b.predmix_empbern" => {
            let alpha = get("alpha") / 2.0;
            let lower = |values: &[f64]| mean::empirical_bernstein(values, alpha);
            within(&both(inputs, lower), None)
        }
        "b.predmix_hoeffding" => {
            let alpha = get("alpha") / 2.0;
            let lower = |values: &[f64]| mean::hoeffding(values, alpha);
            within(&both(inputs, lower), Some(&[10, 20, 40]))
        }
        "b.conjmix_empbern" => {
            // The package halves the error twice.
            let (alpha, v_opt) = (get("alpha") / 4.0, get("v_opt"));
            let lower = |values: &[f64]| mean::mixed_empirical_bernstein(values, alpha, v_opt);
            within(&both(inputs, lower), Some(&[10, 20, 40]))
        }
        "b.betting_mart_m.5" => {
            let open = Finite { cases: None, alpha: get("alpha") };
            open.log_e(&numbers(&inputs["x"]), get("m")).iter().map(|log_e| log_e.exp()).collect()
        }
        "b.betting_cs_wor_N60" => without_replacement(inputs),
        "sketch.ddsketch" => sketch(inputs),
        _ if id.starts_with("cs.normal_mixture_bound.") => normal_bound(inputs),
        _ if id.starts_with("cs.normal_log_mixture.") => {
            let log_mixture =
                if is_one_sided(inputs) { normal::log_mixture_above } else { normal::log_mixture };
            log_mixture(get("s"), get("v"), rho(inputs)).into()
        }
        _ if id.starts_with("cs.beta_binomial_log_mixture.") => {
            beta_binomial(inputs).log_mixture(get("s"), get("v")).into()
        }
        _ if id.starts_with("cs.beta_binomial_bound.") => {
            beta_binomial(inputs).bound(get("v"), get("alpha")).into()
        }
        _ if id.starts_with("cs.bernoulli_ci.") => {
            let (events, trials) = (count(&inputs["successes"]), count(&inputs["n"]));
            ends(share::share(events, trials, get("alpha"), get("t_opt")))
        }
        _ if id.starts_with("q.ab_p_value.") => same_quantile(inputs),
        _ if id.starts_with("q.cs_ranks.") => rank_vector(inputs),
        _ => return None,
    };
    Some(found)
}

fn is_one_sided(inputs: &Value) -> bool {
    inputs["one_sided"].as_bool().unwrap()
}

fn tuning(inputs: &Value) -> Tuning {
    Tuning { v_opt: number(&inputs["v_opt"]), alpha: number(&inputs["alpha_opt"]) }
}

fn rho(inputs: &Value) -> f64 {
    let tuning = tuning(inputs);
    let alpha = if is_one_sided(inputs) { 2.0 * tuning.alpha } else { tuning.alpha };
    normal::mixing_parameter(tuning.v_opt, alpha)
}

fn normal_bound(inputs: &Value) -> Value {
    let bound = if is_one_sided(inputs) { normal::bound_above } else { normal::normal_mixture_bound };
    bound(number(&inputs["v"]), number(&inputs["alpha"]), rho(inputs)).into()
}

fn beta_binomial(inputs: &Value) -> BetaBinomial {
    let sides = if is_one_sided(inputs) { Sides::One } else { Sides::Two };
    BetaBinomial::tuned(tuning(inputs), number(&inputs["g"]), number(&inputs["h"]), sides)
}

fn rank_vector(inputs: &Value) -> Value {
    let get = |name: &str| number(&inputs[name]);
    let query = RankQuery { quantile: get("p"), alpha: get("alpha"), tuned_for: get("t_opt") };
    let (above, below) = ranks::deviations(get("n"), query);
    let ranks = ranks::rank_bounds(count(&inputs["n"]), query);
    json!({"u_up": above, "u_lo": below, "rank_lo": ranks.lower, "rank_hi": ranks.upper})
}

/// The samples are given as ranges of whole numbers.
fn same_quantile(inputs: &Value) -> Value {
    let range = |name: &str| -> Vec<f64> {
        let (first, last) = inputs[name].as_str().unwrap().split_once("..=").unwrap();
        (first.parse::<u32>().unwrap()..=last.parse().unwrap()).map(f64::from).collect()
    };
    let tuning = Tuning { v_opt: number(&inputs["t_opt"]), alpha: number(&inputs["alpha_opt"]) };
    let p = two_quantiles::same_quantile_p(&range("a"), &range("b"), number(&inputs["p"]), tuning);
    p.unwrap().into()
}

fn double_stitching(inputs: &Value) -> Value {
    let get = |name: &str| number(&inputs[name]);
    let stitching =
        Stitching { tuned_for: get("t_opt"), spacing: get("delta"), decay: get("s"), factor: get("eta") };
    let bound = |p: &f64| stitched::rank_deviation(*p, get("t"), get("alpha"), stitching);
    numbers(&inputs["p"]).iter().map(bound).collect()
}

fn distribution(inputs: &Value) -> Value {
    let get = |name: &str| number(&inputs[name]);
    let bound = |t: &f64| stitched::distribution(*t, get("alpha"), get("t_min"), get("A"));
    numbers(&inputs["t"]).iter().map(bound).collect()
}

/// The lower and the upper bounds of a function of lower ones.
fn both(inputs: &Value, lower: impl Fn(&[f64]) -> Vec<f64>) -> (Vec<f64>, Vec<f64>) {
    let values = numbers(&inputs["x"]);
    (lower(&values), mean::upper(&values, lower))
}

/// Bounds are reported within the range of the values, at all or at the given numbers of values.
fn within((lower, upper): &(Vec<f64>, Vec<f64>), at: Option<&[usize]>) -> Value {
    let all: Vec<usize> = (1..=lower.len()).collect();
    let at = at.unwrap_or(&all);
    let pick = |bounds: &[f64]| -> Vec<f64> { at.iter().map(|t| bounds[t - 1].clamp(0.0, 1.0)).collect() };
    json!({"lower": pick(lower), "upper": pick(upper), "at": at})
}

fn without_replacement(inputs: &Value) -> Value {
    let values = numbers(&inputs["x"]);
    let cases = Finite { cases: Some(count(&inputs["N"])), alpha: number(&inputs["alpha"]) };
    let parts = u32::try_from(count(&inputs["breaks"])).unwrap();
    let ranges = [10, 20, 40].map(|seen| cases.interval(&values[..seen], parts));
    json!({
        "lower": ranges.map(|range| range.lower),
        "upper": ranges.map(|range| range.upper),
        "at": [10, 20, 40],
    })
}

/// The sketch counts in its own unit from 1; our edges are the same powers of the growth factor in microseconds.
fn sketch(inputs: &Value) -> Value {
    let mut index = Vec::new();
    let mut upper_edge = Vec::new();
    assert!((number(&inputs["gamma"]) - histogram::GROWTH).abs() < 1e-13);
    for value in numbers(&inputs["values"]) {
        let power = (value.ln() / histogram::GROWTH.ln()).ceil();
        index.push(power);
        upper_edge.push(histogram::GROWTH.powf(power));
        // The layout in use has the edge of the same power, 345 powers of the growth factor further up.
        let shifted = histogram::GROWTH.powf(power + 345.0);
        assert_eq!(histogram::edge_at_or_above(shifted as u64), shifted as u64);
    }
    json!({"index": index, "upper_edge": upper_edge})
}
