//! Tests and intervals at one look, adjusted p-values, Bayesian cards and allocation.

use serde_json::{Value, json};
use viridian_core::stats::allocation;
use viridian_core::stats::interval::Interval;
use viridian_core::stats::moments::Moments;
use viridian_core::stats::report::card::{Beta, Shares};
use viridian_core::stats::report::effect::Effect;
use viridian_core::stats::report::mann_whitney::{self, MannWhitney};
use viridian_core::stats::report::multiplicity;
use viridian_core::stats::report::pairs;
use viridian_core::stats::report::proportion::{self, Share};
use viridian_core::stats::report::rate::{self, Rate};
use viridian_core::stats::report::sample::Sample;
use viridian_core::stats::report::welch;

use crate::values::{count, counts, ends, number, numbers};

pub(crate) fn reproduce(id: &str, inputs: &Value) -> Option<Value> {
    let found = match id {
        "ht.welch" => welch_vector(inputs),
        "ht.mannwhitney.exact" => {
            let test = MannWhitney::of(&numbers(&inputs["a"]), &numbers(&inputs["b"])).unwrap();
            json!({"U": test.larger_pairs, "p": test.two_sided_p})
        }
        "ht.kayenta_mw" => kayenta(inputs),
        "ht.wilson" => {
            let (events, trials) = (counts(&inputs["x"]), counts(&inputs["n"]));
            let wilson = |(x, n): (&u64, &u64)| ends(proportion::wilson(*x, *n, 0.05));
            events.iter().zip(&trials).map(wilson).collect()
        }
        "ht.poisson_ratio" => poisson(inputs),
        "ht.diff_ci.newcomb" => difference(inputs, proportion::newcombe_difference),
        "ht.diff_ci.agresti-caffo" => difference(inputs, proportion::agresti_caffo_difference),
        "ht.diff_ci.score" => difference(inputs, score_of_the_package),
        "ht.diff_ci.wald" => difference(inputs, proportion::wald_difference),
        "mult.holm" => adjusted(inputs, multiplicity::holm),
        "mult.simes-hochberg" => adjusted(inputs, multiplicity::hochberg),
        "mult.hommel" => adjusted(inputs, multiplicity::hommel),
        "mult.fdr_bh" => adjusted(inputs, multiplicity::benjamini_hochberg),
        "bandit.p_best" => {
            let arm = |arm: &Value| Beta { a: number(&arm[0]), b: number(&arm[1]) };
            let arms: Vec<Beta> = inputs["alpha_beta"].as_array().unwrap().iter().map(arm).collect();
            allocation::chance_best(&arms).into()
        }
        _ if id.starts_with("ht.mcnemar.") => mcnemar(inputs),
        _ if id.starts_with("bayes.beta_binomial.") => beta_binomial(inputs),
        _ => return None,
    };
    Some(found)
}

fn welch_vector(inputs: &Value) -> Value {
    let sample = |name: &str| {
        let moments: Moments = numbers(&inputs[name]).into_iter().collect();
        Sample::of(&moments).unwrap()
    };
    let effect = Effect::absolute(&sample("a"), &sample("b"));
    json!({
        "t": welch::statistic(&effect),
        "p": welch::two_sided_p(&effect),
        "df": effect.degrees_of_freedom,
        "ci95": ends(welch::interval(&effect, 0.05)),
    })
}

/// Kayenta calls a metric high when the whole interval of the shift lies beyond a part of the shift itself.
fn kayenta(inputs: &Value) -> Value {
    let (control, experiment) = (numbers(&inputs["control"]), numbers(&inputs["experiment"]));
    let shift = mann_whitney::shift(&control, &experiment).unwrap();
    let alpha = 1.0 - number(&inputs["conf"]);
    let interval = mann_whitney::shift_interval(&control, &experiment, alpha).unwrap();
    json!({
        "ci": ends(interval),
        "hodges_lehmann": shift,
        "high": interval.lower > number(&inputs["tolerance"]) * shift.abs(),
    })
}

