//! A moment, as the number of milliseconds since the Unix epoch. The core never asks for it; it is told.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A moment in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The moment `duration` later; stops at the end of representable time.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// How long ago `earlier` was; zero when it lies ahead, as after a clock was set back.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A duration for people: `45s`, `10m`, `1h 30m`. Parts of a second are told only below a second.
pub fn readable(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if duration.is_zero() {
        return "0s".to_owned();
    }
    if seconds == 0 {
        return format!("{}ms", duration.as_millis());
    }
    let parts = [(seconds / 3_600, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let told: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    told.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(millis: u64, text: &str) {
        assert_eq!(readable(Duration::from_millis(millis)), text);
    }

    #[test]
    fn durations_read_in_hours_minutes_and_seconds() {
        check(0, "0s");
        check(250, "250ms");
        check(45_999, "45s");
        check(600_000, "10m");
        check(5_400_000, "1h 30m");
        check(86_461_000, "24h 1m 1s");
    }
}
