//! Binds one listener per worker to the same address (`SO_REUSEPORT`): the kernel gives each new connection to one of
//! them, and no lock is taken. An address that another process listens on is refused: by that option alone, two gateways
//! that were started by mistake would each get a part of the callers.

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
    if address.port() != 0 {
        claim(address).map_err(failed)?;
    }
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

/// Takes the address for itself alone, for a moment, which fails when somebody listens there.
fn claim(address: SocketAddr) -> io::Result<()> {
    socket(address)?.bind(&address.into())
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(address)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart finds the port free while connections of the process before it are still being closed.
    socket.set_reuse_address(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shared_with_nobody_else() {
        let workers = NonZeroUsize::new(2).unwrap();
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let first = bind(anywhere, workers).unwrap();
        let taken = address(&first, anywhere).unwrap();
        let refused = bind(taken, workers).unwrap_err();
        assert!(
            matches!(&refused, Error::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse),
            "{refused:?}"
        );
        drop(first);
        assert_eq!(bind(taken, workers).unwrap().len(), 2);
    }
}
