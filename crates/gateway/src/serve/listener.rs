//! Binds one listener per worker to the same address (`SO_REUSEPORT`): the kernel gives each new connection to one of
//! them, and no lock is taken.

use crate::error::Error;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;

/// Connections that wait to be accepted, for each worker: a burst of them waits rather than fails.
const BACKLOG: i32 = 4_096;

/// One listener per worker. Port 0 takes a free port, the same for all.
pub(super) fn bind(address: SocketAddr, workers: NonZeroUsize) -> Result<Vec<TcpListener>, Error> {
    let failed = |source| Error::Listen { address, source };
    let first = listen(address).map_err(failed)?;
    let bound = first.local_addr().map_err(failed)?;
    let mut listeners = vec![first];
    for _ in 1..workers.get() {
        listeners.push(listen(bound).map_err(failed)?);
    }
    Ok(listeners)
}

/// Where the listeners listen.
pub(super) fn address(listeners: &[TcpListener], asked: SocketAddr) -> Result<SocketAddr, Error> {
    let bound = listeners.first().map_or(Ok(asked), TcpListener::local_addr);
    bound.map_err(|source| Error::Listen { address: asked, source })
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart finds the port free while connections of the process before it are still being closed.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
