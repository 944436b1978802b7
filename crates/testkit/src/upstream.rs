//! A model server that does as it is told. Entry point: [`Upstream::start`]; then [`Upstream::always`] and
//! [`Upstream::next`] say what it does with requests.

mod act;
mod body;
mod tls;

pub use act::{Act, Reply};
pub use body::{Ending, Live, LiveReceiver};

use body::Sending;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::pki_types::CertificateDer;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A running upstream. It stops when the runtime of the test does.
#[derive(Clone)]
pub struct Upstream {
    address: SocketAddr,
    is_tls: bool,
    script: Arc<Script>,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    /// How it was asked.
    pub method: Method,
    /// What for.
    pub uri: Uri,
    /// With which headers.
    pub headers: HeaderMap,
    /// With which body, in full.
    pub body: Bytes,
}

/// What the upstream does, and what it saw.
struct Script {
    always: Mutex<Reply>,
    next: Mutex<VecDeque<Act>>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicU64,
    closed: AtomicU64,
    abandoned: Arc<AtomicU64>,
}

/// A request ended without an answer, on purpose.
#[derive(Debug)]
struct HungUp;

impl std::fmt::Display for HungUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the upstream hung up")
    }
}

impl std::error::Error for HungUp {}

impl Upstream {
    /// Starts an upstream that answers every request with `200 {}`.
    pub async fn start() -> Self {
        Self::listen(None).await
    }

    async fn listen(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Script {
            always: Mutex::new(Reply::json("{}")),
            next: Mutex::default(),
            seen: Mutex::default(),
            connections: AtomicU64::new(0),
            closed: AtomicU64::new(0),
            abandoned: Arc::default(),
        });
        let is_tls = tls.is_some();
        tokio::spawn(accept(listener, tls, Arc::clone(&script)));
        Self { address, is_tls, script }
    }

    /// Starts an upstream that speaks TLS, with a certificate for `localhost` that nobody knows yet.
    pub async fn start_tls() -> (Self, CertificateDer<'static>) {
        let (certificate, acceptor) = tls::identity();
        (Self::listen(Some(acceptor)).await, certificate)
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        if self.is_tls {
            format!("https://localhost:{}", self.address.port())
        } else {
            format!("http://{}", self.address)
        }
    }

    /// From now on, every request for which nothing else was ordered gets this reply.
    pub fn always(&self, reply: Reply) {
        *self.script.always.lock().unwrap() = reply;
    }

    /// The next request for which nothing was ordered yet is treated so.
    pub fn next(&self, act: impl Into<Act>) {
        self.script.next.lock().unwrap().push_back(act.into());
    }

    /// How many requests arrived in full.
    pub fn requests(&self) -> usize {
        self.script.seen.lock().unwrap().len()
    }

    /// Every request that arrived in full, in order.
    pub fn seen(&self) -> Vec<Seen> {
        self.script.seen.lock().unwrap().clone()
    }

    /// The latest request; panics when there was none.
    pub fn last(&self) -> Seen {
        self.script.seen.lock().unwrap().last().cloned().expect("no request arrived")
    }

    /// How many connections were opened.
    pub fn connections(&self) -> u64 {
        self.script.connections.load(Ordering::SeqCst)
    }

    /// How many of them are open.
    pub fn open_connections(&self) -> u64 {
        self.connections() - self.script.closed.load(Ordering::SeqCst)
    }

    /// How many requests the other side gave up before their answer was complete.
    pub fn abandoned(&self) -> u64 {
        self.script.abandoned.load(Ordering::SeqCst)
    }
}

/// A base URL where nobody listens.
pub async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, script: Arc<Script>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        script.connections.fetch_add(1, Ordering::SeqCst);
        let (tls, script) = (tls.clone(), Arc::clone(&script));
        tokio::spawn(async move {
            match tls {
                None => serve(stream, &script).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, &script).await;
                    }
                }
            }
            script.closed.fetch_add(1, Ordering::SeqCst);
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, script: &Arc<Script>) {
    let service = service_fn(|request| answer(request, Arc::clone(script)));
    // Connections that break off on purpose end with an error; that is what was ordered.
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, script: Arc<Script>) -> Result<Response<Sending>, HungUp> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| HungUp)?.to_bytes();
    let seen = Seen { method: head.method, uri: head.uri, headers: head.headers, body };
    script.seen.lock().unwrap().push(seen);
    let unfinished = body::Unfinished::new(Arc::clone(&script.abandoned));
    let ordered = script.next.lock().unwrap().pop_front();
    let act = ordered.unwrap_or_else(|| Act::Reply(script.always.lock().unwrap().clone()));
    match act {
        Act::HangUp => {
            unfinished.finish();
            Err(HungUp)
        }
        Act::Silence => std::future::pending().await,
        Act::Reply(reply) => {
            tokio::time::sleep(reply.delay).await;
            Ok(reply.into_response(unfinished))
        }
        Act::Live(reply, live) => Ok(reply.into_live_response(live, unfinished)),
    }
}
