//! Runs the gateway: listeners, workers, connections of callers, and how they end. Entry points: [`Gateway::start`] and
//! [`Gateway::drain`].
//!
//! Each worker is a thread with a runtime of its own and a listener of its own on the same address; the kernel spreads
//! connections over them. A request never leaves the thread it arrived on.

mod connection;
mod line;
mod listener;
mod passing;
mod phase;
mod pulse;

use crate::config::Config;
use crate::error::Error;
use crate::handle::Handle;
use crate::node::Node;
use crate::pool::SWEEP;
use crate::socket;
use crate::worker::{Seeds, Worker};
use connection::Connections;
use phase::Phase;
use pulse::Pulses;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::runtime::{self, Runtime};
use tokio::sync::{oneshot, watch};
use tokio::task::LocalSet;
use tokio::time::{interval, timeout};
use viridian_wire::snapshot::{Acknowledgement, Delta};

/// How long streams that are broken off at the end of a drain have to tell their callers.
const FAREWELL: Duration = Duration::from_secs(1);

/// A running gateway. Dropping it stops it at once; [`Gateway::drain`] lets requests end.
pub struct Gateway {
    handle: Handle,
    address: SocketAddr,
    orders: watch::Sender<Phase>,
    /// One per worker: closed when it has stopped.
    running: Vec<oneshot::Receiver<()>>,
}

/// What one worker's thread is given.
struct Post {
    runtime: Runtime,
    listener: TcpListener,
    node: Arc<Node>,
    index: usize,
    seeds: Seeds,
    orders: watch::Receiver<Phase>,
    /// Dropped with everything else when the worker has stopped.
    _running: oneshot::Sender<()>,
}

impl Gateway {
    /// Listens and serves. Without tables yet, every request is refused as one to an unknown application.
    pub fn start(config: Config) -> Result<Self, Error> {
        Self::serve(Arc::new(Node::new(config)?))
    }

    /// The same, but serves by these tables from the first request on, so that nobody who calls while the rest of the
    /// process comes up is told that there is no such application. Answers what it made of each delta.
    pub fn start_with(config: Config, tables: &[Delta]) -> Result<(Self, Vec<Acknowledgement>), Error> {
        let node = Arc::new(Node::new(config)?);
        let handle = Handle::new(Arc::clone(&node));
        let answers = tables.iter().map(|delta| handle.apply(delta)).collect();
        Ok((Self::serve(node)?, answers))
    }

    fn serve(node: Arc<Node>) -> Result<Self, Error> {
        let config = &node.config;
        let listeners = listener::bind(config.listen, config.workers)?;
        let address = listener::address(&listeners, config.listen)?;
        let (orders, receiver) = watch::channel(Phase::Serving);
        if let Some(path) = &config.socket {
            socket::serve(path, Handle::new(Arc::clone(&node)), end(receiver.clone()))?;
        }
        let mut running = Vec::with_capacity(listeners.len());
        for (index, listener) in listeners.into_iter().enumerate() {
            let (sender, stopped) = oneshot::channel();
            let post = Post {
                runtime: runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?,
                listener,
                node: Arc::clone(&node),
                index,
                seeds: Seeds::draw()?,
                orders: receiver.clone(),
                _running: sender,
            };
            let thread = thread::Builder::new().name(format!("gateway-{index}"));
            thread.spawn(move || post.serve()).map_err(Error::Start)?;
            running.push(stopped);
        }
        Ok(Self { handle: Handle::new(node), address, orders, running })
    }

    /// Where it listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// How to reach it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Stops accepting connections, closes those that are idle, and lets the requests under way end. After `grace`,
    /// streams that still run are told that they break off, and everything that is left is closed. Waits on the tokio
    /// runtime of whoever calls. Answers how many requests were cut.
    pub async fn drain(mut self, grace: Duration) -> u64 {
        self.handle.drains();
        self.orders.send_replace(Phase::Draining);
        if timeout(grace, self.stopped()).await.is_ok() {
            return 0;
        }
        let cut = self.handle.traffic().in_flight();
        self.orders.send_replace(Phase::Cutting);
        if timeout(FAREWELL, self.stopped()).await.is_err() {
            self.orders.send_replace(Phase::Stopped);
            self.stopped().await;
        }
        cut
    }

    async fn stopped(&mut self) {
        while let Some(worker) = self.running.last_mut() {
            // An error is what is waited for: the other end was dropped.
            let _stopped = worker.await;
            self.running.pop();
        }
    }
}

impl Post {
    fn serve(self) {
        let Self { runtime, listener, node, index, seeds, orders, .. } = self;
        let local = LocalSet::new();
        let worker = Rc::new(Worker::new(node, index, seeds));
        let ended = local.block_on(&runtime, work(&worker, listener, orders));
        if let Err(error) = ended {
            tracing::error!(worker = index, %error, "a worker of the gateway could not listen");
        }
    }
}

/// The life of a worker: it serves until it is told to drain, and ends when its connections have.
async fn work(
    worker: &Rc<Worker>,
    listener: TcpListener,
    mut orders: watch::Receiver<Phase>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let pulses = Rc::new(Pulses::new(&worker.node.config.limits));
    let sweeping = tokio::task::spawn_local(sweep(Rc::clone(worker), Rc::clone(&pulses)));
    let connections = Connections::new(worker, &pulses, orders.clone());
    connections.accept(listener, &mut orders).await;
    connections.end(&mut orders).await;
    sweeping.abort();
    Ok(())
}

/// Waits until the gateway is gone.
async fn end(mut orders: watch::Receiver<Phase>) {
    while orders.changed().await.is_ok() {}
}

async fn sweep(worker: Rc<Worker>, pulses: Rc<Pulses>) {
    let mut ticks = interval(SWEEP);
    loop {
        ticks.tick().await;
        worker.pool.borrow_mut().sweep();
        worker.node.look();
        pulses.sweep();
    }
}
