//! What the evidence comes to on small data, computed a second time from the formulas alone: `formulas.json` is written by
//! `formulas.py` beside it, which shares nothing with the product.

use serde_json::{Value, json};
use viridian_core::analysis::judge::{Units, judge};
use viridian_core::analysis::measurement::{EpochCounts, Evidence};
use viridian_core::analysis::tally::Counts;
use viridian_core::arm::Arm;
use viridian_core::epoch::{Centres, Epoch, Thresholds};
use viridian_core::guard::{Guard, Margin};
use viridian_core::id::EpochId;
use viridian_core::metric::Metric;
use viridian_core::stats::amounts::Amounts;
use viridian_core::stats::evidence::amounts::{self, AmountEpoch, Unknown};
use viridian_core::stats::evidence::bounded::Rule;
use viridian_core::stats::evidence::capital::{Capital, Side};
use viridian_core::stats::evidence::capped::{self, Cap};
use viridian_core::stats::evidence::clustered;
use viridian_core::stats::evidence::contrast::{
    Contrast, DesignEffect, EpochSums, GroupSums, Hypothesis, split_is_off,
};
use viridian_core::stats::evidence::graded::Grades;
use viridian_core::stats::evidence::linear::{Kind, Linear, Span};
use viridian_core::stats::evidence::per_success::{self, CostEpoch, Costs};
use viridian_core::stats::evidence::scored::{self, ScoreEpoch};
use viridian_core::stats::moments::Moments;
use viridian_core::time::Timestamp;
use viridian_core::weight::Weight;

use crate::values::{assert_close, count, number, numbers};

const ALPHA: f64 = 0.01;

#[test]
fn every_formula_comes_to_the_same_a_second_time() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../formulas.json")).unwrap();
    assert!(vectors.len() >= 18, "a vector is added, never taken away");
    for vector in &vectors {
        let (id, inputs) = (vector["id"].as_str().unwrap(), &vector["inputs"]);
        let actual = match id.split_once('.').unwrap() {
            ("capped", _) => capped(inputs),
            ("amounts", _) => by_bucket(inputs),
            ("per_success", _) => per_success(inputs),
            ("scored", _) => grades(inputs),
            ("contrast", _) => contrasts(&groups(inputs)),
            ("clustered", _) => races(&groups(inputs)),
            ("linear", kind) => sums(inputs, kind),
            ("starts", _) => starts(inputs),
            _ => panic!("nothing computes {id}"),
        };
        assert_close(&actual, &vector["output"], number(&vector["tol"]), id);
    }
}

fn epochs(inputs: &Value) -> &Vec<Value> {
    inputs["epochs"].as_array().unwrap()
}

fn capped(inputs: &Value) -> Value {
    let bet = |margin: f64, pay: fn(&Rule, Arm, f64, f64) -> Capital| -> f64 {
        let of_epoch = |epoch: &Value| -> Capital {
            let cap = Cap(number(&epoch["cap"]));
            let rule = cap.rule(number(&epoch["p"]), margin);
            let arms = [("T", Arm::Candidate), ("C", Arm::Baseline)];
            let outcomes =
                arms.map(|(name, arm)| numbers(&epoch[name]).into_iter().map(move |outcome| (arm, outcome)));
            let centre = number(&epoch["centre"]);
            outcomes
                .into_iter()
                .flatten()
                .map(|(arm, outcome)| pay(&rule, arm, cap.applied(outcome), centre))
                .sum()
        };
        epochs(inputs).iter().map(of_epoch).sum::<Capital>().log_e()
    };
    let of_arm =
        |name: &str| epochs(inputs).iter().flat_map(|epoch| numbers(&epoch[name])).collect::<Moments>();
    json!({
        "harm": bet(0.0, Rule::harm),
        "strict": bet(0.1, Rule::harm),
        "safe": bet(0.2, Rule::safe),
        "excess": capped::excess(&of_arm("C"), &of_arm("T")),
    })
}

fn recorded(values: impl Iterator<Item = u64>) -> Amounts {
    let mut amounts = Amounts::default();
    values.for_each(|value| amounts.record(value));
    amounts
}

fn log_e(capitals: Vec<Capital>) -> f64 {
    capitals.into_iter().sum::<Capital>().log_e()
}

