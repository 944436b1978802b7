//! A range with two ends, as estimates and bounds are reported.

use serde::{Deserialize, Serialize};

/// A range of values that the data do not contradict; either end may be infinite, which is stored as null.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Ends", into = "Ends")]
pub struct Interval {
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// The stored form of an interval: formats such as JSON have no infinity.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Ends {
    lower: Option<f64>,
    upper: Option<f64>,
}

impl From<Ends> for Interval {
    fn from(ends: Ends) -> Self {
        Self { lower: ends.lower.unwrap_or(f64::NEG_INFINITY), upper: ends.upper.unwrap_or(f64::INFINITY) }
    }
}

impl From<Interval> for Ends {
    fn from(interval: Interval) -> Self {
        let finite = |end: f64| end.is_finite().then_some(end);
        Self { lower: finite(interval.lower), upper: finite(interval.upper) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unbounded_ends_survive_storage() {
        for interval in
            [Interval { lower: 0.5, upper: f64::INFINITY }, Interval { lower: f64::NEG_INFINITY, upper: 2.0 }]
        {
            let stored = serde_json::to_string(&interval).unwrap();
            assert_eq!(serde_json::from_str::<Interval>(&stored).unwrap(), interval, "{stored}");
        }
    }
}
