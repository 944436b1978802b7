//! What GrowthBook's statistics package reports, from the same sums.

use serde_json::{Value, json};
use viridian_core::stats::moments::{Moments, Paired};
use viridian_core::stats::report::adjusted;
use viridian_core::stats::report::card::Belief;
use viridian_core::stats::report::effect::Effect;
use viridian_core::stats::report::quantile::{self, Measured};
use viridian_core::stats::report::sample::Sample;
use viridian_core::stats::report::welch;
use viridian_core::stats::sequence::asymptotic::{self, Precision};

use crate::values::{count, ends, number};

/// The package's defaults.
const ALPHA: f64 = 0.05;
/// The standard error behind `gb.equals_normal_mixture`, given in the vector of the one-sided sequence.
const STANDARD_ERROR: f64 = 0.006_155_582_831_868_969;

pub(crate) fn reproduce(id: &str, inputs: &Value) -> Option<Value> {
    let found = match id {
        "gb.equals_normal_mixture" => {
            let precision = Precision {
                standard_error: STANDARD_ERROR,
                sample_size: number(&inputs["N"]),
                tuned_for: number(&inputs["tuning"]),
            };
            let radius = asymptotic::two_sided_radius(precision, number(&inputs["alpha"]));
            json!({"halfwidth_gb": radius, "halfwidth_mixture": radius})
        }
        "gb.cuped" => cuped(inputs),
        "gb.quantile_var" => quantile_variance(inputs),
        "gb.head_one_sided" => one_sided(inputs),
        "gb.seq_mean.relative" => sequential(inputs, sample_of_mean),
        _ if id.starts_with("gb.seq_prop.") => sequential(inputs, sample_of_share),
        _ if id.starts_with("gb.welch_mean.") => fixed(&effect(inputs, sample_of_mean)),
        _ if id.starts_with("gb.bayes.") => bayes(inputs),
        _ => return None,
    };
    Some(found)
}

fn sample_of_share(arm: &Value) -> Sample {
    Sample::of_share(count(&arm[1]), count(&arm[0])).unwrap()
}

fn sample_of_mean(arm: &Value) -> Sample {
    let sums = Moments { count: number(&arm[0]), sum: number(&arm[1]), sum_of_squares: number(&arm[2]) };
    Sample::of(&sums).unwrap()
}

fn effect(inputs: &Value, sample: impl Fn(&Value) -> Sample) -> Effect {
    let (baseline, candidate) = (sample(&inputs["a"]), sample(&inputs["b"]));
    if inputs["difference_type"] == "absolute" {
        Effect::absolute(&baseline, &candidate)
    } else {
        Effect::relative(&baseline, &candidate).unwrap()
    }
}

fn sequential(inputs: &Value, sample: impl Fn(&Value) -> Sample) -> Value {
    let effect = effect(inputs, sample);
    let precision = effect.precision(number(&inputs["tuning"]));
    let alpha = number(&inputs["alpha"]);
    json!({
        "expected": effect.estimate,
        "ci": ends(asymptotic::two_sided(effect.estimate, precision, alpha)),
        "p_value": asymptotic::two_sided_p(effect.estimate, precision, alpha),
        "stddev": effect.standard_error,
    })
}

fn fixed(effect: &Effect) -> Value {
    json!({
        "expected": effect.estimate,
        "ci": ends(welch::interval(effect, ALPHA)),
        "p_value": welch::two_sided_p(effect),
        "stddev": effect.standard_error,
    })
}

fn cuped(inputs: &Value) -> Value {
    let sums = |arm: &Value| {
        let moments = |name: &str| Moments {
            count: number(&arm["n"]),
            sum: number(&arm[name][0]),
            sum_of_squares: number(&arm[name][1]),
        };
        Paired { outcome: moments("post"), covariate: moments("pre"), product: number(&arm["cross"]) }
    };
    let (a, b) = (sums(&inputs["a"]), sums(&inputs["b"]));
    let (baseline, candidate) = adjusted::adjusted(&a, &b).unwrap();
    let mut both = a;
    both += b;
    let mut found = fixed(&Effect::absolute(&baseline, &candidate));
    found["theta"] = both.slope().into();
    found["mean_a"] = baseline.mean.into();
    found["var_a"] = baseline.variance.into();
    found["mean_b"] = candidate.mean.into();
    found["var_b"] = candidate.variance.into();
    found
}

fn quantile_variance(inputs: &Value) -> Value {
    let get = |name: &str| number(&inputs[name]);
    let sample = quantile::sample(&Measured {
        count: get("n"),
        bounded_by: get("n_star"),
        value: get("q"),
        lower: get("lo"),
        upper: get("hi"),
    });
    json!({"variance": sample.variance, "se": sample.variance_of_mean().sqrt()})
}

fn one_sided(inputs: &Value) -> Value {
    let effect = Effect::absolute(&sample_of_share(&inputs["a"]), &sample_of_share(&inputs["b"]));
    let precision = effect.precision(number(&inputs["tuning"]));
    let alpha = number(&inputs["alpha"]);
    let two_sided = asymptotic::two_sided(effect.estimate, precision, alpha);
    let radius = asymptotic::one_sided_radius(precision, alpha);
    json!({
        "SequentialTwoSidedTTest": [
            two_sided.lower,
            two_sided.upper,
            asymptotic::two_sided_p(effect.estimate, precision, alpha),
        ],
        "SequentialOneSidedTreatmentGreaterTTest": [
            effect.estimate - radius,
            null,
            halved(asymptotic::one_sided_p(effect.estimate, precision, alpha)),
        ],
        "SequentialOneSidedTreatmentLesserTTest": [
            null,
            effect.estimate + radius,
            halved(asymptotic::one_sided_p(-effect.estimate, precision, alpha)),
        ],
    })
}

/// The package halves the range of p-values eleven times and reports the middle of what is left, or the end of the range
/// where the p-value lies beyond.
fn halved(p: f64) -> f64 {
    let (least, largest, parts) = (1e-5, 0.4999, 2048.0);
    let width = (largest - least) / parts;
    if p >= largest { largest } else { least + width * (((p - least) / width).floor() + 0.5) }
}

/// A prior is given by its mean and variance.
fn bayes(inputs: &Value) -> Value {
    let effect = Effect::relative(&sample_of_share(&inputs["a"]), &sample_of_share(&inputs["b"])).unwrap();
    let belief = match inputs["prior"].as_array() {
        Some(prior) => Belief { mean: number(&prior[0]), deviation: number(&prior[1]).sqrt() }
            .updated(effect.estimate, effect.standard_error),
        None => Belief::from_estimate(effect.estimate, effect.standard_error),
    };
    json!({
        "chance_to_win": belief.chance_above_zero(),
        "expected": belief.mean,
        "ci": ends(belief.interval(ALPHA)),
        "risk": [belief.loss_of_baseline(), belief.loss_of_candidate()],
    })
}
