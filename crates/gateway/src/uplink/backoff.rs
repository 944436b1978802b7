//! How long to wait before the controller is tried again: longer each time, and not all gateways at once.

use super::Error;
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);
/// The same while the trouble is one that somebody has to mend.
const LONGEST_LASTING: Duration = Duration::from_secs(30);
/// After being told that another process has this gateway's name: the two must not take turns.
const SUPERSEDED: Duration = Duration::from_secs(60);

/// The waits between attempts.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// An attempt was worth it: the next failure is the first.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// The wait after another failure; `chance` from 0 to 1 spreads the gateways.
    pub(super) fn after(&mut self, error: &Error, chance: f64) -> Duration {
        let longest = if error.is_lasting() { LONGEST_LASTING } else { LONGEST };
        let whole = FIRST.saturating_mul(1 << self.failures.min(10)).min(longest);
        self.failures = self.failures.saturating_add(1);
        whole.mul_f64(0.5 + chance / 2.0)
    }

    /// The wait of a gateway whose name is taken.
    pub(super) const fn superseded() -> Duration {
        SUPERSEDED
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    #[test]
    fn waits_grow_to_five_seconds_and_are_spread() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..8).map(|_| backoff.after(&Error::Ended, 1.0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
        assert_eq!(backoff.after(&Error::Ended, 0.0).as_millis(), 2_500);
        backoff.reset();
        assert_eq!(backoff.after(&Error::Ended, 0.5).as_millis(), 75);
    }

    #[test]
    fn what_somebody_has_to_mend_is_tried_twice_a_minute() {
        let refused = |status| Error::Refused { status, detail: String::new() };
        for error in [refused(StatusCode::UNAUTHORIZED), Error::Untrusted(String::new())] {
            let mut backoff = Backoff::default();
            let waits = (0..12).map(|_| backoff.after(&error, 1.0).as_millis());
            assert_eq!(waits.last(), Some(30_000), "{error}");
        }
        let mut backoff = Backoff::default();
        let busy = refused(StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((0..12).map(|_| backoff.after(&busy, 1.0).as_millis()).last(), Some(5_000));
    }
}
