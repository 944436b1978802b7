//! The connections of callers that one worker serves. Entry points: [`Connections::accept`], then [`Connections::end`].

use super::phase::{self, Phase};
use crate::bell::Bell;
use crate::config::Limits;
use crate::proxy;
use crate::worker::Worker;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::sleep;

/// How long to wait when the machine has no room for another connection, such as no free file descriptor.
const NO_ROOM: Duration = Duration::from_millis(50);

/// The connections of callers that one worker serves.
pub(super) struct Connections {
    worker: Rc<Worker>,
    http: http1::Builder,
    orders: watch::Receiver<Phase>,
    /// A permit for each connection that may be open.
    room: Arc<Semaphore>,
    most: u32,
}

/// What happens to a connection.
enum Event {
    Ended,
    Order(Phase),
}

impl Connections {
    pub(super) fn new(worker: &Rc<Worker>, orders: watch::Receiver<Phase>) -> Self {
        let config = &worker.node.config;
        let most = config.limits.connections.div_ceil(config.workers.get()).max(1);
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        Self {
            worker: Rc::clone(worker),
            http: http(&config.limits),
            orders,
            room: Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(usize::MAX))),
            most,
        }
    }

    /// Accepts connections until the phase changes. When as many are open as may be, the next wait in the kernel.
    pub(super) async fn accept(&self, listener: TcpListener, orders: &mut watch::Receiver<Phase>) {
        loop {
            tokio::select! {
                _ = phase::next(orders) => return,
                (stream, permit) = self.next(&listener) => self.spawn(stream, permit),
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
        tokio::task::spawn_local(async move {
            worker.counters().accepted_connections.increment();
            converse(&worker, &http, stream, orders).await;
            worker.counters().closed_connections.increment();
            drop(permit);
        });
    }
}

/// Serves one connection to its end.
async fn converse(
    worker: &Rc<Worker>,
    http: &http1::Builder,
    stream: TcpStream,
    mut orders: watch::Receiver<Phase>,
) {
    // Pieces of streams are to leave at once. A socket that refuses is one whose caller is gone.
    let _refused = stream.set_nodelay(true);
    let service = service_fn(|request| proxy::walk(Rc::clone(worker), request));
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    loop {
        match next_event(connection.as_mut(), &mut orders).await {
            // A connection that ended with an error is a caller that went away or spoke no HTTP; outcomes are recorded
            // where they belong.
            Event::Ended | Event::Order(Phase::Stopped) => return,
            Event::Order(Phase::Draining) => connection.as_mut().graceful_shutdown(),
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

/// What happens next to a connection: it ends, or an order comes.
async fn next_event(mut connection: Pin<&mut impl Future>, orders: &mut watch::Receiver<Phase>) -> Event {
    let mut order = pin!(phase::next(orders));
    // The task and therefore its waker stay the same for the life of a connection.
    let mut bell = None;
    poll_fn(|context| {
        let bell = bell.get_or_insert_with(|| Bell::of(context.waker()));
        if connection.as_mut().poll(&mut Context::from_waker(bell)).is_ready() {
            return Poll::Ready(Event::Ended);
        }
        order.as_mut().poll(context).map(Event::Order)
    })
    .await
}

fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_header_size(limits.head)
        .max_headers(limits.headers);
    http
}
