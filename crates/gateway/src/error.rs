//! Why a gateway does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use viridian_core::id::ApplicationName;

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The socket for operators cannot be listened on.
    #[error("cannot listen on {}", path.display())]
    Socket {
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// What outlives the gateway cannot be kept.
    #[error("the directory {} cannot be used", directory.display())]
    State {
        /// Where.
        directory: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The machine gave no random numbers.
    #[error("cannot seed the random numbers")]
    Seed(#[from] getrandom::Error),
    /// A worker could not be started.
    #[error("cannot start a worker")]
    Start(#[source] io::Error),
}

/// Why a pin is not as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// No such application is served here; nothing was pinned.
    #[error("this gateway serves no application {0}")]
    Unknown(ApplicationName),
    /// The gateway was given no directory to keep it in: it holds until the gateway stops.
    #[error("the gateway has no directory to keep it in")]
    Nowhere,
    /// It could not be written down: a new pin holds until the gateway stops, one to be taken back still holds.
    #[error("it cannot be kept on the gateway's disk")]
    Write(#[from] io::Error),
}
