//! What an upstream does with one request.

use super::body::{Ending, Live, LiveReceiver, Sending, Unfinished, live};
use bytes::Bytes;
use http::Response;
use std::time::Duration;

/// What an upstream does with one request.
pub enum Act {
    /// It answers.
    Reply(Reply),
    /// It answers with chunks that the test sends one by one.
    Live(Reply, LiveReceiver),
    /// It closes the connection without a byte of an answer.
    HangUp,
    /// It never answers.
    Silence,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) delay: Duration,
    pub(super) chunks: Vec<Bytes>,
    pub(super) ending: Ending,
}

impl Reply {
    /// `200` with a JSON body in one piece.
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            delay: Duration::ZERO,
            chunks: vec![body.into()],
            ending: Ending::Whole,
        }
    }

    /// `200` with an event stream of these chunks.
    pub fn events<C: Into<Bytes>>(chunks: impl IntoIterator<Item = C>, ending: Ending) -> Self {
        let chunks = chunks.into_iter().map(Into::into).collect();
        Self { chunks, ending, ..Self::json("") }.replacing("content-type", "text/event-stream")
    }

    /// `200` with an event stream whose chunks the test sends.
    pub fn live() -> (Act, Live) {
        let (sender, receiver) = live();
        (Act::Live(Self::events([""; 0], Ending::Complete), receiver), sender)
    }

    /// The same with another status.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The same, so much later.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// The same, with a body in chunks.
    #[must_use]
    pub fn ending(self, ending: Ending) -> Self {
        Self { ending, ..self }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn replacing(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(present, _)| present != name);
        self.header(name, value)
    }

    pub(super) fn into_response(self, unfinished: Unfinished) -> Response<Sending> {
        let head = self.head();
        let body = Sending::scripted(self.chunks, self.ending, unfinished);
        head.body(body).unwrap()
    }

    pub(super) fn into_live_response(self, live: LiveReceiver, unfinished: Unfinished) -> Response<Sending> {
        self.head().body(Sending::live(live, unfinished)).unwrap()
    }

    fn head(&self) -> http::response::Builder {
        let mut head = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            head = head.header(name, value);
        }
        head
    }
}

impl From<Reply> for Act {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}