fn by_bucket(inputs: &Value) -> Value {
    let of = |epoch: &Value, arm: &str| recorded(epoch[arm].as_array().unwrap().iter().map(count));
    let arms: Vec<[Amounts; 2]> =
        epochs(inputs).iter().map(|epoch| ["T", "C"].map(|arm| of(epoch, arm))).collect();
    let epochs: Vec<AmountEpoch<'_>> = (epochs(inputs).iter().zip(&arms))
        .map(|(epoch, [candidate, baseline])| AmountEpoch {
            probability: number(&epoch["p"]),
            cap: count(&epoch["cap"]),
            centre: number(&epoch["centre"]),
            candidate,
            baseline,
            unknown: Unknown::default(),
        })
        .collect();
    let by_amount =
        |margin| log_e(epochs.iter().map(|epoch| amounts::capital(epoch, Side::Harm, margin)).collect());
    json!({
        "harm": by_amount(0.0),
        "strict": by_amount(0.1),
        "safe": amounts::log_e_safe(&epochs, 0.2),
    })
}

fn per_success(inputs: &Value) -> Value {
    let of = |epoch: &Value, arm: &str| {
        let answers = || epoch[arm].as_array().unwrap().iter();
        let wasted = answers().filter(|answer| count(&answer[1]) == 0);
        [
            recorded(answers().map(|answer| count(&answer[0]))),
            recorded(wasted.map(|answer| count(&answer[0]))),
        ]
    };
    let arms: Vec<[[Amounts; 2]; 2]> =
        epochs(inputs).iter().map(|epoch| ["T", "C"].map(|arm| of(epoch, arm))).collect();
    let epochs: Vec<CostEpoch<'_>> = (epochs(inputs).iter().zip(&arms))
        .map(|(epoch, arms)| {
            let [candidate, baseline] = arms.each_ref().map(|[all, wasted]| Costs { all, wasted });
            CostEpoch { probability: number(&epoch["p"]), cap: count(&epoch["cap"]), candidate, baseline }
        })
        .collect();
    json!({
        "harm": log_e(epochs.iter().map(|epoch| per_success::capital(epoch, Side::Harm, 0.0)).collect()),
        "safe": per_success::log_e_safe(&epochs, 3.0),
    })
}

fn grades(inputs: &Value) -> Value {
    let of = |epoch: &Value, arm: &str| {
        let mut grades = Grades::none();
        numbers(&epoch[arm]).into_iter().for_each(|hundredths| grades.record(hundredths / 100.0));
        grades
    };
    let arms: Vec<[Grades; 2]> =
        epochs(inputs).iter().map(|epoch| ["T", "C"].map(|arm| of(epoch, arm))).collect();
    let epochs: Vec<ScoreEpoch<'_>> = (epochs(inputs).iter().zip(&arms))
        .map(|(epoch, [candidate, baseline])| ScoreEpoch {
            probability: number(&epoch["p"]),
            centre: number(&epoch["centre"]),
            candidate,
            baseline,
        })
        .collect();
    let found = scored::contrast(&epochs).unwrap();
    json!({
        "harm": log_e(scored::harm(&epochs, 0.0)),
        "strict": log_e(scored::harm(&epochs, 0.05)),
        "safe": scored::log_e_safe(&epochs, 0.4),
        "contrast": {
            "estimate": found.estimate,
            "standard_error": found.standard_error,
            "df": found.degrees_of_freedom,
            "size": found.sample_size,
        },
    })
}

fn groups(inputs: &Value) -> Vec<EpochSums> {
    let of_group = |group: &Value| {
        let [candidate, candidate_events, baseline, baseline_events] =
            [0, 1, 2, 3].map(|k| number(&group[k]));
        GroupSums { candidate, candidate_events, baseline, baseline_events }
    };
    let of_epoch = |epoch: &Value| EpochSums {
        probability: number(&epoch["p"]),
        groups: epoch["groups"].as_array().unwrap().iter().map(of_group).collect(),
    };
    epochs(inputs).iter().map(of_epoch).collect()
}

fn ranged([estimate, standard_error, df, size]: [f64; 4], [lower, upper]: [f64; 2]) -> Value {
    json!({"estimate": estimate, "standard_error": standard_error, "df": df, "size": size, "lower": lower, "upper": upper})
}

