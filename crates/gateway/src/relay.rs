//! Passes an upstream's answer on, piece by piece as it comes and no faster than the caller reads. Entry point:
//! [`Relay::respond`].
//!
//! When the upstream breaks off, the caller must see it: a stream of the OpenAI API ends with an error event and without
//! `[DONE]`, any other answer by breaking the connection. The request comes to its outcome here.

mod idle;

use crate::events::Events;
use crate::headers;
use crate::link::Link;
use crate::reading::Reader;
use crate::record::Recorder;
use crate::refusal::Refusal;
use crate::upstream::Reply;
use crate::worker::Worker;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use idle::Idle;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use viridian_core::application::Protocol;
use viridian_core::outcome::Class;
use viridian_core::routing::table::RoutingTable;

/// An answer that passes.
pub(crate) struct Relay {
    worker: Rc<Worker>,
    stage: Stage,
    /// Absent when the request is not counted, and when it has been.
    recorder: Option<Recorder>,
    /// Present while the answer is read.
    reader: Option<Box<Reader>>,
    /// What the request comes to when the answer is complete.
    class: Class,
    /// Present when the answer is a stream that an error event can be added to.
    events: Option<Events>,
    idle: Idle,
}

/// How far the answer is.
enum Stage {
    /// It passes.
    Flowing(Flow),
    /// It broke off; what has passed is to leave before the connection breaks. A caller who had seen nothing of an
    /// answer could take the request for one that was never read, and send it again.
    Breaking,
    /// It has ended.
    Ended,
}

/// Where the answer comes from.
struct Flow {
    link: Link,
    body: Incoming,
    origin: Arc<str>,
    /// Whether the end of the body is announced, by a length or a last chunk, so that it cannot be mistaken for a break.
    end_is_announced: bool,
}

/// The answer broke off; the connection to the caller breaks with it.
#[derive(Debug, thiserror::Error)]
#[error("the upstream's answer broke off")]
pub(crate) struct BrokeOff;

type Polled = Poll<Option<Result<Frame<Bytes>, BrokeOff>>>;

impl Relay {
    /// The answer as the caller receives it; the outcome is recorded when its last byte has passed.
    pub(crate) fn respond(
        worker: &Rc<Worker>,
        reply: Reply,
        counted: Option<(Recorder, Option<Box<Reader>>)>,
        routing: &RoutingTable,
    ) -> Response<Self> {
        let (mut head, body) = reply.response.into_parts();
        let (recorder, reader) = counted.unzip();
        let is_chunked = head.headers.contains_key(TRANSFER_ENCODING);
        let can_be_added_to = routing.protocol == Protocol::OpenAi && is_readable_stream(&head.headers);
        let mut relay = Self {
            worker: Rc::clone(worker),
            recorder,
            reader: reader.flatten(),
            class: Class::of_status(head.status.as_u16()),
            events: can_be_added_to.then(Events::default),
            idle: Idle::new(routing.timeouts.idle),
            stage: Stage::Flowing(Flow {
                link: reply.link,
                origin: reply.origin,
                end_is_announced: is_chunked || body.size_hint().exact().is_some(),
                body,
            }),
        };
        if relay.has_no_more() {
            relay.complete();
        }
        headers::to_caller(&mut head.headers);
        Response::from_parts(head, relay)
    }

    fn has_no_more(&self) -> bool {
        matches!(&self.stage, Stage::Flowing(flow) if flow.body.is_end_stream())
    }

    fn pass(&mut self, frame: Frame<Bytes>) -> Polled {
        let is_progress = match (&mut self.events, frame.data_ref()) {
            (Some(events), Some(data)) => events.read(data),
            _ => true,
        };
        if let (Some(reader), Some(data)) = (&mut self.reader, frame.data_ref()) {
            reader.take(data);
        }
        if is_progress {
            self.idle.progress();
            if let Some(recorder) = &mut self.recorder
                && self.class == Class::Ok
            {
                recorder.began();
            }
        }
        if self.has_no_more() {
            self.complete();
        }
        Poll::Ready(Some(Ok(frame)))
    }

    /// The body ended without an error.
    fn end(&mut self, context: &Context<'_>) -> Polled {
        let is_announced = matches!(&self.stage, Stage::Flowing(flow) if flow.end_is_announced);
        if !is_announced && self.events.as_ref().is_some_and(|events| !events.is_done()) {
            return self.break_off(&Refusal::truncated(), context);
        }
        self.complete();
        Poll::Ready(None)
    }

    fn complete(&mut self) {
        if let Stage::Flowing(flow) = std::mem::replace(&mut self.stage, Stage::Ended) {
            self.worker.pool.borrow_mut().put(&flow.origin, flow.link);
        }
        if let Some(mut recorder) = self.recorder.take() {
            if let Some(reader) = self.reader.take()
                && self.class == Class::Ok
            {
                recorder.said(reader.contents());
            }
            recorder.finish(self.class);
        }
    }

    fn break_off(&mut self, reason: &Refusal, context: &Context<'_>) -> Polled {
        let events = self.events.take();
        if events.as_ref().is_some_and(Events::is_done) {
            self.complete();
            return Poll::Ready(None);
        }
        if let Some(recorder) = self.recorder.take() {
            recorder.finish(reason.class);
        }
        // The upstream's connection closes here.
        let Some(events) = events else {
            self.stage = Stage::Breaking;
            context.waker().wake_by_ref();
            return Poll::Pending;
        };
        self.stage = Stage::Ended;
        let mut farewell = reason.error_body().to_openai_event();
        if events.is_within_event() {
            farewell.splice(..0, *b"\n\n");
        }
        Poll::Ready(Some(Ok(Frame::data(farewell.into()))))
    }
}

impl Body for Relay {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        let relay = self.get_mut();
        let flow = match &mut relay.stage {
            Stage::Flowing(flow) => flow,
            Stage::Ended => return Poll::Ready(None),
            Stage::Breaking => {
                relay.stage = Stage::Ended;
                return Poll::Ready(Some(Err(BrokeOff)));
            }
        };
        if relay.worker.cutting.get() {
            return relay.break_off(&Refusal::stopping(), context);
        }
        match flow.link.poll_frame(&mut flow.body, context) {
            Poll::Ready(Some(Ok(frame))) => relay.pass(frame),
            Poll::Ready(Some(Err(_))) => relay.break_off(&Refusal::truncated(), context),
            Poll::Ready(None) => relay.end(context),
            Poll::Pending if relay.idle.poll_expired(context).is_ready() => {
                let reason = Refusal::too_slow("the upstream stopped sending");
                relay.break_off(&reason, context)
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.stage, Stage::Ended)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.stage {
            Stage::Flowing(flow) => flow.body.size_hint(),
            Stage::Breaking | Stage::Ended => SizeHint::default(),
        }
    }
}

/// Whether a body is a stream of events as they are, to which another can be added.
fn is_readable_stream(headers: &HeaderMap) -> bool {
    let is_stream =
        headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    is_stream && !headers.contains_key(CONTENT_ENCODING) && !headers.contains_key(CONTENT_LENGTH)
}