fn mcnemar(inputs: &Value) -> Value {
    let (worse, better) = (count(&inputs["table"][0][1]), count(&inputs["table"][1][0]));
    json!({
        "exact_p": pairs::exact_p(worse, better),
        "chi2_cc": pairs::corrected_chi_square(worse, better),
        "chi2_p": pairs::corrected_p(worse, better),
    })
}

fn difference(inputs: &Value, interval: fn(Share, Share, f64) -> Interval) -> Value {
    let share = |x: &str, n: &str| Share { events: count(&inputs[x]), trials: count(&inputs[n]) };
    ends(interval(share("x1", "n1"), share("x2", "n2"), 0.05))
}

/// The score interval as statsmodels 0.15.0 computes it. Miettinen and Nurminen find the shares that fit best at a difference
/// by the cubic `N p^3 + a p^2 + b p + c = 0` with `b = (m d - N - 2 y) d + x + y`, `m` being the second arm's trials and `y` its
/// events; the package puts `y` for `m`, and its interval is wider below than theirs. Ours is held to theirs by a published
/// example, in its own file; here it is shown that this slip is all the difference.
fn score_of_the_package(first: Share, second: Share, alpha: f64) -> Interval {
    let [x, n, y, m] = [first.events, first.trials, second.events, second.trials].map(|count| count as f64);
    let all = n + m;
    let limit = viridian_core::stats::special::normal_quantile(1.0 - alpha / 2.0);
    let is_kept = |difference: f64, of_square: f64| {
        let a = (n + 2.0 * m) * difference - all - x - y;
        let b = (of_square * difference - all - 2.0 * y) * difference + x + y;
        let c = y * difference * (1.0 - difference);
        let third = a / (3.0 * all);
        let q = third.powi(3) - a * b / (6.0 * all * all) + c / (2.0 * all);
        let p = q.signum() * (third * third - b / (3.0 * all)).sqrt();
        let angle = (std::f64::consts::PI + (q / p.powi(3)).acos()) / 3.0;
        let second = 2.0 * p * angle.cos() - third;
        let variance = (second + difference) * (1.0 - second - difference) / n + second * (1.0 - second) / m;
        ((x / n - y / m - difference) / (variance * all / (all - 1.0)).sqrt()).abs() <= limit
    };
    let end = |mut outside: f64, of_square: f64| {
        let mut inside = x / n - y / m;
        for _ in 0..100 {
            let middle = f64::midpoint(inside, outside);
            if is_kept(middle, of_square) {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        inside
    };
    let ours = proportion::score_difference(first, second, alpha);
    assert!((ours.lower - end(-0.9, m)).abs() < 1e-9 && (ours.upper - end(0.09, m)).abs() < 1e-9);
    Interval { lower: end(-0.9, y), upper: end(0.09, y) }
}

fn poisson(inputs: &Value) -> Value {
    let rate = |x: &str, t: &str| Rate { events: count(&inputs[x]), exposure: number(&inputs[t]) };
    let p = rate::higher_p(rate("x1", "t1"), rate("x2", "t2"));
    json!({"p": p, "binom_sf": p})
}

fn adjusted(inputs: &Value, adjust: fn(&[f64]) -> Vec<f64>) -> Value {
    let adjusted = adjust(&numbers(&inputs["p"]));
    let alpha = number(&inputs["alpha"]);
    let rejected: Vec<bool> = adjusted.iter().map(|p| *p <= alpha).collect();
    json!({"adj": adjusted, "reject": rejected})
}

fn beta_binomial(inputs: &Value) -> Value {
    let beta = |arm: &str| Beta::after(count(&inputs[arm][0]), count(&inputs[arm][1]));
    let shares = Shares { baseline: beta("a"), candidate: beta("b") };
    json!({
        "p_b_gt_a": shares.chance_higher(),
        "quadrature": shares.chance_higher(),
        "loss_b": shares.loss_of_candidate(),
        "loss_a": shares.loss_of_baseline(),
    })
}
