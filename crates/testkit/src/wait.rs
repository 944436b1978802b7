//! Waits for a condition instead of for a time. Entry points: [`until`] and [`at_rest`].

use std::time::{Duration, Instant};

/// How long a test waits before it gives up: far beyond what any condition takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long it sleeps between two looks.
const PAUSE: Duration = Duration::from_millis(1);

/// For how many looks a number must stay the same to have come to rest.
const STEADY: u32 = 100;

/// Returns when the condition holds; panics with `what` when it never does.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Returns a number when it has come to rest.
pub async fn at_rest(what: &str, number: impl Fn() -> u64) -> u64 {
    let begun = Instant::now();
    let (mut last, mut steady) = (number(), 0);
    while steady < STEADY {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what} came to rest");
        tokio::time::sleep(PAUSE).await;
        let now = number();
        steady = if now == last { steady + 1 } else { 0 };
        last = now;
    }
    last
}
