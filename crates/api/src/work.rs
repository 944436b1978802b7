//! Work that blocks, kept away from the threads that answer: the store waits for its disk.

use crate::error::Error;
use crate::state::State;

/// Runs `body` where blocking is allowed.
pub(crate) async fn off_loop<T: Send + 'static>(
    state: &State,
    body: impl FnOnce(&State) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let state = state.clone();
    let ended = tokio::task::spawn_blocking(move || body(&state)).await;
    ended.unwrap_or_else(|error| Err(Error::Internal(error.to_string())))
}
