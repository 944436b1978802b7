//! Reproduces reference values that other statistics packages computed, each to its stated tolerance.
//!
//! `oracle.json` holds one vector per line: where it comes from, its inputs, its output, its tolerance. They were computed
//! once with the packages that `source` names (scipy 1.17.1, statsmodels 0.15.0, gbstats 0.8.0, spotify-confidence 4.1.0,
//! ssrm-test 0.1.5, ville 0.1.0, ddsketch 3.0.1, confseq at the commit given) or, where it says "spec" or a formula, by
//! numerical integration and independent re-computation in Python; nobody may edit one to make a test pass. One
//! vector states its data as a random generator's; `oracle_draws.json` holds those draws, eight to a byte, first one highest:
//! numpy's `default_rng(3)`, 2,000 arms `random() < 0.5`, then 2,000 events `random() < 0.16` on the candidate and 0.1
//! on the baseline.
//!
//! A vector that no case reproduces fails the test. What no package computes is computed a second time by `formulas.py`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a malformed vector fails the test")]

#[path = "stats_oracle/evidence.rs"]
mod evidence;
#[path = "stats_oracle/formulas.rs"]
mod formulas;
#[path = "stats_oracle/growthbook.rs"]
mod growthbook;
#[path = "stats_oracle/planning.rs"]
mod planning;
#[path = "stats_oracle/report.rs"]
mod report;
#[path = "stats_oracle/rivals.rs"]
mod rivals;
#[path = "stats_oracle/sequence.rs"]
mod sequence;
#[path = "stats_oracle/values.rs"]
mod values;

use serde_json::Value;

use values::{assert_close, number};

/// The whole file; a vector is added, never taken away.
const VECTORS: usize = 103;

#[test]
fn every_vector_is_reproduced() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("oracle.json")).unwrap();
    assert!(vectors.len() >= VECTORS);
    for vector in &vectors {
        let id = vector["id"].as_str().unwrap();
        let actual = reproduce(id, vector);
        assert_close(&actual, &vector["output"], number(&vector["tol"]), id);
    }
}

#[test]
#[should_panic(expected = "no case reproduces vector gb.unheard_of")]
fn a_vector_without_a_case_is_noticed() {
    reproduce("gb.unheard_of", &serde_json::json!({"inputs": {}}));
}

/// Computes with our functions what the vector's source computed; panics for a vector it does not know.
fn reproduce(id: &str, vector: &Value) -> Value {
    let inputs = &vector["inputs"];
    let family = id.split('.').next().unwrap();
    let found = match family {
        "cs" | "q" | "b" | "sketch" => sequence::reproduce(id, inputs),
        "spec" | "srm" => evidence::reproduce(id, inputs),
        "gb" => growthbook::reproduce(id, inputs),
        "mult" if id.starts_with("mult.e") => evidence::reproduce(id, inputs),
        "mult" | "ht" | "bayes" | "bandit" => report::reproduce(id, inputs),
        "plan" | "gst" => planning::reproduce(id, inputs),
        "msprt" | "eppo" | "tensorzero" | "ville" => rivals::reproduce(id, inputs),
        _ => None,
    };
    found.unwrap_or_else(|| panic!("no case reproduces vector {id}"))
}
