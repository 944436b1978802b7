//! Opens connections to upstreams. Entry point: [`connect`].

use crate::link::{Link, Outgoing};
use crate::prepared::endpoint::Endpoint;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::io;
use tokio::net::TcpStream;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the upstream could not be connected to")]
    Connect(#[source] io::Error),
    #[error("the upstream's TLS handshake failed")]
    Handshake(#[source] io::Error),
    #[error("the connection could not be set up")]
    SetUp(#[source] hyper::Error),
}

/// Opens a connection, with TLS when the endpoint asks for it.
pub(crate) async fn connect(endpoint: &Endpoint) -> Result<Link, Error> {
    let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await.map_err(Error::Connect)?;
    // Requests are written whole; waiting for more to send only delays them.
    stream.set_nodelay(true).map_err(Error::Connect)?;
    match &endpoint.tls {
        None => {
            let (sender, connection) =
                http1::handshake::<_, Outgoing>(TokioIo::new(stream)).await.map_err(Error::SetUp)?;
            Ok(Link::new(sender, connection))
        }
        Some(tls) => {
            let stream = tls.connector.connect(tls.name.clone(), stream).await.map_err(Error::Handshake)?;
            let (sender, connection) =
                http1::handshake::<_, Outgoing>(TokioIo::new(stream)).await.map_err(Error::SetUp)?;
            Ok(Link::new(sender, connection))
        }
    }
}
