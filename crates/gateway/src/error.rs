//! Why a gateway does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

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
