//! The time of this node: read once per step, never going back.
//!
//! Slots of tallies are keyed by it, so a slot that is over must stay over. The clock therefore runs with the machine's
//! monotonic clock and follows the wall clock only forwards ([`Clock::catch_up`]): a suspended machine or a late time
//! server is caught up with, a clock set back is not believed until the next start.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use viridian_core::time::Timestamp;

/// The time of this node.
#[derive(Debug)]
pub struct Clock {
    origin: Instant,
    /// Milliseconds since the Unix epoch at `origin`; only rises.
    base: AtomicU64,
}

impl Clock {
    /// A clock that shows what the wall clock shows now.
    pub fn start() -> Self {
        Self { origin: Instant::now(), base: AtomicU64::new(wall().0) }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// The time at a moment after the clock was started.
    pub fn at(&self, moment: Instant) -> Timestamp {
        Timestamp(self.base.load(Ordering::Relaxed) + self.elapsed(moment))
    }

    /// Follows the wall clock, if that is ahead.
    pub fn catch_up(&self) {
        self.catch_up_with(wall());
    }

    /// Shows at least this time from now on.
    pub fn catch_up_with(&self, time: Timestamp) {
        let base = time.0.saturating_sub(self.elapsed(Instant::now()));
        self.base.fetch_max(base, Ordering::Relaxed);
    }

    fn elapsed(&self, moment: Instant) -> u64 {
        let elapsed = moment.saturating_duration_since(self.origin);
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }
}

fn wall() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_clock_follows_the_wall_clock_forwards_only() {
        let clock = Clock::start();
        let begun = clock.now();
        let later = begun.plus(Duration::from_secs(3_600));
        clock.catch_up_with(later);
        assert!(clock.now() >= later);
        clock.catch_up_with(begun);
        clock.catch_up();
        assert!(clock.now() >= later);
    }
}
