//! Waits for a condition instead of for a time. Entry point: [`until`].

use std::time::{Duration, Instant};

/// How long a test waits before it gives up: far beyond what any condition takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long it sleeps between two looks.
const PAUSE: Duration = Duration::from_millis(1);

/// Returns when the condition holds; panics with `what` when it never does.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
