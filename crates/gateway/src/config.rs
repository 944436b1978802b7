//! What a gateway is told when it starts, with the defaults that protect it. Entry point: [`Config::new`].

use crate::clock::Clock;
use crate::disk::Disk;
use rustls::ClientConfig;
use sha2::{Digest, Sha256};
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use viridian_core::analysis::row::Origin;

/// How a gateway is to run.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens for callers; port 0 takes any free port.
    pub listen: SocketAddr,
    /// How many threads serve, each with its own listener and its own connections to upstreams.
    pub workers: NonZeroUsize,
    /// The gateway's name and this start of it, written into its reports.
    pub origin: Origin,
    /// What it refuses to exceed.
    pub limits: Limits,
    /// How old an answer may be for feedback on it to be taken.
    pub feedback_age: Duration,
    /// How long a candidate may have its share without the controller being heard; absent when the controller is in the
    /// same process.
    pub exposure_lease: Option<Duration>,
    /// Where an operator on this machine reaches it; absent: nowhere.
    pub socket: Option<PathBuf>,
    /// Where it keeps what it serves by for the next start; absent: nowhere.
    pub state: Option<State>,
    /// The disk that is on.
    pub disk: Disk,
    /// Whom `https` upstreams are trusted by; absent: the certificate authorities of the machine, loaded when the first
    /// such upstream appears.
    pub trust: Option<Arc<ClientConfig>>,
    /// The time.
    pub clock: Arc<Clock>,
}

/// Where a gateway keeps what outlives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// A directory of its own; made when it is not there. It holds keys, so nobody else is let in.
    pub directory: PathBuf,
    /// What its files are signed with. Files signed with another key are passed over.
    pub key: StateKey,
}

/// The key a gateway signs its files with. It does not print.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StateKey(pub [u8; 32]);

impl StateKey {
    /// The key that follows from a secret the process was given. It opens nothing else.
    pub fn of(secret: &str) -> Self {
        let named = Sha256::new().chain_update("viridian gateway state\0").chain_update(secret);
        Self(named.finalize().into())
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateKey(..)")
    }
}

/// What a gateway refuses to exceed, whatever callers and upstreams do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest request body, in bytes.
    pub body: usize,
    /// The bytes of request bodies held at the same time.
    pub held: usize,
    /// Open connections of callers.
    pub connections: usize,
    /// The longest head of a request, in bytes.
    pub head: usize,
    /// Headers of a request.
    pub headers: usize,
    /// How long a caller may take to send a head; the first counts from when its connection is accepted.
    pub head_time: Duration,
    /// How long a connection of a caller may lie idle between two requests.
    pub caller_idle: Duration,
    /// How long a caller may take nothing of an answer that waits for it.
    pub caller_stall: Duration,
    /// How long a connection that has said nothing yet may stay while the gateway drains.
    pub last_call: Duration,
    /// How long a caller may send nothing in the middle of a body.
    pub body_pause: Duration,
    /// How long a connection to an upstream may lie idle.
    pub upstream_idle: Duration,
    /// Idle connections to one upstream, on each worker.
    pub upstream_idle_count: usize,
    /// Pieces of feedback that wait for the next report.
    pub feedback: usize,
}

impl Config {
    /// The lease of a gateway that is not in the process of its controller, which counts on it.
    pub const EXPOSURE_LEASE: Duration = Duration::from_secs(15 * 60);

    /// The defaults: a worker per processor, in the process of its controller.
    pub fn new(listen: SocketAddr, origin: Origin) -> Self {
        Self {
            listen,
            workers: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            origin,
            limits: Limits::default(),
            // A week covers a person who comes back to a conversation; older answers are of no rollout that still runs.
            feedback_age: Duration::from_secs(7 * 24 * 3_600),
            exposure_lease: None,
            socket: None,
            state: None,
            disk: Disk::default(),
            trust: None,
            clock: Arc::new(Clock::start()),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Prompts with long contexts are a few megabytes; images come as links or below this.
            body: 10 * 1024 * 1024,
            held: 256 * 1024 * 1024,
            connections: 20_000,
            head: 32 * 1024,
            headers: 100,
            head_time: Duration::from_secs(10),
            // Load balancers keep connections to their targets for 60 s; they must give up first, or they send a request
            // on a connection we are closing. NGINX has the same default.
            caller_idle: Duration::from_secs(75),
            caller_stall: Duration::from_secs(30),
            // Its request is on the way, or it was opened to have a connection ready, which holds up the end for nothing.
            last_call: Duration::from_secs(1),
            body_pause: Duration::from_secs(30),
            // The shortest keep-alive in common use is 5 s (uvicorn, Node.js): we give up first, so that no request is
            // sent on a connection its upstream is closing.
            upstream_idle: Duration::from_secs(4),
            upstream_idle_count: 256,
            feedback: 100_000,
        }
    }
}
