//! What workers are told to do.

use tokio::sync::watch;

/// What workers are told to do; each phase ends the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Accept and serve.
    Serving,
    /// Accept nothing more; let requests end.
    Draining,
    /// Tell the callers of streams that they break off.
    Cutting,
    /// Close everything.
    Stopped,
}

/// The phase that follows the one seen last. When nobody gives orders any more, everything stops.
pub(super) async fn next(orders: &mut watch::Receiver<Phase>) -> Phase {
    match orders.changed().await {
        Ok(()) => *orders.borrow_and_update(),
        Err(_) => Phase::Stopped,
    }
}
