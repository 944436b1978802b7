//! What callers are answered with: an upstream's answer as it passes, or one of the gateway's own. Entry points:
//! [`Answer::json`] and [`Answer::refuse`].

use crate::refusal::{Again, Refusal};
use crate::relay::{BrokeOff, Relay};
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use viridian_core::application::Protocol;
use viridian_wire::error_body::content_type;

const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// The body of an answer.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every answer is a relay; a box would cost each an allocation"
)]
pub(crate) enum Answer {
    /// The gateway's own; absent when it has been sent.
    Whole(Option<Bytes>),
    /// An upstream's.
    Relay(Relay),
}

impl Answer {
    /// An answer with a JSON body.
    pub(crate) fn json(status: StatusCode, body: Vec<u8>) -> Response<Self> {
        let mut response = Response::new(Self::Whole(Some(body.into())));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    /// An answer that says why there is none, in the shape of the caller's protocol.
    pub(crate) fn refuse(refusal: &Refusal, protocol: Protocol) -> Response<Self> {
        let mut response = Self::json(refusal.status, refusal.error_body().to_json(protocol));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(protocol)));
        if let Some(method) = refusal.allow {
            headers.insert(ALLOW, HeaderValue::from_static(method));
        }
        // Client libraries of the OpenAI API believe this header before they judge by the status.
        let again = refusal.again();
        let should_retry = if again == Again::Never { "false" } else { "true" };
        headers.insert(SHOULD_RETRY, HeaderValue::from_static(should_retry));
        if again == Again::Soon {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        match self.get_mut() {
            Self::Whole(body) => Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
            Self::Relay(relay) => Pin::new(relay).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_none(),
            Self::Relay(relay) => relay.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
            Self::Relay(relay) => relay.size_hint(),
        }
    }
}
