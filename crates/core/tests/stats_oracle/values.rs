//! Reading the vectors' values and comparing ours with them.

use serde_json::{Value, json};
use viridian_core::stats::interval::Interval;

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

pub(crate) fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is not a count"))
}

pub(crate) fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(number).collect()
}

pub(crate) fn counts(values: &Value) -> Vec<u64> {
    values.as_array().unwrap().iter().map(count).collect()
}

/// Both ends; JSON has no infinity, so an unbounded one is null.
pub(crate) fn ends(interval: Interval) -> Value {
    json!([interval.lower, interval.upper])
}

/// Compares numbers, lists and objects; tolerances are relative above one and absolute below.
pub(crate) fn assert_close(actual: &Value, expected: &Value, tolerance: f64, at: &str) {
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
        // JSON has no infinity: ours is null, the file's a word.
        (Value::Null, Value::String(word)) if word == "inf" => {}
        (Value::Bool(_), Value::Bool(_)) => assert_eq!(actual, expected, "{at}"),
        _ => {
            let (actual, expected) = (number(actual), number(expected));
            let allowed = tolerance * expected.abs().max(1.0);
            assert!((actual - expected).abs() <= allowed, "{at}: {actual} is not {expected}");
        }
    }
}
