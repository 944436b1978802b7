//! What sources outside said comes to one standing; what is unknown neither passes nor blames.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use std::time::Duration;
use viridian_core::gauge::{Bounds, Gauge, Reading, Standing, standing};
use viridian_core::guard::{Mode, OnFail};
use viridian_core::id::{GaugeName, SourceName};
use viridian_core::time::Timestamp;

const NOW: Timestamp = Timestamp(1_000_000_000);

/// At most 5, every 30 s, three times in a row.
fn gauge() -> Gauge {
    Gauge {
        name: GaugeName::parse("gpu-faults").unwrap(),
        source: SourceName::parse("prometheus").unwrap(),
        query: "gpu_faults".to_owned(),
        bounds: Bounds { at_least: None, at_most: Some(5.0) },
        unit: None,
        every: Duration::from_secs(30),
        times: 3,
        on_fail: OnFail::Rollback,
        mode: Mode::Enforce,
    }
}

/// Readings every 30 s, the last one `age` seconds ago; those that are no number failed.
fn readings(values: &[Option<f64>], age: u64) -> Vec<Reading> {
    let last = values.len() as u64;
    let read = |(index, value): (usize, &Option<f64>)| Reading {
        at: Timestamp(NOW.0 - 1_000 * (age + 30 * (last - 1 - index as u64))),
        value: value.ok_or_else(|| "no answer within 10s".to_owned()),
    };
    values.iter().enumerate().map(read).collect()
}

fn check(values: &[Option<f64>], age: u64, expected: Result<(f64, bool), &str>) {
    let found = standing(&gauge(), &readings(values, age), NOW);
    let found = match &found {
        Standing::Within { value, .. } => Ok((*value, true)),
        Standing::Beyond { value } => Ok((*value, false)),
        Standing::Unknown { why } => Err(why.as_str()),
    };
    assert_eq!(found, expected, "{values:?}, {age} s ago");
}

#[test]
fn the_latest_readings_decide() {
    check(&[], 0, Err("it has not been read yet"));
    check(&[Some(1.0)], 0, Ok((1.0, true)));
    check(&[Some(5.0)], 0, Ok((5.0, true)));
    check(&[Some(1.0), Some(9.0), Some(9.0)], 0, Err("9 is not at most 5, 2 of 3 times in a row"));
    check(&[Some(9.0), Some(8.0), Some(7.0)], 0, Ok((7.0, false)));
    check(&[Some(9.0), Some(9.0), Some(1.0)], 0, Ok((1.0, true)));
}

#[test]
fn what_was_not_measured_is_unknown() {
    check(&[Some(1.0), None], 0, Err("no answer within 10s"));
    check(&[Some(f64::NAN)], 0, Err("its value is NaN"));
    check(&[Some(f64::INFINITY)], 0, Err("its value is inf"));
    check(&[Some(1.0)], 90, Ok((1.0, true)));
    check(&[Some(1.0)], 91, Err("its latest value is 1m 31s old"));
    check(&[Some(9.0), Some(9.0), Some(9.0)], 91, Err("its latest value is 1m 31s old"));
}

#[test]
fn a_row_is_broken_by_what_was_not_measured() {
    check(&[Some(9.0), None, Some(9.0), Some(9.0)], 0, Err("9 is not at most 5, 2 of 3 times in a row"));
    check(
        &[Some(9.0), Some(f64::INFINITY), Some(9.0), Some(9.0)],
        0,
        Err("9 is not at most 5, 2 of 3 times in a row"),
    );
}

proptest! {
    /// However the readings came about: blame takes as many real numbers in a row as were asked for, and a pass takes one.
    #[test]
    fn unknown_is_neither_a_pass_nor_a_blame(values in prop::collection::vec(prop::option::of(0.0f64..10.0), 0..8), age in 0u64..200) {
        let latest: Vec<f64> = values.iter().rev().map_while(|value| *value).collect();
        match standing(&gauge(), &readings(&values, age), NOW) {
            Standing::Within { value, .. } => prop_assert!(age <= 90 && latest[0] == value && value <= 5.0),
            Standing::Beyond { .. } => prop_assert!(age <= 90 && latest.iter().take_while(|value| **value > 5.0).count() >= 3),
            Standing::Unknown { .. } => {}
        }
    }
}
