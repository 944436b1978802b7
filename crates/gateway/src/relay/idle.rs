//! How long an answer may make no progress. The timer is set when an answer first keeps us waiting, and moved only when
//! it fires, so that answers that flow cost one look at the clock per piece.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::{Sleep, sleep_until};

/// Watches for a pause that is too long.
pub(super) struct Idle {
    longest: Duration,
    since: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Idle {
    pub(super) fn new(longest: Duration) -> Self {
        Self { longest, since: Instant::now(), timer: None }
    }

    /// The answer made progress.
    pub(super) fn progress(&mut self) {
        self.since = Instant::now();
    }

    /// Ready when the answer has made no progress for too long.
    pub(super) fn poll_expired(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let deadline = tokio::time::Instant::from_std(self.since + self.longest);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        while timer.as_mut().poll(context).is_ready() {
            if timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
