//! Calls people by a webhook: one notice after the other, each until it is taken or has been tried for long enough. The loop
//! hands over what is committed and crosses out what was taken ([`crate::deliver`]); it never waits here. Entry points:
//! [`Notifier::start`], [`Notifier::hand_over`] and [`Notifier::take_settled`].

use crate::nudge::Nudge;
use bytes::Bytes;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use viridian_platform::webhook::Webhook;
use viridian_store::OutboxId;

/// How patiently people are called.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The wait before the second attempt; each later one is twice as long.
    pub first: Duration,
    /// The longest wait between two attempts.
    pub longest: Duration,
    /// After this long a notice is given up.
    pub whole: Duration,
}

/// What became of notices since the start.
#[derive(Debug, Default)]
pub struct Notices {
    posted: AtomicU64,
    lost: AtomicU64,
    waiting: AtomicU64,
}

/// A notice to post.
pub(crate) struct Notice {
    pub(crate) id: OutboxId,
    /// The same however often it is posted, and another for each notice.
    pub(crate) once: String,
    pub(crate) text: Bytes,
}

/// What calls people.
pub(crate) struct Notifier {
    line: mpsc::Sender<Notice>,
    settled: Arc<Mutex<Vec<OutboxId>>>,
    notices: Arc<Notices>,
}

impl Default for Patience {
    fn default() -> Self {
        let [first, longest, whole] = [1, 60, 3_600].map(Duration::from_secs);
        Self { first, longest, whole }
    }
}

impl Notices {
    /// How many were taken.
    pub fn posted(&self) -> u64 {
        self.posted.load(Ordering::Relaxed)
    }

    /// How many were given up.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// How many have not been taken yet.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }
}

impl Notifier {
    /// Begins to wait for notices; rings when one is settled.
    pub(crate) fn start(
        (webhook, patience): (Webhook, Patience),
        runtime: &Handle,
        nudge: Nudge,
        notices: Arc<Notices>,
    ) -> Self {
        // One is posted, and the next waits where it was written down.
        let (line, mut handed) = mpsc::channel::<Notice>(1);
        let settled = Arc::<Mutex<Vec<OutboxId>>>::default();
        let (tell, count) = (Arc::clone(&settled), Arc::clone(&notices));
        runtime.spawn(async move {
            while let Some(notice) = handed.recv().await {
                let outcome =
                    if post(&webhook, &notice, patience).await { &count.posted } else { &count.lost };
                outcome.fetch_add(1, Ordering::Relaxed);
                // Every change is one push.
                tell.lock().unwrap_or_else(PoisonError::into_inner).push(notice.id);
                nudge.wake();
            }
        });
        Self { line, settled, notices }
    }

    /// Hands over a notice, unless one waits already: answers whether it did.
    pub(crate) fn hand_over(&self, notice: Notice) -> bool {
        self.line.try_send(notice).is_ok()
    }

    /// The notices that were taken or given up since this was asked last.
    pub(crate) fn take_settled(&self) -> Vec<OutboxId> {
        std::mem::take(&mut self.settled.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// So many wait, and so many more had to be given up because too many did.
    pub(crate) fn note(&self, waiting: usize, lost: usize) {
        self.notices.waiting.store(waiting as u64, Ordering::Relaxed);
        self.notices.lost.fetch_add(lost as u64, Ordering::Relaxed);
    }
}

/// Posts a notice until it is taken, or for as long as patience lasts.
async fn post(webhook: &Webhook, notice: &Notice, patience: Patience) -> bool {
    let (begun, mut wait, mut is_told) = (Instant::now(), patience.first, false);
    loop {
        let Err(error) = webhook.post(&notice.once, notice.text.clone()).await else { return true };
        if begun.elapsed() + wait > patience.whole {
            tracing::error!(host = %webhook, %error, notice = notice.once, "people could not be called: the notice is given up");
            return false;
        }
        if !is_told {
            tracing::warn!(host = %webhook, %error, notice = notice.once, "people cannot be called: it is tried again");
            is_told = true;
        }
        sleep(wait).await;
        wait = (2 * wait).min(patience.longest);
    }
}
