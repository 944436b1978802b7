//! Races, bets, pairs, the split, and joining e-values.

use serde_json::{Value, json};
use viridian_core::stats::evidence::betting::{self, BinaryEpoch, Trials};
use viridian_core::stats::evidence::combine::{self, WeightedEvidence};
use viridian_core::stats::evidence::discovery;
use viridian_core::stats::evidence::paired::{self, Pairs};
use viridian_core::stats::evidence::race::{self, RaceEpoch};
use viridian_core::stats::evidence::srm::{self, SplitEpoch};
use viridian_core::stats::sequence::asymptotic::{self, Precision};

use crate::values::{count, counts, number, numbers};

pub(crate) fn reproduce(id: &str, inputs: &Value) -> Option<Value> {
    let get = |name: &str| number(&inputs[name]);
    let found = match id {
        "spec.race_grid" => race::grid().into(),
        "spec.bet_grid" => betting::grid().into(),
        "spec.asymp_cs_one_sided" => {
            let precision =
                Precision { standard_error: get("se"), sample_size: get("N"), tuned_for: get("tuning") };
            asymptotic::one_sided_radius(precision, get("alpha")).into()
        }
        "srm.chi2" => chi_square(inputs),
        "srm.sequential" => sequential_srm(inputs),
        "srm.sequential_c100" => sequential_srm(inputs)["p"].clone(),
        "mult.ebh" => discovery::worst(&log_es(inputs), get("alpha")).into(),
        "mult.eholm" => {
            let log_es = log_es(inputs);
            let shown = discovery::attributed(&log_es, get("alpha"));
            (0..log_es.len()).map(|index| shown.contains(&index)).collect()
        }
        "mult.e_mean" => mean(inputs),
        _ if id.starts_with("spec.race.") => race_vector(inputs),
        _ if id.starts_with("spec.bet_binary.") => betting_vector(inputs),
        _ if id.starts_with("spec.paired_margin.") => {
            let [worse, better, tied] = ["worse", "better", "tie"].map(|name| count(&inputs[name]));
            paired::log_e_safe(&Pairs { worse, better, tied }, get("delta")).into()
        }
        _ if id.starts_with("spec.paired.") => {
            let [worse, better] = ["b", "c"].map(|name| count(&inputs[name]));
            let log_e = paired::log_e_harm(&Pairs { worse, better, tied: 0 });
            json!({"log_e": log_e, "quadrature": log_e})
        }
        _ => return None,
    };
    Some(found)
}

fn race_vector(inputs: &Value) -> Value {
    let epoch =
        |e: &Value| RaceEpoch { probability: number(&e[0]), candidate: count(&e[1]), baseline: count(&e[2]) };
    let epochs: Vec<RaceEpoch> = inputs["epochs"].as_array().unwrap().iter().map(epoch).collect();
    let interval = race::confidence(&epochs, 0.025);
    json!({
        "log_e_harm_r1": race::log_e_harm(&epochs, 1.0),
        "log_e_harm_r1.25": race::log_e_harm(&epochs, 1.25),
        "log_e_safe_r1.25": race::log_e_safe(&epochs, 1.25),
        "log_e_safe_r1.5": race::log_e_safe(&epochs, 1.5),
        "lcb": interval.lower,
        "ucb": interval.upper,
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
    json!({
        "log_e_harm": betting::log_e_harm(&epochs, 0.0),
        "log_e_safe": betting::log_e_safe(&epochs, number(&inputs["delta"])),
        "z_mean": betting::difference(&epochs),
    })
}

fn chi_square(inputs: &Value) -> Value {
    let (users, weights) = (inputs["users"].as_array().unwrap(), inputs["weights"].as_array().unwrap());
    let p_value = |(users, weights): (&Value, &Value)| {
        let cells: Vec<(f64, u64)> = numbers(weights).into_iter().zip(counts(users)).collect();
        srm::chi_square_p(&cells)
    };
    users.iter().zip(weights).map(p_value).collect()
}

/// The package reports the Bayes factor after each day and the running p-value.
fn sequential_srm(inputs: &Value) -> Value {
    let shares = numbers(&inputs["p0"]);
    let concentration = number(&inputs["concentration"]);
    let mut epoch = SplitEpoch { probability: shares[0], candidate: 0, baseline: 0 };
    let mut p_values = vec![];
    let mut bayes_factors = vec![];
    let mut p_value = 1.0_f64;
    for day in inputs["data"].as_array().unwrap() {
        epoch.candidate += count(&day[0]);
        epoch.baseline += count(&day[1]);
        let factor = srm::log_bayes_factor(&epoch, concentration).exp();
        let cells = [(shares[0], epoch.candidate), (shares[1], epoch.baseline)];
        let of_cells = srm::log_bayes_factor_of_cells(&cells, concentration).exp();
        assert!((factor - of_cells).abs() < 1e-7 * factor, "two cells are two arms");
        p_value = p_value.min(1.0 / factor);
        bayes_factors.push(factor);
        p_values.push(p_value);
    }
    json!({"p": p_values, "bf": bayes_factors})
}

fn log_es(inputs: &Value) -> Vec<f64> {
    numbers(&inputs["e"]).iter().map(|e| e.ln()).collect()
}

fn mean(inputs: &Value) -> Value {
    let log_es = log_es(inputs);
    let weight = 1.0 / log_es.len() as f64;
    let evidence: Vec<WeightedEvidence> =
        log_es.iter().map(|log_e| WeightedEvidence { weight, log_e: *log_e }).collect();
    json!({"mean": combine::weighted_mean(&evidence).exp(), "log_product": log_es.iter().sum::<f64>()})
}
