//! Reading answers: [`parse`], [`number`] and [`moment`].

use super::Error;
use serde_json::Value;
use viridian_core::time::Timestamp;

/// An answer as JSON.
pub(super) fn parse(body: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(body).map_err(|error| Error::Answer(format!("its answer is no JSON: {error}")))
}

/// A number, written as one or as text: there are sources that do, because JSON has no NaN.
pub(super) fn number(value: &Value) -> Result<f64, Error> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| Error::Answer(format!("it answers {value} where a number was expected")))
}

/// A moment: seconds since 1970, or RFC 3339 text.
pub(super) fn moment(value: &Value) -> Result<Timestamp, Error> {
    let milliseconds = match value {
        Value::Number(number) => number.as_f64().map(|seconds| seconds * 1_000.0),
        Value::String(text) => {
            let moment: Option<jiff::Timestamp> = text.parse().ok();
            moment.map(|moment| moment.as_millisecond() as f64)
        }
        _ => None,
    };
    let told = milliseconds.filter(|milliseconds| (0.0..1e15).contains(milliseconds));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    told.map(|milliseconds| Timestamp(milliseconds as u64))
        .ok_or_else(|| Error::Answer(format!("it answers {value} where a moment was expected")))
}
