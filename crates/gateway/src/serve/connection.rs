//! The connections of callers that one worker serves. Entry points: [`Connections::accept`], then [`Connections::end`].

use super::line::Line;
use super::passing::Passing;
use super::phase::{self, Phase};
use super::pulse::{Exchange, Pulse, Pulses};
use crate::bell::Bell;
use crate::config::Limits;
use crate::proxy;
use crate::worker::Worker;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::yield_now;
use tokio::time::sleep;

/// How long to wait when the machine has no room for another connection, such as no free file descriptor.
const NO_ROOM: Duration = Duration::from_millis(50);

/// The connections of callers that one worker serves.
pub(super) struct Connections {
    worker: Rc<Worker>,
    pulses: Rc<Pulses>,
    http: http1::Builder,
    orders: watch::Receiver<Phase>,
    /// A permit for each connection that may be open.
    room: Arc<Semaphore>,
    most: u32,
}

/// What happens to a connection.
enum Event {
    Ended,
    /// A request that may have been on its way when the drain began has come.
    Spoke,
    Order(Phase),
}

impl Connections {
    pub(super) fn new(worker: &Rc<Worker>, pulses: &Rc<Pulses>, orders: watch::Receiver<Phase>) -> Self {
        let config = &worker.node.config;
        let most = config.limits.connections.div_ceil(config.workers.get()).max(1);
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        Self {
            worker: Rc::clone(worker),
            pulses: Rc::clone(pulses),
            http: http(&config.limits),
            orders,
            room: Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(usize::MAX))),
            most,
        }
    }

    /// Accepts connections until the phase changes. When as many are open as may be, the next wait in the kernel.
    pub(super) async fn accept(&self, listener: TcpListener, orders: &mut watch::Receiver<Phase>) {
        let phase = loop {
            tokio::select! {
                phase = phase::next(orders) => break phase,
                (stream, permit) = self.next(&listener) => self.spawn(stream, permit),
            }
        };
        if phase == Phase::Draining {
            self.pulses.drain();
            self.accept_waiting(listener);
        }
    }

    /// Accepts the connections that wait in the kernel. Their callers were told that somebody listens; closing the
    /// listener would reset them. What comes between the last of them and the closing is lost, as is what there is no
    /// room for.
    fn accept_waiting(&self, listener: TcpListener) {
        // The kernel is asked itself: the runtime would only tell what it knew when it last asked.
        let Ok(listener) = listener.into_std() else { return };
        while let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() {
            match listener.accept().and_then(|(stream, _)| from_std(stream)) {
                Ok(stream) => self.spawn(stream, Some(permit)),
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(_) => return,
            }
        }
    }

    /// Returns when the last connection has ended, or when everything is to stop.
    pub(super) async fn end(&self, orders: &mut watch::Receiver<Phase>) {
        let everyone = self.room.acquire_many(self.most);
        let mut everyone = pin!(everyone);
        // The phase that ended the accepting may already be a later one than draining.
        let mut phase = *orders.borrow();
        while phase < Phase::Stopped {
            self.worker.cutting.set(phase >= Phase::Cutting);
            tokio::select! {
                _ = &mut everyone => return,
                next = phase::next(orders) => phase = next,
            }
        }
    }

    async fn next(&self, listener: &TcpListener) -> (TcpStream, Option<OwnedSemaphorePermit>) {
        // The semaphore is never closed, so there always is a permit in the end.
        let permit = Arc::clone(&self.room).acquire_owned().await.ok();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return (stream, permit),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(NO_ROOM).await;
                }
            }
        }
    }

    fn spawn(&self, stream: TcpStream, permit: Option<OwnedSemaphorePermit>) {
        let worker = Rc::clone(&self.worker);
        let http = self.http.clone();
        let orders = self.orders.clone();
        let pulse = self.pulses.watch();
        tokio::task::spawn_local(async move {
            worker.counters().accepted_connections.increment();
            converse(&worker, &pulse, &http, stream, orders).await;
            worker.counters().closed_connections.increment();
            drop(permit);
        });
    }
}

