//! The time of this node: read once per step, never going back.
//!
//! Slots of tallies are keyed by it, so a slot that is over must stay over. The clock therefore runs with the machine and
//! follows the wall clock only forwards ([`Clock::catch_up`]): a late time server is caught up with, a clock set back is not
//! believed until the next start. Time a machine slept through counts whatever its wall clock shows, because a lease that
//! ended meanwhile must not go on.

use rustix::time::{ClockId, clock_gettime};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use viridian_core::time::Timestamp;

/// The time of this node.
#[derive(Debug)]
pub struct Clock {
    machine: Machine,
    /// Milliseconds since the Unix epoch when the machine's clock showed zero; only rises.
    base: AtomicU64,
}

/// The clock that goes on while the machine sleeps, unlike that of [`Instant`].
#[cfg(any(target_os = "linux", target_os = "android"))]
const SLEEPLESS: ClockId = ClockId::Boottime;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SLEEPLESS: ClockId = ClockId::Monotonic;

/// What a clock runs by.
#[derive(Debug)]
enum Machine {
    /// The clocks of this machine.
    Real(Awake),
    /// Hands that somebody moves.
    Moved(Arc<Hands>),
}

/// The clocks of this machine, counted from a moment.
#[derive(Debug)]
struct Awake {
    /// The moment, by the clock that stands still while the machine sleeps.
    origin: Instant,
    /// The same moment by the one that does not, as that shows it.
    sleepless: Duration,
    /// Milliseconds the machine is known to have slept since; only rises.
    slept: AtomicU64,
}

/// The clocks of a machine that is made up: both stand still until they are moved.
#[derive(Debug, Default)]
pub struct Hands {
    /// Milliseconds the machine has run or slept; only to be raised.
    pub running: AtomicU64,
    /// What its wall clock shows, in milliseconds since the Unix epoch; may be set to anything.
    pub wall: AtomicU64,
}

impl Clock {
    /// A clock that shows what the wall clock shows now.
    pub fn start() -> Self {
        // In this order: what passes between the two is not taken for sleep.
        let origin = Instant::now();
        Self::on(Machine::Real(Awake { origin, sleepless: sleepless(), slept: AtomicU64::new(0) }))
    }

    /// The same on a machine whose clocks somebody moves.
    pub fn moved_by(hands: Arc<Hands>) -> Self {
        Self::on(Machine::Moved(hands))
    }

    fn on(machine: Machine) -> Self {
        let base = machine.wall().saturating_sub(machine.running());
        Self { machine, base: AtomicU64::new(base) }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.showing(self.machine.running())
    }

    /// The time at a moment after the clock was started, without a look at any clock: sleep counts from the next look at
    /// the time on. On a machine that is made up there is no moment but now.
    pub fn at(&self, moment: Instant) -> Timestamp {
        self.showing(self.machine.running_at(moment))
    }

    /// Follows the wall clock, if that is ahead.
    pub fn catch_up(&self) {
        self.catch_up_with(Timestamp(self.machine.wall()));
    }

    /// Shows at least this time from now on.
    pub fn catch_up_with(&self, time: Timestamp) {
        let base = time.0.saturating_sub(self.machine.running());
        self.base.fetch_max(base, Ordering::Relaxed);
    }

    fn showing(&self, running: u64) -> Timestamp {
        Timestamp(self.base.load(Ordering::Relaxed) + running)
    }
}

impl Machine {
    /// For how long it has run or slept, in milliseconds.
    fn running(&self) -> u64 {
        match self {
            Self::Real(awake) => awake.running(),
            Self::Moved(hands) => hands.running.load(Ordering::Relaxed),
        }
    }

    fn running_at(&self, moment: Instant) -> u64 {
        match self {
            Self::Real(awake) => awake.running_at(moment),
            Self::Moved(_) => self.running(),
        }
    }

    /// What its wall clock shows, in milliseconds since the Unix epoch.
    fn wall(&self) -> u64 {
        match self {
            Self::Real(_) => whole_millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
            Self::Moved(hands) => hands.wall.load(Ordering::Relaxed),
        }
    }
}

impl Awake {
    fn running(&self) -> u64 {
        // The sleepless one first, so that no wait in between counts as sleep.
        let passed = sleepless().saturating_sub(self.sleepless);
        let now = Instant::now();
        let awake = now.saturating_duration_since(self.origin);
        let slept = whole_millis(passed.saturating_sub(awake));
        // Written only when it rises, so that the threads that ask for the time do not take the line from each other.
        if slept > self.slept.load(Ordering::Relaxed) {
            self.slept.fetch_max(slept, Ordering::Relaxed);
        }
        self.running_at(now)
    }

    fn running_at(&self, moment: Instant) -> u64 {
        whole_millis(moment.saturating_duration_since(self.origin)) + self.slept.load(Ordering::Relaxed)
    }
}

/// What the clock shows that goes on while the machine sleeps.
fn sleepless() -> Duration {
    Duration::try_from(clock_gettime(SLEEPLESS)).unwrap_or_default()
}

fn whole_millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// As on a machine that slept: the one clock went on and the other did not.
    #[test]
    fn sleep_counts_whatever_the_wall_clock_shows() {
        let hour = Duration::from_secs(3_600);
        let clock = Clock::on(Machine::Real(Awake {
            origin: Instant::now(),
            // A little more, because what passes between the two readings is not taken for sleep.
            sleepless: sleepless().saturating_sub(hour + Duration::from_secs(1)),
            slept: AtomicU64::new(0),
        }));
        let moment = Instant::now();
        let before = clock.base.load(Ordering::Relaxed);
        assert!(clock.now().0 >= before + whole_millis(hour));
        assert!(
            clock.at(moment).0 >= before + whole_millis(hour),
            "and for what began before it was looked at"
        );
        assert!(clock.now().0 < before + 2 * whole_millis(hour), "once");
    }

    #[test]
    fn hands_move_a_clock_by_both_the_machines_clocks() {
        let hands = Arc::new(Hands { running: AtomicU64::new(500), wall: AtomicU64::new(10_000) });
        let clock = Clock::moved_by(Arc::clone(&hands));
        let check = |running: u64, wall: u64, expected: u64| {
            hands.running.store(running, Ordering::Relaxed);
            hands.wall.store(wall, Ordering::Relaxed);
            clock.catch_up();
            assert_eq!(clock.now(), Timestamp(expected), "{running} {wall}");
        };
        check(500, 10_000, 10_000);
        check(600, 10_100, 10_100);
        check(700, 0, 10_200);
        check(800, 50_000, 50_000);
        check(900, 20_000, 50_100);
    }
}
