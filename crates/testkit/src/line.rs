//! A line between two processes that can be disturbed while they talk: a TCP proxy that a test steers. Entry point:
//! [`Line::to`]; then [`Line::disturb`], [`Line::tamper`] and [`Line::reset`].
//!
//! What a line does to bytes is said per direction and takes effect on connections that are open as on those that come.
//! A silent direction holds back whatever is sent, ends of connections included, and passes it on when it is healed, as
//! a network does whose packets are sent again.

mod pass;
mod pieces;
#[cfg(test)]
mod tests;

use pass::Passage;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A line to one address. It is cut when this is dropped.
pub struct Line {
    address: SocketAddr,
    state: Arc<State>,
    _lines: JoinSet<()>,
}

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From who connects to the address the line leads to.
    There,
    /// From that address to who connected.
    Back,
}

/// Both directions.
pub const BOTH: [Way; 2] = [Way::There, Way::Back];

/// What is done to the bytes of one direction. The default is nothing.
#[derive(Debug, Clone, Default)]
pub struct Trouble {
    /// How much later each byte arrives.
    pub latency: Duration,
    /// How many bytes pass in a second.
    pub bandwidth: Option<u64>,
    /// How many bytes are written at once.
    pub slice: Option<usize>,
    /// Nothing passes, not even an end.
    pub silent: bool,
    /// How many bytes of a connection pass before it is closed.
    pub limit: Option<u64>,
}

/// Makes other pieces of one piece: the head of a message, or a chunk or the whole of its body.
type Tamper = Box<dyn FnMut(Vec<u8>) -> Vec<Vec<u8>> + Send>;

struct State {
    target: Mutex<SocketAddr>,
    there: Direction,
    back: Direction,
    /// How often everything was reset.
    resets: watch::Sender<u64>,
    opened: Mutex<Vec<Instant>>,
}

#[derive(Default)]
struct Direction {
    trouble: watch::Sender<Trouble>,
    tamper: Mutex<Option<Tamper>>,
    passed: AtomicU64,
}

impl Line {
    /// A line to an address, on a port of its own.
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            target: Mutex::new(target),
            there: Direction::default(),
            back: Direction::default(),
            resets: watch::Sender::new(0),
            opened: Mutex::default(),
        });
        let mut lines = JoinSet::new();
        lines.spawn(accept(listener, Arc::clone(&state)));
        Self { address, state, _lines: lines }
    }

    /// Where it is reached.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads connections that come from now on to another address.
    pub fn lead_to(&self, target: SocketAddr) {
        *self.state.target.lock().unwrap() = target;
    }

    /// Does this to the bytes of a direction, in place of what was done to them before.
    pub fn disturb(&self, way: Way, trouble: Trouble) {
        self.state.direction(way).trouble.send_replace(trouble);
    }

    /// Lets nothing pass in a direction.
    pub fn silence(&self, way: Way) {
        self.disturb(way, Trouble { silent: true, ..Trouble::default() });
    }

    /// From now on, pieces that HTTP/1.1 messages of a direction consist of pass through this; one that has passed in
    /// part already is left alone.
    pub fn tamper(&self, way: Way, tamper: impl FnMut(Vec<u8>) -> Vec<Vec<u8>> + Send + 'static) {
        *self.state.direction(way).tamper.lock().unwrap() = Some(Box::new(tamper));
    }

    /// Lets pieces pass as they are again.
    pub fn stop_tampering(&self, way: Way) {
        *self.state.direction(way).tamper.lock().unwrap() = None;
    }

    /// Ends all trouble. What was held back passes on, through whoever tampers with it.
    pub fn heal(&self) {
        BOTH.into_iter().for_each(|way| self.disturb(way, Trouble::default()));
    }

    /// Resets every connection that is open. What was on its way is lost.
    pub fn reset(&self) {
        self.state.resets.send_modify(|resets| *resets += 1);
    }

    /// When connections were opened, in order.
    pub fn opened(&self) -> Vec<Instant> {
        self.state.opened.lock().unwrap().clone()
    }

    /// How many bytes have passed in a direction.
    pub fn passed(&self, way: Way) -> u64 {
        self.state.direction(way).passed.load(Ordering::SeqCst)
    }
}

impl State {
    const fn direction(&self, way: Way) -> &Direction {
        match way {
            Way::There => &self.there,
            Way::Back => &self.back,
        }
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        let (caller, _) = listener.accept().await.unwrap();
        state.opened.lock().unwrap().push(Instant::now());
        connections.spawn(connect(caller, Arc::clone(&state)));
    }
}

/// One connection, until both sides have ended it or it is reset.
async fn connect(caller: TcpStream, state: Arc<State>) {
    let mut resets = state.resets.subscribe();
    for way in BOTH {
        // Nobody answers across a silent line. The sender lives as long as the state.
        let mut trouble = state.direction(way).trouble.subscribe();
        tokio::select! {
            _ = trouble.wait_for(|trouble| !trouble.silent) => {}
            _ = resets.changed() => return reset(&caller),
        }
    }
    let target = *state.target.lock().unwrap();
    let Ok(called) = TcpStream::connect(target).await else { return reset(&caller) };
    for stream in [&caller, &called] {
        stream.set_nodelay(true).unwrap();
    }
    let (caller, called) = (Arc::new(caller), Arc::new(called));
    let there = Passage { from: &caller, to: &called, direction: &state.there };
    let back = Passage { from: &called, to: &caller, direction: &state.back };
    let whole = tokio::select! {
        whole = async { tokio::try_join!(there.pass(), back.pass()) } => whole.is_ok(),
        _ = resets.changed() => false,
    };
    if !whole {
        reset(&caller);
        reset(&called);
    }
}

/// Makes the end of a connection a reset.
fn reset(stream: &TcpStream) {
    // One that is gone needs no reset.
    let _ = stream.set_zero_linger();
}