fn contrasts(epochs: &[EpochSums]) -> Value {
    let told = |found: Option<Contrast>| {
        let Contrast { estimate, standard_error, degrees_of_freedom, sample_size, .. } = found.unwrap();
        let ends = [found.unwrap().lower(ALPHA), found.unwrap().upper(ALPHA)];
        ranged([estimate, standard_error, degrees_of_freedom, sample_size], ends)
    };
    let thinner: Vec<EpochSums> = epochs
        .iter()
        .map(|epoch| EpochSums { probability: epoch.probability / 3.0, ..epoch.clone() })
        .collect();
    json!({
        "equal": told(Contrast::of(epochs, Hypothesis::EQUAL)),
        "points": told(Contrast::of(epochs, Hypothesis { ratio: 1.0, difference: 0.1 })),
        "per_cent": told(Contrast::of(epochs, Hypothesis { ratio: 1.5, difference: 0.0 })),
        "amounts": told(Contrast::of_amounts(epochs, Hypothesis { ratio: 1.2, difference: 0.0 })),
        "split": [split_is_off(epochs, 0.001), split_is_off(&thinner, 0.001)],
    })
}

fn races(epochs: &[EpochSums]) -> Value {
    let effect = DesignEffect::of(epochs).unwrap().factor;
    let told = |log_e: Option<f64>| json!({"log_e": log_e, "effect": effect});
    json!({
        "harm": told(clustered::log_e_harm(epochs, 1.0)),
        "strict": told(clustered::log_e_harm(epochs, 1.25)),
        "safe": told(clustered::log_e_safe(epochs, 1.5)),
    })
}

fn sums(inputs: &Value, kind: &str) -> Value {
    let kind = match kind.split('_').next().unwrap() {
        "share" => Kind::Share,
        "amount" => Kind::Amount,
        _ => Kind::Bounded { width: 4.0 },
    };
    let of_group = |group: &Value| {
        let [count, sum, sum_of_squares] = [0, 1, 2].map(|k| number(&group[k]));
        Moments { count, sum, sum_of_squares }
    };
    let of_arm = |arm: &Value| arm.as_array().unwrap().iter().map(of_group).collect();
    let spans = |name: &str| -> Vec<Span> {
        let spans = inputs[name].as_array().unwrap().iter();
        spans.map(|span| span.as_array().unwrap().iter().map(of_arm).collect()).collect()
    };
    let (after, before) = (spans("spans"), spans("lead_in"));
    let told = |found: Option<Linear>| {
        let Linear { estimate, standard_error, degrees_of_freedom, sample_size, .. } = found.unwrap();
        let ends = [found.unwrap().lower(ALPHA), found.unwrap().upper(ALPHA)];
        ranged([estimate, standard_error, degrees_of_freedom, sample_size], ends)
    };
    json!({
        "pair": told(Linear::of(&after, &[-1.0, 0.0, 1.0], kind)),
        "three": told(Linear::of(&after, &[-0.5, 1.0, -0.5], kind)),
        "adjusted": told(Linear::adjusted(&after, &before, &[-1.0, 1.0, 0.0], kind)),
    })
}

/// All of the evidence for HARM of a guard on errors, as the judge tells it.
fn starts(inputs: &Value) -> Value {
    let counted = |(index, epoch): (usize, &Value)| {
        let mut counts = EpochCounts::empty(Epoch {
            id: EpochId(u32::try_from(index).unwrap() + 1),
            weight: Weight::from_basis_points((number(&epoch["p"]) * 10_000.0).round() as u16).unwrap(),
            thresholds: Thresholds::default(),
            centres: Centres::default(),
            started_at: Timestamp(count(&epoch["seconds"]) * 1_000),
            allotment: None,
        });
        for (arm, events, trials) in [(Arm::Candidate, "x_t", 400), (Arm::Baseline, "x_c", 2_000)] {
            let errors = Counts::of_share(trials, count(&epoch[events]));
            counts.arm_mut(arm).tally.metrics[Metric::Errors.index()] = errors;
        }
        counts
    };
    let evidence = Evidence { epochs: epochs(inputs).iter().enumerate().map(counted).collect() };
    let guard = Guard::new(Metric::Errors, Margin::Points(50));
    json!(judge(&[guard], &evidence, Units::Independent).guards[0].log_harm)
}