fn from_std(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    TcpStream::from_std(stream)
}

/// Serves one connection to its end.
async fn converse(
    worker: &Rc<Worker>,
    pulse: &Rc<Pulse>,
    http: &http1::Builder,
    stream: TcpStream,
    mut orders: watch::Receiver<Phase>,
) {
    // Pieces of streams are to leave at once. A socket that refuses is one whose caller is gone.
    let _refused = stream.set_nodelay(true);
    let service = service_fn(|request| answer(Rc::clone(worker), pulse.begin(), request));
    let mut connection = pin!(http.serve_connection(Line::new(stream, pulse), service));
    let mut is_leaving = false;
    loop {
        let heard = is_leaving.then_some(pulse.as_ref());
        match next_event(connection.as_mut(), pulse, heard, &mut orders).await {
            // A connection that ended with an error is a caller that went away or spoke no HTTP; outcomes are recorded
            // where they belong.
            Event::Ended | Event::Order(Phase::Stopped) => return,
            // A request that is on its way would be lost, its caller not knowing why.
            Event::Order(Phase::Draining) => {
                if take_what_came(connection.as_mut()).await.is_ready() {
                    return;
                }
                is_leaving = pulse.may_be_speaking();
                if !is_leaving {
                    connection.as_mut().graceful_shutdown();
                }
            }
            Event::Spoke => {
                is_leaving = false;
                connection.as_mut().graceful_shutdown();
            }
            // The next turn polls the answers, which see that they are to break off. The order may reach a connection
            // before it reaches the worker's own task, and may have overtaken the one to drain.
            Event::Order(Phase::Cutting) => {
                worker.cutting.set(true);
                connection.as_mut().graceful_shutdown();
            }
            Event::Order(Phase::Serving) => {}
        }
    }
}

async fn answer(
    worker: Rc<Worker>,
    exchange: Exchange,
    request: Request<Incoming>,
) -> Result<Response<Passing>, Infallible> {
    let response = proxy::walk(worker, request).await?;
    Ok(response.map(|answer| Passing { answer, _exchange: exchange }))
}

/// Reads what has come to this machine by now. The order to drain may overtake a request on a connection that was idle: the
/// runtime knows only what the kernel told it last, so it is given a turn to ask.
async fn take_what_came(mut connection: Pin<&mut impl Future>) -> Poll<()> {
    yield_now().await;
    poll_fn(|context| Poll::Ready(connection.as_mut().poll(context).map(drop))).await
}

/// What happens next to a connection: it ends, its caller is waited for no longer, the caller of whom a request is
/// awaited (`heard`) has sent it, or an order comes.
async fn next_event(
    mut connection: Pin<&mut impl Future>,
    pulse: &Pulse,
    heard: Option<&Pulse>,
    orders: &mut watch::Receiver<Phase>,
) -> Event {
    let mut order = pin!(phase::next(orders));
    // The task and therefore its waker stay the same for the life of a connection.
    let mut bell = None;
    poll_fn(|context| {
        let bell = bell.get_or_insert_with(|| {
            pulse.wakes(context.waker());
            Bell::of(context.waker())
        });
        let is_ended = connection.as_mut().poll(&mut Context::from_waker(bell)).is_ready();
        if is_ended || pulse.is_over() {
            return Poll::Ready(Event::Ended);
        }
        if heard.is_some_and(|pulse| !pulse.may_be_speaking()) {
            return Poll::Ready(Event::Spoke);
        }
        order.as_mut().poll(context).map(Event::Order)
    })
    .await
}

/// What is no HTTP never becomes a request: a first line or a header that cannot be read, or a head that is too large, is
/// answered by the parser, with 400, 414 or 431, an empty body and no id, and the connection ends. It offers no place to
/// answer instead, and its bytes cannot be told apart safely from the end of the answer before.
fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    // Without a timer hyper limits no time; the pulses do.
    http.header_read_timeout(None).max_header_size(limits.head).max_headers(limits.headers);
    http
}
