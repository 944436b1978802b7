//! One connection to an upstream, owned by the request that uses it. Entry points: [`Link::ask`], then
//! [`Link::poll_frame`] until the answer ends.
//!
//! The connection is not a task of its own: whoever waits for the answer drives it. So a wake-up from the upstream's
//! socket wakes the request and nobody else, and a request that is given up closes its connection by being dropped: a
//! connection with half a message on it cannot get into a pool.

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Connection, SendRequest};
use hyper::rt::{Read, Write};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// What requests to upstreams carry.
pub(crate) type Outgoing = Full<Bytes>;

/// A connection to an upstream.
pub(crate) struct Link {
    sender: SendRequest<Outgoing>,
    /// Absent once the connection has ended.
    connection: Option<Running>,
}

/// A connection that does its work when it is polled.
type Running = Pin<Box<dyn Future<Output = hyper::Result<()>>>>;

impl Link {
    pub(crate) fn new<T>(sender: SendRequest<Outgoing>, connection: Connection<T, Outgoing>) -> Self
    where
        T: Read + Write + Unpin + Send + 'static,
    {
        Self { sender, connection: Some(Box::pin(connection)) }
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn ask(&mut self, request: Request<Outgoing>) -> hyper::Result<Response<Incoming>> {
        let answer = self.sender.send_request(request);
        // Nothing but the connection brings the answer, and that is driven first, so the answer needs no waker. It must
        // not count against the task's budget either: out of budget it would ask a waker nobody has.
        let mut answer = pin!(tokio::task::unconstrained(answer));
        let connection = &mut self.connection;
        let mut is_sent = false;
        poll_fn(|context| {
            if !is_sent {
                // An answer cannot be there when its request leaves, so somebody will have to be woken.
                is_sent = true;
                drive(connection, context);
                return answer.as_mut().poll(&mut nobody());
            }
            drive_until(connection, context, || answer.as_mut().poll(&mut nobody()))
        })
        .await
    }

    /// The next piece of the answer's body.
    pub(crate) fn poll_frame(
        &mut self,
        body: &mut Incoming,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let mut piece = || Pin::new(&mut *body).poll_frame(&mut nobody());
        let ready = piece();
        if ready.is_ready() {
            return ready;
        }
        drive_until(&mut self.connection, context, piece)
    }

    /// Whether another request can be sent, as far as is known: the last answer has ended.
    pub(crate) fn is_ready(&self) -> bool {
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Whether another request can be sent: besides, nothing says that the upstream closed the connection since. After
    /// this the connection wakes nobody.
    pub(crate) fn is_alive(&mut self) -> bool {
        drive(&mut self.connection, &mut nobody());
        self.is_ready()
    }
}

/// Drives a connection until it has brought what is waited for.
///
/// It is driven for nobody first: when what it can do at once is enough, nobody needs to be woken, and nobody is woken
/// later by a connection that went back into its pool. Only when there is something to wait for it is driven again, to
/// tell it who waits.
fn drive_until<T>(
    connection: &mut Option<Running>,
    context: &Context<'_>,
    mut poll: impl FnMut() -> Poll<T>,
) -> Poll<T> {
    for waker in [Waker::noop(), context.waker()] {
        drive(connection, &mut Context::from_waker(waker));
        let polled = poll();
        if polled.is_ready() {
            return polled;
        }
    }
    Poll::Pending
}

/// Lets the connection read and write what it can. When it ends it is dropped, which tells whoever waits for it.
fn drive(
    connection: &mut Option<Pin<Box<dyn Future<Output = hyper::Result<()>>>>>,
    context: &mut Context<'_>,
) {
    if let Some(running) = connection
        && running.as_mut().poll(context).is_ready()
    {
        *connection = None;
    }
}

/// The context of polls that wake nobody.
fn nobody() -> Context<'static> {
    Context::from_waker(Waker::noop())
}
