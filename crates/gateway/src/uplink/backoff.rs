//! How long to wait before the controller is tried again: longer each time, and not all gateways at once.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);
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
    pub(super) fn next(&mut self, chance: f64) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
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

    #[test]
    fn waits_grow_to_five_seconds_and_are_spread() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..8).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
        assert_eq!(backoff.next(0.0).as_millis(), 2_500);
        backoff.reset();
        assert_eq!(backoff.next(0.5).as_millis(), 75);
    }
}
