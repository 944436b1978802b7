//! Serving the API on a listener, until it is told to stop.

use crate::events::Feed;
use crate::router::router;
use crate::state::State;
use std::future::Future;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Why the API is not served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Everybody could reach it and nobody has to prove anything.
    #[error(
        "the control plane does not listen on {0} without a token: set VIRIDIAN_ADMIN_TOKEN or --admin-token-file, \
         or listen on a loopback address"
    )]
    Exposed(SocketAddr),
    /// The listener failed.
    #[error("the control plane's listener failed")]
    Listen(#[from] std::io::Error),
}

/// Refuses to listen where others could reach an API that asks for nothing.
///
/// # Errors
/// [`ServeError::Exposed`].
pub fn check_exposure(address: SocketAddr, state: &State) -> Result<(), ServeError> {
    if state.token.is_none() && !address.ip().is_loopback() {
        return Err(ServeError::Exposed(address));
    }
    Ok(())
}

/// Serves the API until `shutdown`; answers under way are finished, streams of events are ended.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    check_exposure(listener.local_addr()?, &state)?;
    let (stop, stopped) = watch::channel(false);
    let feed = Feed::start(state.clone(), stopped);
    let signal = async move {
        shutdown.await;
        stop.send_replace(true);
    };
    axum::serve(listener, router(state, feed)).with_graceful_shutdown(signal).await?;
    Ok(())
}
