//! Sends a request to the upstream of a placement and waits for the head of its answer. Entry point: [`send`].
//!
//! Each phase has its own limit of time. An endpoint that cannot be connected to has seen nothing, so the request goes
//! on to the next, to at most [`MOST_LANES`] and within the time for connecting; a request that was sent stays where it
//! is. It goes out twice in one case alone: a connection that had lain idle turns out to be closed before anything of an
//! answer came over it, which says that the upstream hung up before it saw the request.

use crate::address::Call;
use crate::connect::{self, connect};
use crate::headers::{self, Answering};
use crate::link::{Link, Outgoing};
use crate::prepared::lanes::Lane;
use crate::prepared::placement::Placement;
use crate::refusal::Refusal;
use crate::tensors;
use crate::worker::Worker;
use bytes::Bytes;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::time::timeout;
use viridian_core::application::Timeouts;
use viridian_core::id::EnvironmentName;

/// How many endpoints one request tries. When so many fail in a row it is not one server that is down, and trying on
/// would only keep the caller waiting. Nothing was sent to any of them, so this is no load on servers in trouble.
const MOST_LANES: usize = 3;

/// What is to be sent.
pub(crate) struct Errand<'a> {
    pub(crate) placement: &'a Placement,
    pub(crate) call: Call<'a>,
    /// The caller's method and headers.
    pub(crate) head: &'a Parts,
    pub(crate) body: Bytes,
    /// Takes the place of the caller's, if it sent one.
    pub(crate) json_length: Option<HeaderValue>,
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
    #[error("the upstream could not be connected to")]
    Connect(#[source] connect::Error),
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
    let lanes = &errand.placement.lanes;
    let first = lanes.first(|| worker.node.clock().now());
    let mut attempt = Attempt { worker, errand, may_reuse: true, connecting: None };
    let mut failure = match attempt.on(first, lanes.count().min(MOST_LANES)).await {
        Err(failure) if failure.is_before_sending() => failure,
        answered => return answered,
    };
    for (tried, lane) in (1..MOST_LANES).zip(lanes.others(first)) {
        worker.counters().upstream_failovers.increment();
        match attempt.on(lane, lanes.count().min(MOST_LANES) - tried).await {
            Err(next) if next.is_before_sending() => failure = next,
            answered => return answered,
        }
    }
    Err(failure)
}

/// One request on its way to one endpoint or another.
struct Attempt<'a> {
    worker: &'a Worker,
    errand: &'a Errand<'a>,
    /// Whether it may go over a connection that lay idle: it may until one of them turned out to be closed.
    may_reuse: bool,
    /// Since when it waits for connections, over all endpoints.
    connecting: Option<Instant>,
}

impl Attempt<'_> {
    /// Sends the request to an endpoint; `left` counts those that can be tried, this one included.
    async fn on(&mut self, lane: &Lane, left: usize) -> Result<Reply, Failure> {
        let Self { worker, errand, .. } = *self;
        let target = errand.call.target(errand.placement, lane).ok_or(Failure::Target)?;
        let origin = &lane.endpoint.origin;
        let pooled = if self.may_reuse { worker.pool.borrow_mut().take(origin) } else { None };
        if let Some(link) = pooled {
            match ask(link, errand, lane, target.clone()).await {
                Err(Failure::Broke(error)) if was_closed(&error) => {
                    self.may_reuse = false;
                    worker.counters().upstream_retries.increment();
                }
                answered => return answered,
            }
        }
        let link = self.connect(lane, left).await?;
        ask(link, errand, lane, target).await
    }

    /// Opens a connection within an equal part of the time that is left for it, so that an endpoint that keeps silent
    /// leaves some to the others.
    async fn connect(&mut self, lane: &Lane, left: usize) -> Result<Link, Failure> {
        let counters = self.worker.counters();
        counters.upstream_connects.increment();
        let since = *self.connecting.get_or_insert_with(Instant::now);
        let time = self.errand.timeouts.connect.saturating_sub(since.elapsed());
        let parts = u32::try_from(left).unwrap_or(u32::MAX).max(1);
        // Boxed, because it is rare and large, and every request would carry its size.
        let connecting = Box::pin(connect(&lane.endpoint));
        let connected = timeout(time / parts, connecting).await.map_err(|_| Failure::ConnectTimeout);
        match connected.and_then(|connected| connected.map_err(Failure::Connect)) {
            Ok(link) => {
                lane.succeed();
                Ok(link)
            }
            Err(failure) => {
                lane.fail(self.worker.node.clock().now());
                Err(failure)
            }
        }
    }
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
    lane.succeed();
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
        let authority = &lane.endpoint.authority;
        let mut headers = headers::to_upstream(&self.head.headers, self.placement, authority, self.answering);
        if let Some(length) = &self.json_length {
            headers.insert(tensors::JSON_LENGTH, length.clone());
        }
        *request.headers_mut() = headers;
        request
    }
}

impl Failure {
    /// Whether nothing of the request has left.
    const fn is_before_sending(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::ConnectTimeout)
    }

    /// What the caller is told, and what the request comes to.
    pub(crate) fn refusal(&self, environment: &EnvironmentName) -> Refusal {
        match self {
            // A path of the caller's, behind the prefix of an endpoint that is known to fit.
            Self::Target => Refusal::path_not_allowed(),
            Self::Connect(_) => Refusal::unreachable(environment),
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
