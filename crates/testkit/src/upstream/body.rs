//! The body of a scripted answer: it knows whether it was taken to its end.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// The test's end of a live answer: it sends chunks, and the answer is complete when it is dropped.
pub struct Live {
    sender: mpsc::UnboundedSender<Option<Bytes>>,
    taken: Arc<AtomicU64>,
}

/// The upstream's end of a live answer.
pub struct LiveReceiver {
    receiver: mpsc::UnboundedReceiver<Option<Bytes>>,
    taken: Arc<AtomicU64>,
}

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As announced, in one piece with a length.
    Whole,
    /// With the last chunk.
    Complete,
    /// The connection breaks after the last chunk.
    BreakOff,
    /// Nothing comes after the last chunk, not even an end.
    Hang,
}

/// A body that is being sent.
pub(super) struct Sending {
    chunks: VecDeque<Bytes>,
    ending: Ending,
    live: Option<LiveReceiver>,
    unfinished: Option<Unfinished>,
    /// What was sent so far has left, so that a break comes behind it.
    has_left: bool,
}

/// What a live answer does next.
enum Next {
    Chunk(Bytes),
    Break,
    Ending,
}

/// Counts a request as abandoned unless it is finished.
pub(super) struct Unfinished {
    counter: Arc<AtomicU64>,
}

/// The connection is to break.
#[derive(Debug)]
pub(super) struct BrokenOff;

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the upstream broke off")
    }
}

impl std::error::Error for BrokenOff {}

/// Both ends of a live answer.
pub(super) fn live() -> (Live, LiveReceiver) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let taken = Arc::new(AtomicU64::new(0));
    (Live { sender, taken: Arc::clone(&taken) }, LiveReceiver { receiver, taken })
}

impl Live {
    /// Sends a chunk.
    pub fn send(&self, chunk: impl Into<Bytes>) {
        self.sender.send(Some(chunk.into())).expect("the answer was given up");
    }

    /// How many chunks have left for the other side.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::SeqCst)
    }

    /// Breaks the connection.
    pub fn break_off(self) {
        self.sender.send(None).expect("the answer was given up");
    }

    /// Returns when the other side has given the answer up.
    pub async fn given_up(&self) {
        self.sender.closed().await;
    }
}

impl Unfinished {
    pub(super) fn new(counter: Arc<AtomicU64>) -> Self {
        Self { counter }
    }

    /// The request ended as it was meant to.
    pub(super) fn finish(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.counter.fetch_add(1, Ordering::SeqCst);
    }
}

impl Sending {
    pub(super) fn scripted(chunks: Vec<Bytes>, ending: Ending, unfinished: Unfinished) -> Self {
        let mut sending =
            Self { chunks: chunks.into(), ending, live: None, unfinished: Some(unfinished), has_left: false };
        if sending.is_end_stream() {
            sending.finish();
        }
        sending
    }

    pub(super) fn live(live: LiveReceiver, unfinished: Unfinished) -> Self {
        Self {
            chunks: VecDeque::new(),
            ending: Ending::Complete,
            live: Some(live),
            unfinished: Some(unfinished),
            has_left: false,
        }
    }

    fn finish(&mut self) {
        if let Some(unfinished) = self.unfinished.take() {
            unfinished.finish();
        }
    }

    /// What follows the chunks that were given beforehand.
    fn poll_live(&mut self, context: &mut Context<'_>) -> Poll<Next> {
        let Some(live) = &mut self.live else { return Poll::Ready(Next::Ending) };
        live.receiver.poll_recv(context).map(|received| match received {
            Some(Some(chunk)) => {
                live.taken.fetch_add(1, Ordering::SeqCst);
                Next::Chunk(chunk)
            }
            Some(None) => Next::Break,
            None => Next::Ending,
        })
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if let Some(chunk) = self.chunks.pop_front() {
            if self.is_end_stream() {
                self.finish();
            }
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        let next = std::task::ready!(self.poll_live(context));
        let breaks = match (next, self.ending) {
            (Next::Chunk(chunk), _) => return Poll::Ready(Some(Ok(Frame::data(chunk)))),
            (Next::Ending, Ending::Hang) => return Poll::Pending,
            (Next::Break, _) => {
                self.live = None;
                self.ending = Ending::BreakOff;
                true
            }
            (Next::Ending, Ending::BreakOff) => true,
            (Next::Ending, Ending::Whole | Ending::Complete) => false,
        };
        if breaks && !self.has_left {
            // A body that waits is written out as far as it came.
            self.has_left = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.finish();
        Poll::Ready(breaks.then_some(Err(BrokenOff)))
    }

    fn is_end_stream(&self) -> bool {
        self.live.is_none() && self.chunks.is_empty() && self.ending == Ending::Whole
    }

    fn size_hint(&self) -> SizeHint {
        if self.live.is_none() && self.ending == Ending::Whole {
            SizeHint::with_exact(self.chunks.iter().map(|chunk| chunk.len() as u64).sum())
        } else {
            SizeHint::default()
        }
    }
}
