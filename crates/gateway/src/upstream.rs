//! Sends a request to the upstream of a placement and waits for the head of its answer. Entry point: [`send`].
//!
//! Each phase has its own limit of time. A request goes out twice in one case alone: a connection that had lain idle
//! turns out to be closed before anything of an answer came over it, which says that the upstream hung up before it
//! saw the request.

use crate::address::Call;
use crate::connect::{self, connect};
use crate::headers::{self, Answering};
use crate::link::{Link, Outgoing};
use crate::prepared::placement::{Lane, Placement};
use crate::refusal::Refusal;
use crate::worker::Worker;
use bytes::Bytes;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use std::error::Error as _;
use std::io;
use std::sync::Arc;
use tokio::time::timeout;
use viridian_core::application::Timeouts;

/// What is to be sent.
pub(crate) struct Errand<'a> {
    pub(crate) placement: &'a Placement,
    pub(crate) call: Call<'a>,
    /// The caller's method and headers.
    pub(crate) head: &'a Parts,
    pub(crate) body: Bytes,
    pub(crate) answering: Answering,
    pub(crate) timeouts: &'a Timeouts,
}

/// An answer that has begun, and the connection that the rest of it comes over.
pub(crate) struct Reply {
    pub(crate) response: Response<Incoming>,
    pub(crate) link: Link,
    pub(crate) origin: Arc<str>,
}

/// Why no answer began.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the path does not fit a request")]
    Target,
    #[error(transparent)]
    Connect(#[from] connect::Error),
    #[error("the upstream did not accept a connection in time")]
    ConnectTimeout,
    #[error("the upstream broke off before it answered")]
    Broke(#[source] hyper::Error),
    #[error("the upstream switched protocols unasked")]
    Switched,
    #[error("the upstream did not answer in time")]
    FirstByteTimeout,
}

/// Sends a request and waits for the head of its answer.
pub(crate) async fn send(worker: &Worker, errand: &Errand<'_>) -> Result<Reply, Failure> {
    let lane = errand.placement.next_lane();
    let target = errand.call.target(errand.placement, lane).ok_or(Failure::Target)?;
    let pooled = worker.pool.borrow_mut().take(&lane.endpoint.origin);
    if let Some(link) = pooled {
        match ask(link, errand, lane, target.clone()).await {
            Err(Failure::Broke(error)) if was_closed(&error) => {
                worker.counters().upstream_retries.increment();
            }
            answered => return answered,
        }
    }
    worker.counters().upstream_connects.increment();
    // Boxed, because it is rare and large, and every request would carry its size.
    let connecting = Box::pin(connect(&lane.endpoint));
    let connected = timeout(errand.timeouts.connect, connecting).await;
    let link = connected.map_err(|_| Failure::ConnectTimeout)??;
    ask(link, errand, lane, target).await
}

async fn ask(
    mut link: Link,
    errand: &Errand<'_>,
    lane: &Lane,
    target: PathAndQuery,
) -> Result<Reply, Failure> {
    let request = errand.request(lane, target);
    let answer = timeout(errand.timeouts.first_byte, link.ask(request)).await;
    let response = answer.map_err(|_| Failure::FirstByteTimeout)?.map_err(Failure::Broke)?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Failure::Switched);
    }
    Ok(Reply { response, link, origin: Arc::clone(&lane.endpoint.origin) })
}

impl Errand<'_> {
    fn request(&self, lane: &Lane, target: PathAndQuery) -> Request<Outgoing> {
        let mut request = Request::new(Outgoing::new(self.body.clone()));
        *request.method_mut() = self.head.method.clone();
        *request.uri_mut() = Uri::from(target);
        *request.headers_mut() = headers::to_upstream(
            &self.head.headers,
            self.placement,
            &lane.endpoint.authority,
            self.answering,
        );
        request
    }
}

impl Failure {
    /// What the caller is told, and what the request comes to.
    pub(crate) fn refusal(&self) -> Refusal {
        match self {
            // A path of the caller's, behind the prefix of an endpoint that is known to fit.
            Self::Target => Refusal::path_not_allowed(),
            Self::Connect(_) => Refusal::unreachable("the upstream could not be connected to"),
            Self::Broke(_) | Self::Switched => {
                Refusal::unanswered("the upstream broke off before it answered")
            }
            Self::ConnectTimeout => Refusal::too_slow("the upstream did not accept a connection in time"),
            Self::FirstByteTimeout => Refusal::too_slow("the upstream did not answer in time"),
        }
    }
}

/// Whether an error says that the connection was closed before the head of an answer came, rather than that the answer
/// was wrong.
fn was_closed(error: &hyper::Error) -> bool {
    let cause = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    let was_reset = cause.is_some_and(|cause| {
        matches!(
            cause.kind(),
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe
        )
    });
    error.is_canceled() || error.is_closed() || error.is_incomplete_message() || was_reset
}
