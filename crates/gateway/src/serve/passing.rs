//! An answer on its way to the caller, and the exchange that lasts as long as it. Entry point: [`Passing`].

use super::pulse::Exchange;
use crate::answer::Answer;
use crate::relay::BrokeOff;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// An answer on its way to the caller.
pub(super) struct Passing {
    pub(super) answer: Answer,
    pub(super) _exchange: Exchange,
}

impl Body for Passing {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        Pin::new(&mut self.get_mut().answer).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.answer.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.answer.size_hint()
    }
}
