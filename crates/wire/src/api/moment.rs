//! A moment as people and machines read it: RFC 3339 in UTC.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;
use viridian_core::time::Timestamp;

/// A moment, RFC 3339 in UTC, to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ToSchema, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, format = DateTime)]
pub struct Moment(pub Timestamp);

impl From<Timestamp> for Moment {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = i64::try_from(self.0.0).unwrap_or(i64::MAX);
        // What lies beyond the year 9999 is a clock gone wrong; the latest moment says so well enough.
        let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        write!(f, "{moment:.3}")
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

impl TryFrom<String> for Moment {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Self, jiff::Error> {
        let moment: jiff::Timestamp = text.parse()?;
        Ok(Self(Timestamp(u64::try_from(moment.as_millisecond()).unwrap_or(0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(millis: u64, text: &str) {
        let moment = Moment(Timestamp(millis));
        assert_eq!(moment.to_string(), text);
        assert_eq!(Moment::try_from(text.to_owned()).unwrap(), moment);
    }

    #[test]
    fn moments_read_back_as_written() {
        check(0, "1970-01-01T00:00:00.000Z");
        check(1_767_225_600_007, "2026-01-01T00:00:00.007Z");
    }

    #[test]
    fn a_clock_gone_wrong_still_has_a_text() {
        assert!(Moment(Timestamp(u64::MAX)).to_string().starts_with("9999-12-30"));
    }
}
