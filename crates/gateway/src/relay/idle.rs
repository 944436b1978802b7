//! How long an answer may make no progress. The clock is asked and the timer set only while an answer keeps us waiting:
//! an answer that is there at once costs neither.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// Watches for a pause that is too long.
pub(super) struct Idle {
    longest: Duration,
    /// When the pause began; absent when the answer made progress since it was last waited for.
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Idle {
    pub(super) const fn new(longest: Duration) -> Self {
        Self { longest, since: None, timer: None }
    }

    /// The answer made progress.
    pub(super) const fn progress(&mut self) {
        self.since = None;
    }

    /// Ready when the answer has made no progress for too long.
    pub(super) fn poll_expired(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let deadline = *self.since.get_or_insert_with(Instant::now) + self.longest;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        // The timer is moved when it fires rather than at each piece, which costs more.
        while timer.as_mut().poll(context).is_ready() {
            if timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
