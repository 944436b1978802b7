//! Reads the body of a request once, into one piece, under a limit per request and a budget for all. Entry point:
//! [`read`].

use crate::bell::hush;
use crate::budget::{Budget, Reserved};
use crate::config::Limits;
use crate::refusal::Refusal;
use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::timeout;

/// A body in one piece, and its part of the budget.
pub(crate) struct Held<'a> {
    pub(crate) bytes: Bytes,
    /// Given back when the upstream has the body.
    _reserved: Reserved<'a>,
}

/// Reads a body. A length that is announced is checked before anything is read; a caller who waits to be told to go on
/// has then sent nothing.
pub(crate) async fn read<'a>(
    mut incoming: Incoming,
    limits: &Limits,
    budget: &'a Budget,
) -> Result<Held<'a>, Refusal> {
    let announced = announced_length(&incoming, limits.body)?;
    let mut reserved = budget.reserve(announced).ok_or_else(Refusal::overloaded)?;
    let first = next_piece(&mut incoming, limits).await?.unwrap_or_default();
    if incoming.is_end_stream() {
        return Ok(Held { bytes: first, _reserved: reserved });
    }
    let mut whole = BytesMut::with_capacity(announced.max(first.len()));
    let mut piece = Some(first);
    while let Some(bytes) = piece {
        let length = whole.len() + bytes.len();
        if length > limits.body {
            return Err(Refusal::body_too_large(limits.body));
        }
        if announced == 0 {
            reserved = reserved.grow(bytes.len()).ok_or_else(Refusal::overloaded)?;
        }
        whole.extend_from_slice(&bytes);
        piece = next_piece(&mut incoming, limits).await?;
    }
    Ok(Held { bytes: whole.freeze(), _reserved: reserved })
}

/// The length that the head announces; zero when it does not.
fn announced_length(incoming: &Incoming, limit: usize) -> Result<usize, Refusal> {
    let Some(announced) = incoming.size_hint().exact() else { return Ok(0) };
    match usize::try_from(announced) {
        Ok(length) if length <= limit => Ok(length),
        _ => Err(Refusal::body_too_large(limit)),
    }
}

/// The next piece of data; trailers are passed over.
async fn next_piece(incoming: &mut Incoming, limits: &Limits) -> Result<Option<Bytes>, Refusal> {
    loop {
        let Some(frame) = next_frame(incoming, limits).await? else { return Ok(None) };
        if let Ok(data) = frame.map_err(|_| Refusal::body_broken())?.into_data() {
            return Ok(Some(data));
        }
    }
}

/// The next frame, within the time a caller may pause. Most bodies are there with their head and need no timer.
async fn next_frame(
    incoming: &mut Incoming,
    limits: &Limits,
) -> Result<Option<hyper::Result<Frame<Bytes>>>, Refusal> {
    let at_once = poll_fn(|context| Poll::Ready(poll_frame(incoming, context))).await;
    match at_once {
        Poll::Ready(frame) => Ok(frame),
        Poll::Pending => {
            let later = poll_fn(|context| poll_frame(incoming, context));
            timeout(limits.body_pause, later).await.map_err(|_| Refusal::body_too_slow())
        }
    }
}

/// The next frame. The connection is told that it was taken only when it has more to read.
fn poll_frame(
    incoming: &mut Incoming,
    context: &mut Context<'_>,
) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
    let (polled, rang) = hush(|| Pin::new(&mut *incoming).poll_frame(context));
    if rang && !incoming.is_end_stream() {
        context.waker().wake_by_ref();
    }
    polled
}
