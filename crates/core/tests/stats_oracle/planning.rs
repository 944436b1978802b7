//! Sample sizes and schedules of looks.

use serde_json::{Value, json};
use viridian_core::stats::planning::looks::{self, Directions, Spending};
use viridian_core::stats::planning::power::{NormalTest, share_effect};
use viridian_core::stats::planning::{self, FixedSample};

use crate::values::{number, numbers};

/// What the packages take when nothing is said.
const POWER: f64 = 0.8;
const ALPHA: f64 = 0.05;

pub(crate) fn reproduce(id: &str, inputs: &Value) -> Option<Value> {
    let found = match id {
        "plan.n_prop_unpooled" => cases(inputs),
        "plan.n_mean_normal" => {
            let sample =
                |ratio| NormalTest { effect: number(&inputs["d"]), ratio, alpha: ALPHA }.sample(POWER);
            json!({"r1": sample(1.0), "r9_nobs1": sample(9.0)})
        }
        "plan.cohen_h" => {
            let effect = share_effect(number(&inputs["p"][0]), number(&inputs["p"][1]));
            json!({"h": effect, "n": NormalTest { effect, ratio: 1.0, alpha: ALPHA }.sample(POWER)})
        }
        "plan.spotify_sample_size" => both_arms(inputs),
        _ if id.starts_with("gst.lan_demets.") => {
            let directions = if inputs["sides"] == 1 { Directions::Up } else { Directions::Both };
            let spending = Spending::Power(number(&inputs["phi"]));
            looks::bounds(&numbers(&inputs["t"]), number(&inputs["alpha"]), spending, directions).into()
        }
        _ => return None,
    };
    Some(found)
}

/// The last case has no effect of its own: it tests safety at a margin.
fn cases(inputs: &Value) -> Value {
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
    inputs["cases"].as_array().unwrap().iter().map(needed).collect()
}

/// Whole observations on each of two equal arms.
fn both_arms(inputs: &Value) -> Value {
    let baseline = number(&inputs["avg"]);
    let effect = baseline * number(&inputs["mde_rel"]);
    let candidate = baseline + effect;
    let per_arm = planning::fixed_sample(&FixedSample {
        candidate_variance: candidate * (1.0 - candidate),
        baseline_variance: baseline * (1.0 - baseline),
        baseline_per_candidate: 1.0,
        effect,
        alpha: ALPHA,
        power: POWER,
    });
    (2.0 * per_arm.ceil()).into()
}
