//! Connections of gateways: over TLS where there is a certificate, bounded in number, and none that says nothing is kept.
//! Entry point: [`serve`].

use super::speaker::Speaker;
use super::turned_away::TurnedAway;
use axum::Router;
use axum::extract::Extension;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use viridian_platform::tls::{self, Watched};

/// Connections that may be open: three for each of some hundred gateways. The next wait in the kernel.
const MOST_CONNECTIONS: usize = 2_048;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a peer may take to send a head.
const HEAD: Duration = Duration::from_secs(10);
/// How long whoever was turned away has to read why.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long to wait when the machine has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(50);

/// How connections are met.
pub(super) struct Entrance {
    pub(super) listener: TcpListener,
    /// Absent where nobody else can listen in.
    pub(super) tls: Option<Arc<Watched<ServerConfig>>>,
    pub(super) turned_away: Arc<TurnedAway>,
}

/// What every connection needs.
#[derive(Clone)]
struct Desk {
    tls: Option<Arc<Watched<ServerConfig>>>,
    turned_away: Arc<TurnedAway>,
    router: Router,
    closing: watch::Receiver<bool>,
}

/// Serves until `closed`, then lets requests under way end.
pub(super) async fn serve(entrance: Entrance, router: Router, closed: impl Future<Output = ()>) {
    let Entrance { listener, tls, turned_away } = entrance;
    let (close, closing) = watch::channel(false);
    let desk = Desk { tls, turned_away, router, closing };
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut closed = pin!(closed);
    loop {
        while connections.try_join_next().is_some() {}
        // The semaphore is never closed.
        let next = async { (Arc::clone(&room).acquire_owned().await.ok(), listener.accept().await) };
        let (permit, accepted) = tokio::select! {
            () = &mut closed => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, peer)) => {
                let desk = desk.clone();
                connections.spawn(async move {
                    desk.meet(stream, peer).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a gateway's connection");
                sleep(NO_ROOM).await;
            }
        }
    }
    close.send_replace(true);
    while connections.join_next().await.is_some() {}
}

impl Desk {
    async fn meet(self, stream: TcpStream, peer: SocketAddr) {
        // Frames are to leave at once. A socket that refuses is one whose peer is gone.
        let _refused = stream.set_nodelay(true);
        let Some(tls) = &self.tls else {
            self.converse(stream, (peer, Speaker::default())).await;
            return;
        };
        let acceptor = TlsAcceptor::from(tls.current());
        match timeout(HANDSHAKE, acceptor.accept(stream).into_fallible()).await {
            Ok(Ok(stream)) => {
                let speaker = Speaker::of(stream.get_ref().1.peer_certificates());
                self.converse(stream, (peer, speaker)).await;
            }
            Ok(Err((error, stream))) => {
                // What broke off without a word is no matter for people: ports are looked at, processes end.
                if let Some(reason) = tls::reason::of_client(&error) {
                    self.turned_away.tell(peer.ip(), &reason);
                }
                dismiss(stream).await;
            }
            Err(_) => {}
        }
    }

    async fn converse<S>(mut self, stream: S, (peer, speaker): (SocketAddr, Speaker))
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let service = TowerToHyperService::new(self.router.layer(Extension(peer)).layer(Extension(speaker)));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD);
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        // A connection that ended with an error is a gateway that went away.
        tokio::select! {
            _ended = connection.as_mut() => return,
            _ = self.closing.wait_for(|closing| *closing) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ended = connection.await;
    }
}

/// Closes so that the peer reads why: what it has sent already is taken, for its arrival at a closed socket would take
/// our last words away.
async fn dismiss(mut stream: TcpStream) {
    let read = async {
        stream.shutdown().await?;
        let mut rest = [0; 1_024];
        while stream.read(&mut rest).await? > 0 {}
        std::io::Result::Ok(())
    };
    let _gone = timeout(LAST_WORDS, read).await;
}
